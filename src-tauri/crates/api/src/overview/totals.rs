//! A day's runs, counted.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use tidemill_store::Reader;
use utoipa::ToSchema;

use crate::Error;

/// A day's runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// How many were made today.
    pub today: u64,
    /// How many of them completed.
    pub completed: u64,
    /// How many of them failed or crashed.
    pub failed: u64,
}

/// The runs of the day that is on the machine's own clock.
pub(super) fn totals(reader: &Reader, now: Timestamp) -> Result<Totals, Error> {
    let today = now.to_zoned_datetime(TimeZone::system()).start_of_day();
    let since = today.map_or(now, |day| day.timestamp());
    let mut totals = Totals::default();
    for (state, count) in reader.states_since(since)? {
        totals.today += count;
        if state.is_completed() {
            totals.completed += count;
        }
        if state.is_failure() {
            totals.failed += count;
        }
    }
    Ok(totals)
}
