//! Carries the orchestrator's effects out: processes, timers, requests.

#[cfg(unix)]
pub mod guard;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod python;

#[cfg(all(test, unix))]
mod rehearsal;
