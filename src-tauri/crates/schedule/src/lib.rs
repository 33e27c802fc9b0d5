//! When a flow is due: cron, every and rrule, catch-up and overlap. No IO, no clock.
