//! Durations and points in time, as people read them.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

/// A duration with the precision that matters at its length: `0.4s`, `12.3s`,
/// `2m 05s`, `3h 20m`, `2d 4h`; milliseconds below a tenth of a second.
pub(crate) fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let seconds = duration.as_secs();
    match milliseconds {
        0..100 => format!("{milliseconds}ms"),
        100..60_000 => format!("{}.{}s", milliseconds / 1000, milliseconds % 1000 / 100),
        60_000..3_600_000 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600_000..86_400_000 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// How long from `start` to `end`; nothing where the clock went back.
pub(crate) fn between(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or(Duration::ZERO)
}

/// A time beside now: `just now`, `5m ago`, `in 3h`; the local date and time
/// where it is a day or more away.
pub(crate) fn relative(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let seconds = now.duration_since(at).as_secs();
    let away = seconds.unsigned_abs();
    let amount = match away {
        0..5 => return "just now".to_owned(),
        5..60 => format!("{away}s"),
        60..3600 => format!("{}m", away / 60),
        3600..86_400 => format!("{}h {:02}m", away / 3600, away % 3600 / 60),
        _ => return local(at, zone),
    };
    if seconds >= 0 {
        format!("{amount} ago")
    } else {
        format!("in {amount}")
    }
}

/// The local date and time to the second: `2026-03-29 07:05:00`.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    let civil = zone.to_datetime(at);
    civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The local time of day to the millisecond: `07:05:00.123`.
pub(crate) fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%H:%M:%S.%3f").to_string()
}

/// RFC 3339 in the local zone, to the millisecond: `2026-03-29T07:05:00.123+02:00`.
pub(crate) fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned_datetime(zone.clone());
    zoned.strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_say_what_matters() {
        for (milliseconds, text) in [
            (0, "0ms"),
            (99, "99ms"),
            (100, "0.1s"),
            (12_345, "12.3s"),
            (59_999, "59.9s"),
            (60_000, "1m 00s"),
            (125_000, "2m 05s"),
            (12_000_000, "3h 20m"),
            (187_200_000, "2d 4h"),
        ] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn times_beside_now() {
        let now: Timestamp = "2026-03-29T12:00:00Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (at, text) in [
            ("2026-03-29T11:59:58Z", "just now"),
            ("2026-03-29T11:59:20Z", "40s ago"),
            ("2026-03-29T11:15:00Z", "45m ago"),
            ("2026-03-29T08:55:00Z", "3h 05m ago"),
            ("2026-03-29T15:00:00Z", "in 3h 00m"),
            ("2026-03-01T12:00:00Z", "2026-03-01 13:00:00"),
        ] {
            assert_eq!(relative(at.parse().unwrap(), now, &berlin), text);
        }
        let at = "2026-03-29T05:05:00.1234Z".parse().unwrap();
        assert_eq!(stamp(at, &berlin), "2026-03-29T07:05:00.123+02:00");
        assert_eq!(time_of_day(at, &berlin), "07:05:00.123");
    }

    #[test]
    fn a_clock_set_back_gives_no_negative_duration() {
        let later = "2026-03-29T12:00:00Z".parse().unwrap();
        let earlier = "2026-03-29T11:00:00Z".parse().unwrap();
        assert_eq!(between(later, earlier), Duration::ZERO);
        assert_eq!(between(earlier, later), Duration::from_secs(3600));
    }
}
