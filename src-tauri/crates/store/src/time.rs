//! Times as columns: nanoseconds since 1970.

use jiff::Timestamp;

/// The column of a time; times past the year 2262 are its end.
pub(crate) fn to_column(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The time of a column.
pub(crate) fn from_column(nanoseconds: i64) -> Timestamp {
    // Every number of 64 bits is within a timestamp's range.
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default()
}
