//! The flow format's durations: `500ms`, `10s`, `5m`, `1h30m`, `2d`. Text to and from [`Duration`].
//!
//! A duration is one or more whole numbers, each with its unit, from the largest unit to the smallest, each
//! unit once: `d` (always 24 hours), `h`, `m`, `s`, `ms`. No sign, no fraction, no space.

use std::time::Duration;

use crate::Error;

/// The longest duration that [`parse`] takes: a hundred years of 365 days.
///
/// It keeps sums of a duration and a present instant inside what the calendar can express.
pub const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// A unit's name and its milliseconds.
type Unit = (&'static str, u64);

/// The units from largest to smallest.
const UNITS: [Unit; 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration; zero (`0s`) is one.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(tidemill_schedule::duration::parse("1h30m"), Ok(Duration::from_secs(5_400)));
/// ```
///
/// # Errors
/// [`Error::Duration`] for anything else, and for what is longer than [`LONGEST`].
pub fn parse(text: &str) -> Result<Duration, Error> {
    if text.is_empty() {
        return Err(mistake(
            text,
            "is empty",
            "write a number and a unit, as `10s`",
        ));
    }
    let mut rest = text;
    let mut smaller = UNITS.as_slice();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (digits, after) = split_while(rest, |c| c.is_ascii_digit());
        let (unit, after) = split_while(after, |c| !c.is_ascii_digit());
        let number = number(text, digits, unit)?;
        let (milliseconds, left) = unit_among(text, unit, smaller)?;
        total = number
            .checked_mul(milliseconds)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| too_long(text))?;
        (rest, smaller) = (after, left);
    }
    let duration = Duration::from_millis(total);
    if duration > LONGEST {
        return Err(too_long(text));
    }
    Ok(duration)
}

/// The canonical text of a duration: the fewest units, largest first, `0s` for none.
///
/// What is finer than a millisecond is cut off.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(tidemill_schedule::duration::format(Duration::from_secs(129_600)), "1d12h");
/// ```
#[must_use]
pub fn format(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, milliseconds) in UNITS {
        let count = rest / u128::from(milliseconds);
        rest %= u128::from(milliseconds);
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn number(text: &str, digits: &str, unit: &str) -> Result<u64, Error> {
    if digits.is_empty() {
        return Err(match unit.chars().next() {
            Some('-' | '+') => mistake(text, "has a sign", "write it without, as `10s`"),
            _ => mistake(
                text,
                "does not begin with a number",
                "write a number and a unit, as `10s`",
            ),
        });
    }
    digits.parse().map_err(|_| too_long(text))
}

/// The unit's milliseconds and the units that may still follow.
fn unit_among<'u>(text: &str, unit: &str, allowed: &'u [Unit]) -> Result<(u64, &'u [Unit]), Error> {
    let mut units = allowed.iter();
    if let Some((_, milliseconds)) = units.by_ref().find(|(name, _)| *name == unit) {
        return Ok((*milliseconds, units.as_slice()));
    }
    if UNITS.iter().any(|(name, _)| *name == unit) {
        return Err(mistake(
            text,
            "repeats a unit or has a larger one after a smaller",
            "write each unit once, the largest first, as `1d2h30m`",
        ));
    }
    Err(unknown_unit(text, unit))
}

fn unknown_unit(text: &str, unit: &str) -> Error {
    if unit.is_empty() {
        return mistake(
            text,
            "has a number without a unit",
            format!("write the unit, as `{text}s`"),
        );
    }
    if unit.contains(char::is_whitespace) {
        return mistake(text, "has a space", "write it without, as `1h30m`");
    }
    if unit.starts_with(['.', ',']) {
        return mistake(
            text,
            "has a fraction",
            "use a smaller unit, as `1h30m` or `500ms`",
        );
    }
    let meant = match unit.to_ascii_lowercase().as_str() {
        "d" | "day" | "days" => "; did you mean `d`?",
        "h" | "hr" | "hrs" | "hour" | "hours" => "; did you mean `h`?",
        "m" | "min" | "mins" | "minute" | "minutes" => "; did you mean `m`?",
        "s" | "sec" | "secs" | "second" | "seconds" => "; did you mean `s`?",
        "ms" | "msec" | "millis" | "milliseconds" => "; did you mean `ms`?",
        "w" | "week" | "weeks" => "; a week is `7d`",
        _ => "",
    };
    mistake(
        text,
        format!("has the unknown unit `{unit}`"),
        format!("the units are `d`, `h`, `m`, `s` and `ms`{meant}"),
    )
}

fn too_long(text: &str) -> Error {
    mistake(
        text,
        "is too long",
        format!("the longest is `{}`", format(LONGEST)),
    )
}

fn mistake(text: &str, cause: impl Into<String>, mend: impl Into<String>) -> Error {
    Error::Duration {
        text: text.to_owned(),
        cause: cause.into(),
        mend: mend.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_what_the_format_shows() {
        for (text, milliseconds, canonical) in [
            ("500ms", 500, "500ms"),
            ("10s", 10_000, "10s"),
            ("5m", 300_000, "5m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("2d", 172_800_000, "2d"),
            ("90m", 5_400_000, "1h30m"),
            ("36h", 129_600_000, "1d12h"),
            ("1d2h3m4s5ms", 93_784_005, "1d2h3m4s5ms"),
            ("0s", 0, "0s"),
            ("0d0ms", 0, "0s"),
            ("007m", 420_000, "7m"),
            ("36500d", 3_153_600_000_000, "36500d"),
        ] {
            let duration = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(duration, Duration::from_millis(milliseconds), "{text}");
            assert_eq!(format(duration), canonical, "{text}");
        }
        assert_eq!(format(Duration::from_nanos(1_999_999)), "1ms");
        assert!(format(Duration::MAX).ends_with("615ms") || format(Duration::MAX).ends_with("ms"));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, cause, mend) in [
            ("", "is empty", "`10s`"),
            ("10", "without a unit", "`10s`"),
            ("1h30", "without a unit", "`1h30s`"),
            ("s", "does not begin with a number", "`10s`"),
            ("-5s", "has a sign", "without"),
            ("1.5h", "has a fraction", "smaller unit"),
            ("5 m", "has a space", "without"),
            (" 5m", "does not begin with a number", ""),
            ("5m ", "has a space", ""),
            ("5min", "unknown unit `min`", "did you mean `m`?"),
            ("1H", "unknown unit `H`", "did you mean `h`?"),
            ("2w", "unknown unit `w`", "a week is `7d`"),
            ("5µs", "unknown unit `µs`", "`ms`"),
            ("٣s", "does not begin with a number", ""),
            ("30m1h", "larger one after a smaller", "`1d2h30m`"),
            ("1h1h", "repeats a unit", ""),
            ("36501d", "is too long", "`36500d`"),
            ("99999999999999999999s", "is too long", ""),
            ("18446744073709551615d", "is too long", ""),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.to_string().contains(cause), "{text}: {error}");
            assert!(error.mend().contains(mend), "{text}: {}", error.mend());
        }
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back(milliseconds in 0_u64..=3_153_600_000_000) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "[0-9]{0,3}[dhms.\\-+ é]{0,3}[0-9]{0,22}\\PC{0,4}") {
            let _any = parse(&text);
        }
    }
}
