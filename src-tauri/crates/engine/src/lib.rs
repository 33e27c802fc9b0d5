//! Carries the orchestrator's effects out: processes, timers, requests.

mod kinds;
mod mask;
mod tls;

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
