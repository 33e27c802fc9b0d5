//! Reads the text of a crontab expression, and says what is wrong with it.

use super::{Fields, bits, first_from};
use crate::Error;

/// What one field may hold.
struct Shape {
    name: &'static str,
    first: i8,
    last: i8,
    /// Names of the values, from `first` on.
    names: &'static [&'static str],
    example: &'static str,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const SECOND: Shape = Shape {
    name: "second",
    first: 0,
    last: 59,
    names: &[],
    example: "0",
};
const MINUTE: Shape = Shape {
    name: "minute",
    first: 0,
    last: 59,
    names: &[],
    example: "*/15",
};
const HOUR: Shape = Shape {
    name: "hour",
    first: 0,
    last: 23,
    names: &[],
    example: "9-17",
};
const DAY_OF_MONTH: Shape = Shape {
    name: "day-of-month",
    first: 1,
    last: 31,
    names: &[],
    example: "1,15",
};
const MONTH: Shape = Shape {
    name: "month",
    first: 1,
    last: 12,
    names: &MONTHS,
    example: "jan-mar",
};
/// Sunday's second number, 7, becomes 0 once the field is read.
const DAY_OF_WEEK: Shape = Shape {
    name: "day-of-week",
    first: 0,
    last: 7,
    names: &WEEKDAYS,
    example: "mon-fri",
};

/// The longest expression that is read.
const LONGEST: usize = 1_000;

/// Reads a whole expression and checks that it can fire.
pub(super) fn fields(text: &str) -> Result<Fields, Error> {
    if text.len() > LONGEST {
        let start: String = text.chars().take(20).collect();
        return Err(wrong(
            &start,
            "is too long",
            format!("write at most {LONGEST} characters"),
        ));
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let expanded: Vec<&str> = match words.as_slice() {
        [word] if word.starts_with('@') => macro_fields(text, word)?.split(' ').collect(),
        [word, ..] if word.starts_with('@') => return Err(not_a_macro_line(text, word)),
        [word, ..] if word.contains('=') => {
            return Err(wrong(
                text,
                "sets a variable",
                "write the zone as `timezone`",
            ));
        }
        _ => words,
    };
    let fields = match expanded.as_slice() {
        [minute, hour, day, month, weekday] => read(None, [minute, hour, day, month, weekday])?,
        [second, minute, hour, day, month, weekday] => {
            read(Some(second), [minute, hour, day, month, weekday])?
        }
        _ => return Err(wrong_number_of_fields(text, expanded.len())),
    };
    can_fire(text, &fields)?;
    Ok(fields)
}

fn read(
    second: Option<&str>,
    [minute, hour, day, month, weekday]: [&str; 5],
) -> Result<Fields, Error> {
    let unrestricted = |field: &str| field.starts_with('*');
    let weekdays = set(&DAY_OF_WEEK, weekday)?;
    Ok(Fields {
        seconds: set(&SECOND, second.unwrap_or("0"))?,
        minutes: set(&MINUTE, minute)?,
        hours: set(&HOUR, hour)?,
        days_of_month: set(&DAY_OF_MONTH, day)?,
        months: set(&MONTH, month)?,
        // Sunday's 7 is Sunday's 0.
        days_of_week: (weekdays | (weekdays >> 7)) & bits(0, 6),
        either_day: !unrestricted(day) && !unrestricted(weekday),
        follows_clock: unrestricted(minute) || unrestricted(hour),
    })
}

fn macro_fields(text: &str, word: &str) -> Result<&'static str, Error> {
    match word.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        "@monthly" => Ok("0 0 1 * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@hourly" => Ok("0 * * * *"),
        _ => Err(not_a_macro_line(text, word)),
    }
}

fn not_a_macro_line(text: &str, word: &str) -> Error {
    const KNOWN: &str = "@yearly @annually @monthly @weekly @daily @midnight @hourly";
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "@reboot" => wrong(
            text,
            "is not supported: it names no time",
            "write a time, as `@daily`",
        ),
        "@every" => wrong(text, "is not cron", "write `every: 15m` instead of `cron`"),
        _ if KNOWN.split(' ').any(|known| known == lower) => wrong(
            text,
            "has something after the macro",
            format!("write `{lower}` alone"),
        ),
        _ => wrong(
            text,
            "is not a known macro",
            format!("the macros are {KNOWN}"),
        ),
    }
}

fn wrong_number_of_fields(text: &str, count: usize) -> Error {
    const MEND: &str = "write minute, hour, day-of-month, month, day-of-week, as `5 7 * * mon-fri`";
    match count {
        0 => wrong(text, "is empty", MEND),
        7 => wrong(
            text,
            "has 7 fields: a year is not supported",
            format!("{MEND}; a sixth field in front is the second"),
        ),
        1 => wrong(text, "has 1 field instead of 5", MEND),
        _ => wrong(text, format!("has {count} fields instead of 5"), MEND),
    }
}

/// Every weekday and every date but 30 and 31 comes in every month at some time; so only those can be missing.
fn can_fire(text: &str, fields: &Fields) -> Result<(), Error> {
    let longest = |month: i8| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let first_day = first_from(fields.days_of_month, 1).unwrap_or(32);
    let in_some_month = (1..=12)
        .filter(|month| super::has(fields.months, *month))
        .any(|month| first_day <= longest(month));
    if in_some_month || fields.either_day {
        return Ok(());
    }
    Err(wrong(
        text,
        format!("never fires: none of its months has a day {first_day}"),
        "write a day that the month has, as `28`",
    ))
}

