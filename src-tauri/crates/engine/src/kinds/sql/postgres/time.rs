//! Dates, times and intervals: counted from 2000-01-01, in days or microseconds.

use jiff::{SignedDuration, Timestamp, civil, tz::Offset};
use tidemill_flow::Value;

use super::cell::exact;

/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;
const MICROSECONDS_OF_A_SECOND: i64 = 1_000_000;

/// `2024-05-06T07:08:09.123456Z`, `infinity` or `-infinity`.
pub(super) fn timestamp_with_zone(bytes: &[u8]) -> Result<Value, String> {
    let microseconds = i64::from_be_bytes(exact(bytes)?);
    if let Some(infinity) = infinity(microseconds == i64::MAX, microseconds == i64::MIN) {
        return Ok(infinity);
    }
    Ok(Value::from(instant(microseconds)?.to_string()))
}

/// `2024-05-06T07:08:09.123456`, `infinity` or `-infinity`.
pub(super) fn timestamp(bytes: &[u8]) -> Result<Value, String> {
    let microseconds = i64::from_be_bytes(exact(bytes)?);
    if let Some(infinity) = infinity(microseconds == i64::MAX, microseconds == i64::MIN) {
        return Ok(infinity);
    }
    let time = Offset::UTC.to_datetime(instant(microseconds)?);
    Ok(Value::from(time.to_string()))
}

/// `2024-05-06`, `infinity` or `-infinity`.
pub(super) fn date(bytes: &[u8]) -> Result<Value, String> {
    let days = i32::from_be_bytes(exact(bytes)?);
    if let Some(infinity) = infinity(days == i32::MAX, days == i32::MIN) {
        return Ok(infinity);
    }
    let date = civil::date(2000, 1, 1)
        .checked_add(SignedDuration::from_hours(i64::from(days) * 24))
        .map_err(|_| out_of_range())?;
    Ok(Value::from(date.to_string()))
}

/// `07:08:09.123456`; the end of a day is `24:00:00`.
pub(super) fn time(bytes: &[u8]) -> Result<Value, String> {
    Ok(Value::from(clock(i64::from_be_bytes(exact(bytes)?))))
}

/// `07:08:09.123456+02:00`.
pub(super) fn time_with_zone(bytes: &[u8]) -> Result<Value, String> {
    let short = "the server sent a time that is too short";
    let (time, zone) = bytes.split_at_checked(8).ok_or(short)?;
    let time = clock(i64::from_be_bytes(exact(time)?));
    // Postgres counts west of Greenwich.
    let east = -i32::from_be_bytes(exact(zone)?);
    let sign = if east < 0 { '-' } else { '+' };
    let minutes = east.unsigned_abs() / 60;
    let offset = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    Ok(Value::from(format!("{time}{offset}")))
}

/// ISO 8601, such as `P1Y2M3DT4H5M6.5S`; each part has its own sign.
pub(super) fn interval(bytes: &[u8]) -> Result<Value, String> {
    let short = "the server sent an interval that is too short";
    let (time, rest) = bytes.split_at_checked(8).ok_or(short)?;
    let (days, months) = rest.split_at_checked(4).ok_or(short)?;
    let microseconds = i64::from_be_bytes(exact(time)?);
    let days = i32::from_be_bytes(exact(days)?);
    let months = i32::from_be_bytes(exact(months)?);
    let part = |number: i64, unit: char| match number {
        0 => String::new(),
        _ => format!("{number}{unit}"),
    };
    let seconds = microseconds / MICROSECONDS_OF_A_SECOND;
    let fraction = microseconds % MICROSECONDS_OF_A_SECOND;
    let clock = [
        part(seconds / 3600, 'H'),
        part(seconds / 60 % 60, 'M'),
        fractional_seconds(seconds % 60, fraction),
    ]
    .concat();
    let calendar = [
        part(i64::from(months / 12), 'Y'),
        part(i64::from(months % 12), 'M'),
        part(i64::from(days), 'D'),
    ]
    .concat();
    Ok(Value::from(match (calendar.is_empty(), clock.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (_, true) => format!("P{calendar}"),
        (_, false) => format!("P{calendar}T{clock}"),
    }))
}

fn fractional_seconds(seconds: i64, fraction: i64) -> String {
    if seconds == 0 && fraction == 0 {
        return String::new();
    }
    let minus = if seconds < 0 || fraction < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    format!("{minus}{seconds}{}S", decimals(fraction.unsigned_abs()))
}

/// `.5` for 500,000 microseconds; nothing for none.
fn decimals(microseconds: u64) -> String {
    if microseconds == 0 {
        return String::new();
    }
    let digits = format!("{microseconds:06}");
    format!(".{}", digits.trim_end_matches('0'))
}

fn clock(microseconds: i64) -> String {
    let seconds = microseconds / MICROSECONDS_OF_A_SECOND;
    let fraction = (microseconds % MICROSECONDS_OF_A_SECOND).unsigned_abs();
    format!(
        "{:02}:{:02}:{:02}{}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        decimals(fraction)
    )
}

fn instant(microseconds: i64) -> Result<Timestamp, String> {
    let since_1970 = microseconds.checked_add(EPOCH);
    since_1970
        .and_then(|microseconds| Timestamp::from_microsecond(microseconds).ok())
        .ok_or_else(out_of_range)
}

fn infinity(is_positive: bool, is_negative: bool) -> Option<Value> {
    match (is_positive, is_negative) {
        (true, _) => Some(Value::from("infinity")),
        (_, true) => Some(Value::from("-infinity")),
        _ => None,
    }
}

fn out_of_range() -> String {
    "its year is none from -9999 to 9999".to_owned()
}
