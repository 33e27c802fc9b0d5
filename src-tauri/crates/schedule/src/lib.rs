//! When a flow is due: cron, every and rrule, catch-up and overlap. No IO, no clock.
//!
//! [`Schedule`] is the whole of what a flow file says about *when*; `flow` fills it, `engine` asks it.
//! All of it is pure: the present instant, the machine's zone and the seed of chance are arguments.
//! Time zones come from `jiff`'s database, which is the one thing here that the machine provides.
//!
//! ```
//! use jiff::{Timestamp, tz::TimeZone};
//! use tidemill_schedule::{Cron, Rule, Schedule, Zone};
//!
//! let rule = Rule::Cron(Cron::parse("30 2 * * *")?);
//! let schedule = Schedule::new(rule, Zone::parse("Europe/Berlin")?);
//! let evening: Timestamp = "2026-03-28T20:00:00Z".parse().unwrap();
//!
//! // Half past two does not exist in that night: the run is at the first instant after the gap.
//! let local = TimeZone::UTC;
//! let next = schedule.times_after(evening, &local).next();
//! assert_eq!(next, Some("2026-03-29T03:00:00+02:00".parse().unwrap()));
//!
//! // The machine slept until noon; by default the latest time of the last 24 hours is caught up.
//! let noon = "2026-03-29T10:00:00Z".parse().unwrap();
//! assert_eq!(schedule.due(Some(evening), noon, &local).run, Vec::from_iter(next));
//! # Ok::<(), tidemill_schedule::Error>(())
//! ```

mod admission;
mod catchup;
mod cron;
pub mod duration;
mod error;
mod every;
mod jitter;
mod look;
mod overlap;
mod rrule;
mod schedule;
mod time;
mod walk;
mod zone;

pub use admission::{Held, NotStarted, Step};
pub use catchup::{Catchup, Count, Due, Missed, MissedReason};
pub use cron::Cron;
pub use error::Error;
pub use every::Every;
pub use look::{Known, Look, WaitingTime, last_seen};
pub use overlap::{Active, Admission, Overlap};
pub use rrule::RRule;
pub use schedule::{OnlyIf, Rule, Schedule};
pub use time::Time;
pub use walk::Times;
pub use zone::Zone;
