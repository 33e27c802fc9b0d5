//! What happens next in a run: pure decisions. No IO, no clock, no async.