/// Reads one field into bits.
fn set(shape: &Shape, field: &str) -> Result<u64, Error> {
    foreign_characters(shape, field)?;
    field
        .split(',')
        .try_fold(0, |set, item| Ok(set | item_set(shape, field, item)?))
}

/// Reads one item of a field's list.
fn item_set(shape: &Shape, field: &str, item: &str) -> Result<u64, Error> {
    if item.is_empty() {
        return Err(shape.wrong(
            field,
            "has an empty place in its list",
            "write a value between two commas",
        ));
    }
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step_of(shape, item, step)?)),
        None => (item, None),
    };
    let (first, last) = range_of(shape, item, range, step.is_some())?;
    let all = bits(first, last);
    let Some(step) = step else { return Ok(all) };
    let stepped = (first..=last)
        .step_by(step)
        .fold(0, |set, value| set | bits(value, value));
    Ok(all & stepped)
}

/// The first and last value of `*`, `N` or `A-B`; with a step, `N` reaches to the field's end.
fn range_of(shape: &Shape, item: &str, range: &str, stepped: bool) -> Result<(i8, i8), Error> {
    if range == "*" {
        return Ok((shape.first, shape.last_once()));
    }
    let Some((first, last)) = range.split_once('-') else {
        let value = shape.value(item, range)?;
        let last = if stepped {
            shape.last_once().max(value)
        } else {
            value
        };
        return Ok((value, last));
    };
    let (from, mut to) = (shape.value(item, first)?, shape.value(item, last)?);
    if shape.last == 7 && to == 0 && from > 0 && last.eq_ignore_ascii_case("sun") {
        to = 7;
    }
    if from > to {
        return Err(shape.wrong(
            item,
            "runs backwards",
            format!(
                "write two ranges, as `{first}-{},{}-{last}`",
                shape.last_once(),
                shape.first
            ),
        ));
    }
    Ok((from, to))
}

/// A step; one that is larger than any field is as good as the largest.
fn step_of(shape: &Shape, item: &str, step: &str) -> Result<usize, Error> {
    let is_number = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(shape.wrong(
            item,
            format!("has the step `{step}`"),
            "write a whole number after `/`, as `*/5`",
        ));
    }
    match step.parse().unwrap_or(usize::MAX) {
        0 => Err(shape.wrong(item, "has a step of 0", "write a step of 1 or more")),
        step => Ok(step),
    }
}

/// Names what other schedulers know and this format does not.
fn foreign_characters(shape: &Shape, field: &str) -> Result<(), Error> {
    let days = shape.name.starts_with("day-of");
    let upper = field.to_ascii_uppercase();
    let numbered = |letter: char| {
        let rest = upper.trim_end_matches(letter);
        rest.len() < upper.len() && !rest.ends_with(|c: char| c.is_ascii_alphabetic())
    };
    let (sign, meaning, mend) = if field.contains('?') {
        ("?", "no value", "write `*`")
    } else if field.contains('#') {
        (
            "#",
            "the nth weekday",
            "write an `rrule`, as `FREQ=MONTHLY;BYDAY=2FR`",
        )
    } else if days && upper == "LW" || upper.split(',').any(|item| item == "LW") {
        (
            "LW",
            "the last working day",
            "write an `rrule`, as `FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1`",
        )
    } else if days && (numbered('L') || upper.starts_with("L-") || upper.contains("L,")) {
        (
            "L",
            "the last",
            "write an `rrule`, as `FREQ=MONTHLY;BYMONTHDAY=-1`",
        )
    } else if days && (numbered('W') || upper.contains("W,")) {
        ("W", "the nearest working day", "write an `rrule`")
    } else if upper == "H" || upper.starts_with("H/") || upper.starts_with("H(") {
        (
            "H",
            "a hashed value",
            "write a value, and `jitter` to spread runs",
        )
    } else if field.contains('~') {
        (
            "~",
            "a random value",
            "write a value, and `jitter` to spread runs",
        )
    } else {
        return Ok(());
    };
    Err(shape.wrong(
        field,
        format!("has `{sign}` ({meaning}), which is not supported"),
        mend,
    ))
}

impl Shape {
    /// The field's last value, each counted once: Sunday is 0.
    fn last_once(&self) -> i8 {
        if self.last == 7 { 6 } else { self.last }
    }

    /// Reads a number or a name.
    fn value(&self, item: &str, text: &str) -> Result<i8, Error> {
        let name = text.to_ascii_lowercase();
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            return i8::try_from(place)
                .map(|place| place + self.first)
                .map_err(|_| self.unreadable(item, text));
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unreadable(item, text));
        }
        match text.parse::<i8>() {
            Ok(value) if (self.first..=self.last).contains(&value) => Ok(value),
            _ => Err(self.wrong(
                item,
                format!("is outside {} to {}", self.first, self.last),
                format!(
                    "write {} to {}, as `{}`",
                    self.first, self.last, self.example
                ),
            )),
        }
    }

    fn unreadable(&self, item: &str, text: &str) -> Error {
        let start = text.to_ascii_lowercase();
        let meant = self.names.iter().find(|name| start.starts_with(*name));
        let mend = match meant {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("write it as `{}`", self.example),
        };
        self.wrong(item, "is not a value of this field", mend)
    }

    fn wrong(&self, text: &str, cause: impl Into<String>, mend: impl Into<String>) -> Error {
        Error::CronField {
            field: self.name,
            text: text.to_owned(),
            cause: cause.into(),
            mend: mend.into(),
        }
    }
}

fn wrong(text: &str, cause: impl Into<String>, mend: impl Into<String>) -> Error {
    Error::Cron {
        text: text.to_owned(),
        cause: cause.into(),
        mend: mend.into(),
    }
}
