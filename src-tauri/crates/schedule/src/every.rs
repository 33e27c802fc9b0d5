//! A fixed period: `every: 15m, starting: time`. It counts real time, so no clock change touches it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Error, Time, duration};

/// A run each period, counted from a start; the start is the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Every {
    period: Duration,
    starting: Option<Time>,
}

impl Every {
    /// A period, counted from `starting`, else from 1970-01-01T00:00Z.
    ///
    /// # Errors
    /// [`Error::Duration`] for a period of zero.
    pub fn new(period: Duration, starting: Option<Time>) -> Result<Self, Error> {
        if period.is_zero() {
            return Err(Error::Duration {
                text: duration::format(period),
                cause: "is no period: the schedule would fire without end".to_owned(),
                mend: "write how long to wait between two runs, as `15m`".to_owned(),
            });
        }
        Ok(Self { period, starting })
    }

    /// How long from one time to the next.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Where counting starts, if the flow says so.
    #[must_use]
    pub fn starting(&self) -> Option<Time> {
        self.starting
    }

    /// The first time strictly after `instant`; a start without an offset is read in `zone`.
    pub(crate) fn next_after(&self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let (start, period) = self.grid(zone)?;
        let passed = self.times_through(instant, zone);
        let next = start.checked_add(period.checked_mul(passed)?)?;
        Timestamp::from_nanosecond(next).ok()
    }

    /// How many times lie after `after` and at or before `until`.
    pub(crate) fn count(&self, after: Timestamp, until: Timestamp, zone: &TimeZone) -> u64 {
        let times = self.times_through(until, zone) - self.times_through(after, zone);
        u64::try_from(times).unwrap_or(0)
    }

    /// How many times there are from the start through `instant`.
    fn times_through(&self, instant: Timestamp, zone: &TimeZone) -> i128 {
        match self.grid(zone) {
            Some((start, period)) if instant.as_nanosecond() >= start => {
                (instant.as_nanosecond() - start) / period + 1
            }
            _ => 0,
        }
    }

    /// Start and period in nanoseconds.
    fn grid(&self, zone: &TimeZone) -> Option<(i128, i128)> {
        let start = self
            .starting
            .map_or(Timestamp::UNIX_EPOCH, |time| time.instant(zone));
        let period = i128::try_from(self.period.as_nanos()).ok()?;
        Some((start.as_nanosecond(), period))
    }
}

impl fmt::Display for Every {
    /// Canonical text: `15m`, or `15m starting 2026-01-01T00:00:00Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&duration::format(self.period))?;
        match &self.starting {
            Some(starting) => write!(formatter, " starting {starting}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(period: &str, starting: Option<&str>, after: &str, expected: &str) {
        let starting = starting.map(|text| Time::parse(text).unwrap());
        let every = Every::new(duration::parse(period).unwrap(), starting).unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let next = every.next_after(after.parse().unwrap(), &berlin).unwrap();
        assert_eq!(next.to_string(), expected, "{every} after {after}");
    }

    #[test]
    fn counts_from_its_start() {
        check("15m", None, "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z");
        check(
            "15m",
            None,
            "2025-12-31T23:59:59.9Z",
            "2026-01-01T00:00:00Z",
        );
        check("7m", None, "1970-01-01T00:00:00Z", "1970-01-01T00:07:00Z");
        check("7m", None, "1960-01-01T00:00:00Z", "1970-01-01T00:00:00Z");
        check(
            "500ms",
            None,
            "2026-01-01T00:00:00.1Z",
            "2026-01-01T00:00:00.5Z",
        );
        check(
            "1d",
            Some("2026-01-05T08:00"),
            "2026-01-01T00:00:00Z",
            "2026-01-05T07:00:00Z",
        );
        check(
            "1d",
            Some("2026-03-28T08:00"),
            "2026-03-28T08:00:00Z",
            "2026-03-29T07:00:00Z",
        );
        check(
            "90m",
            Some("2026-01-05T08:00Z"),
            "2026-01-05T08:00:00Z",
            "2026-01-05T09:30:00Z",
        );
    }

    #[test]
    fn zero_is_a_mistake_and_the_end_of_time_an_end() {
        assert!(Every::new(Duration::ZERO, None).is_err());
        let every = Every::new(duration::LONGEST, None).unwrap();
        assert_eq!(every.next_after(Timestamp::MAX, &TimeZone::UTC), None);
        let endless = Every::new(Duration::MAX, None).unwrap();
        assert_eq!(
            endless.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC),
            None
        );
    }
}
