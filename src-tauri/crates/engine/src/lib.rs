//! Carries the orchestrator's effects out: processes, timers, requests.

#[cfg(unix)]
pub mod guard;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod python;

#[cfg(unix)]
pub mod interpreter;
#[cfg(unix)]
#[cfg(test)]
mod rehearsal;
