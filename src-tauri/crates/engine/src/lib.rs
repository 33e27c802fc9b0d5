//! Carries the orchestrator's effects out: processes, timers, requests.

mod kinds;
mod mask;
mod tls;
