//! A point in time as a flow file writes it: RFC 3339, or without an offset, for a zone to complete.

use std::fmt;
use std::str::FromStr as _;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::Error;
use crate::walk::first_instant;

/// A point in time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Time {
    /// With an offset or `Z`: an instant wherever it is read.
    Instant(Timestamp),
    /// Without an offset: what the clocks of a zone show.
    Civil(DateTime),
}

impl Time {
    /// Reads `2026-03-29T07:05:00+02:00`, `…Z`, or without an offset `2026-03-29T07:05:00`,
    /// `2026-03-29T07:05` and `2026-03-29` (midnight).
    ///
    /// # Errors
    /// [`Error::Time`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let plain = |c: char| {
            c.is_ascii_digit() || matches!(c, '-' | '+' | ':' | '.' | 'T' | 't' | 'Z' | 'z' | ' ')
        };
        if !text.is_ascii()
            || !text.starts_with(|c: char| c.is_ascii_digit())
            || !text.chars().all(plain)
        {
            return Err(mistake(text, "is not a time"));
        }
        if let Ok(instant) = Timestamp::from_str(text) {
            return Ok(Self::Instant(instant));
        }
        let date_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
        let (_, clock) = text.split_at(date_end);
        if clock.contains(['+', '-', 'Z', 'z']) {
            return Err(mistake(text, "does not exist or has a wrong offset"));
        }
        DateTime::from_str(text)
            .map(Self::Civil)
            .map_err(|_| mistake(text, "is not a time or does not exist"))
    }

    /// The instant, with `zone` completing a time without an offset.
    ///
    /// A time that the zone skips is the first instant after the gap; of one that comes twice it is the first.
    #[must_use]
    pub fn instant(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(instant) => *instant,
            Self::Civil(civil) => first_instant(*civil, zone),
        }
    }

    /// What the clocks of `zone` show at this time.
    #[must_use]
    pub fn civil(&self, zone: &TimeZone) -> DateTime {
        match self {
            Self::Instant(instant) => zone.to_datetime(*instant),
            Self::Civil(civil) => *civil,
        }
    }
}

impl fmt::Display for Time {
    /// Canonical text, which [`Time::parse`] reads back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(instant) => instant.fmt(formatter),
            Self::Civil(civil) => civil.fmt(formatter),
        }
    }
}

fn mistake(text: &str, cause: &str) -> Error {
    Error::Time {
        text: text.to_owned(),
        cause: cause.to_owned(),
        mend: "write it as `2026-03-29T07:05:00+02:00`, or without the offset".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_with_and_without_offset() {
        for (text, canonical) in [
            ("2026-03-29T07:05:00+02:00", "2026-03-29T05:05:00Z"),
            ("2026-03-29T05:05:00Z", "2026-03-29T05:05:00Z"),
            ("2026-03-29t05:05:00.25z", "2026-03-29T05:05:00.25Z"),
            ("2026-03-29T07:05:00", "2026-03-29T07:05:00"),
            ("2026-03-29 07:05", "2026-03-29T07:05:00"),
            ("2026-03-29", "2026-03-29T00:00:00"),
        ] {
            let time = Time::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(time.to_string(), canonical, "{text}");
            assert_eq!(Time::parse(canonical), Ok(time));
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-03-29T25:00:00Z",
            "2026-03-29T07:05:00+99:00",
            "2026-03-29T07:05:00[Europe/Berlin]",
            "07:05",
            "2026-W13-7",
            "２026-03-29",
            "99999-01-01T00:00:00Z",
            " 2026-03-29",
        ] {
            let error = Time::parse(text).expect_err(text);
            assert!(error.mend().contains("2026-03-29T07:05:00+02:00"));
        }
    }

    #[test]
    fn a_zone_completes_it() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, instant) in [
            ("2026-07-01T12:00:00", "2026-07-01T10:00:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
        ] {
            let time = Time::parse(text).unwrap();
            assert_eq!(time.instant(&berlin).to_string(), instant, "{text}");
        }
    }
}
