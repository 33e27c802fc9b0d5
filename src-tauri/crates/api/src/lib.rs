//! The verbs: functions from a typed request to a typed answer.
mod outline;
#[path = "../../engine/src/event.rs"]
mod event;
#[path = "../../engine/src/request.rs"]
mod request;
pub use outline::*;
pub use event::*;
pub use tidemill_orchestrate::*;
