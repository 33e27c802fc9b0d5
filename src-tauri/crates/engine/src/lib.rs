//! Carries the orchestrator's effects out: processes, timers, requests.
