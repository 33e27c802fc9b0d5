//! Numbers as they are typed, and what is said of those that do not fit.

use std::{num::NonZeroU32, time::Duration};

/// The most times that are asked for at once.
const MOST_TIMES: u32 = 10_000;

/// A whole number from 0 on.
pub(super) fn whole(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("it is a whole number from 0 to {}", u32::MAX))
}

/// A whole number from 1 on.
pub(super) fn one_or_more(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("it is a whole number from 1 to {}", u32::MAX))
}

/// How many times to show.
pub(super) fn times(text: &str) -> Result<u32, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MOST_TIMES).contains(number))
        .ok_or_else(|| format!("it is a whole number from 1 to {MOST_TIMES}"))
}

/// A duration, such as `30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    tidemill_api::duration(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_told_what_one_is() {
        for text in ["", "x", "-1", "1.5", "99999999999"] {
            assert!(
                whole(text).unwrap_err().contains("whole number from 0"),
                "{text}"
            );
        }
        assert!(one_or_more("0").unwrap_err().contains("from 1"));
        assert!(times("0").is_err() && times("10001").is_err());
        assert_eq!((whole("0"), times("10000")), (Ok(0), Ok(10_000)));
    }
}
