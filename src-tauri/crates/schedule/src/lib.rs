//! When a flow is due: cron, every and rrule, catch-up and overlap. No IO, no clock.
//!
//! [`Schedule`] is the whole of what a flow file says about *when*; `flow` fills it, `engine` asks it.
//! All of it is pure: the present instant, the machine's zone and the seed of chance are arguments.
//! Time zones come from `jiff`'s database, which is the one thing here that the machine provides.

mod catchup;
mod cron;
pub mod duration;
mod error;
mod every;
mod jitter;
mod overlap;
mod rrule;
mod schedule;
mod time;
mod walk;
mod zone;

pub use catchup::{Catchup, Count, Due, Missed, MissedReason};
pub use cron::Cron;
pub use error::Error;
pub use every::Every;
pub use overlap::{Active, Admission, Overlap};
pub use rrule::RRule;
pub use schedule::{OnlyIf, Rule, Schedule};
pub use time::Time;
pub use walk::Times;
pub use zone::Zone;
