//! What a checked flow is. These types are only built by the checker, so that
//! what they hold is right: names are names, edges point at tasks that exist,
//! no cycle stands in the graph, defaults are merged in, durations fit.
//!
//! Not here: how text becomes these types, and how a run goes through them.

mod kind;
mod name;
mod options;
mod setting;
mod task;
mod top;

pub use kind::*;
pub use name::*;
pub use options::*;
pub use setting::*;
pub use task::*;
pub use top::*;
