//! Reads the text of a recurrence rule, and says what is wrong with it.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Time as ClockTime, Weekday};
use jiff::tz::Offset;

use super::days::{DayFilter, NumberedWeekday};
use super::{End, Frequency, Parts};
use crate::{Error, Time};

/// The longest text that is read.
const LONGEST: usize = 4_000;
/// The largest `COUNT`: a rule is counted through from its start.
const LARGEST_COUNT: usize = 100_000;
/// The largest `INTERVAL`: by the second, more than thirty years.
const LARGEST_INTERVAL: i64 = 1_000_000_000;

const KNOWN: &str = "FREQ INTERVAL COUNT UNTIL BYMONTH BYWEEKNO BYYEARDAY BYMONTHDAY BYDAY BYHOUR BYMINUTE \
                     BYSECOND BYSETPOS WKST";

/// The canonical text and the checked parts.
pub(super) fn parts(text: &str, has_start: bool) -> Result<(String, Parts), Error> {
    if text.len() > LONGEST {
        let start: String = text.chars().take(20).collect();
        return Err(wrong(
            "rule",
            &start,
            "is too long",
            format!("write at most {LONGEST} characters"),
        ));
    }
    let upper = text.trim().to_ascii_uppercase();
    let canonical = upper.strip_prefix("RRULE:").unwrap_or(&upper);
    let canonical = canonical.strip_suffix(';').unwrap_or(canonical);
    let given = Given::read(canonical)?;
    let parts = given.parts()?;
    given.check(&parts, has_start)?;
    Ok((canonical.to_owned(), parts))
}

/// The parts as pairs of name and value, each name known and once.
struct Given<'t> {
    pairs: Vec<(&'t str, &'t str)>,
}

impl<'t> Given<'t> {
    fn read(text: &'t str) -> Result<Self, Error> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return Err(wrong(
                    "rule",
                    part,
                    "is not a rule part",
                    "write `NAME=VALUE`, as `FREQ=DAILY;BYHOUR=9`",
                ));
            };
            if !KNOWN.split(' ').any(|known| known == name) {
                return Err(unknown(name));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(wrong(name, value, "is there twice", "write the part once"));
            }
            if value.is_empty() {
                return Err(wrong(
                    name,
                    part,
                    "has no value",
                    "write `NAME=VALUE`, as `FREQ=DAILY`",
                ));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    fn value(&self, name: &str) -> Option<&'t str> {
        self.pairs
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    fn parts(&self) -> Result<Parts, Error> {
        let frequency = self.frequency()?;
        let week_start = self
            .value("WKST")
            .map_or(Ok(Weekday::Monday), |text| weekday("WKST", text))?;
        let months = self.numbers("BYMONTH", 1..=12, false)?;
        let days = DayFilter {
            week_numbers: self.numbers("BYWEEKNO", 1..=53, true)?,
            year_days: self.numbers("BYYEARDAY", 1..=366, true)?,
            month_days: self.numbers("BYMONTHDAY", 1..=31, true)?,
            weekdays: self.weekdays()?,
            numbered_in_year: frequency == Frequency::Yearly && months.is_empty(),
            months,
            week_start,
        };
        Ok(Parts {
            frequency,
            interval: self.interval()?,
            end: self.end()?,
            week_start,
            days,
            hours: self.small_numbers("BYHOUR", 0..=23)?,
            minutes: self.small_numbers("BYMINUTE", 0..=59)?,
            seconds: self.small_numbers("BYSECOND", 0..=59)?,
            positions: self.numbers("BYSETPOS", 1..=366, true)?,
        })
    }

    fn frequency(&self) -> Result<Frequency, Error> {
        const MEND: &str =
            "write one of YEARLY MONTHLY WEEKLY DAILY HOURLY MINUTELY SECONDLY, as `FREQ=DAILY`";
        match self.value("FREQ") {
            None => Err(wrong("FREQ", "", "is missing", MEND)),
            Some("YEARLY") => Ok(Frequency::Yearly),
            Some("MONTHLY") => Ok(Frequency::Monthly),
            Some("WEEKLY") => Ok(Frequency::Weekly),
            Some("DAILY") => Ok(Frequency::Daily),
            Some("HOURLY") => Ok(Frequency::Hourly),
            Some("MINUTELY") => Ok(Frequency::Minutely),
            Some("SECONDLY") => Ok(Frequency::Secondly),
            Some(other) => Err(wrong("FREQ", other, "is not a frequency", MEND)),
        }
    }

    fn interval(&self) -> Result<i64, Error> {
        let Some(text) = self.value("INTERVAL") else {
            return Ok(1);
        };
        match digits(text).and_then(|text| text.parse().ok()) {
            Some(interval @ 1..=LARGEST_INTERVAL) => Ok(interval),
            _ => Err(wrong(
                "INTERVAL",
                text,
                format!("is not a number from 1 to {LARGEST_INTERVAL}"),
                "write how many periods lie between two, as `INTERVAL=2`",
            )),
        }
    }

    fn end(&self) -> Result<End, Error> {
        match (self.value("COUNT"), self.value("UNTIL")) {
            (None, None) => Ok(End::Never),
            (None, Some(text)) => until(text).map(End::Until),
            (Some(text), None) => match digits(text).and_then(|text| text.parse().ok()) {
                Some(count @ 1..=LARGEST_COUNT) => Ok(End::Count(count)),
                _ => Err(wrong(
                    "COUNT",
                    text,
                    format!("is not a number from 1 to {LARGEST_COUNT}"),
                    "write how often to run, or `UNTIL`",
                )),
            },
            (Some(_), Some(text)) => Err(wrong(
                "UNTIL",
                text,
                "stands beside COUNT",
                "write one of them",
            )),
        }
    }

    fn numbers(
        &self,
        name: &str,
        range: RangeInclusive<i16>,
        from_end: bool,
    ) -> Result<Vec<i16>, Error> {
        let Some(list) = self.value(name) else {
            return Ok(Vec::new());
        };
        let mut numbers = Vec::new();
        for text in list.split(',') {
            numbers.push(number(name, text, &range, from_end)?);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    fn small_numbers(&self, name: &str, range: RangeInclusive<i16>) -> Result<Vec<i8>, Error> {
        let numbers = self.numbers(name, range, false)?;
        Ok(numbers
            .into_iter()
            .filter_map(|number| i8::try_from(number).ok())
            .collect())
    }

    fn weekdays(&self) -> Result<Vec<NumberedWeekday>, Error> {
        let Some(list) = self.value("BYDAY") else {
            return Ok(Vec::new());
        };
        list.split(',').map(numbered_weekday).collect()
    }

    /// Checks what parts mean to one another.
    fn check(&self, parts: &Parts, has_start: bool) -> Result<(), Error> {
        self.check_days(parts)?;
        self.check_weekdays(parts)?;
        let chooses_among =
            |(name, _): &(&str, &str)| name.starts_with("BY") && *name != "BYSETPOS";
        if !parts.positions.is_empty() && !self.pairs.iter().any(chooses_among) {
            return Err(self.misplaced("BYSETPOS", "no other BY part"));
        }
        if matches!(parts.end, End::Count(_)) && !has_start {
            return Err(wrong(
                "COUNT",
                self.value("COUNT").unwrap_or_default(),
                "has no start to count from",
                "write `starting` beside the `rrule`",
            ));
        }
        Ok(())
    }

    /// Checks that the parts for days suit the frequency.
    fn check_days(&self, parts: &Parts) -> Result<(), Error> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let frequency = parts.frequency;
        if !parts.days.week_numbers.is_empty() && frequency != Yearly {
            return Err(self.misplaced("BYWEEKNO", "a FREQ other than YEARLY"));
        }
        if !parts.days.month_days.is_empty() && frequency == Weekly {
            return Err(self.misplaced("BYMONTHDAY", "FREQ=WEEKLY"));
        }
        if !parts.days.year_days.is_empty() && matches!(frequency, Monthly | Weekly | Daily) {
            return Err(self.misplaced("BYYEARDAY", "FREQ=MONTHLY, WEEKLY or DAILY"));
        }
        Ok(())
    }

    /// Checks that weekdays have numbers only where there is something to number.
    fn check_weekdays(&self, parts: &Parts) -> Result<(), Error> {
        let numbers = parts.days.weekdays.iter().filter_map(|day| day.number);
        let Some(largest) = numbers.map(i16::abs).max() else {
            return Ok(());
        };
        if parts.frequency > Frequency::Monthly {
            return Err(self.misplaced("BYDAY", "a number unless FREQ is MONTHLY or YEARLY"));
        }
        if !parts.days.week_numbers.is_empty() {
            return Err(self.misplaced("BYDAY", "a number beside BYWEEKNO"));
        }
        if largest > 5 && !parts.days.numbered_in_year {
            return Err(self.misplaced("BYDAY", "a number over 5 within a month"));
        }
        Ok(())
    }

    fn misplaced(&self, name: &str, with: &str) -> Error {
        wrong(
            name,
            self.value(name).unwrap_or_default(),
            format!("has no meaning with {with}"),
            "leave it out, or choose another FREQ",
        )
    }
}

fn unknown(name: &str) -> Error {
    let mend = match name {
        "DTSTART" | "RRULE" => {
            "write the start as `starting` and the zone as `timezone`".to_owned()
        }
        "EXDATE" | "RDATE" | "EXRULE" | "RSCALE" | "SKIP" | "BYEASTER" => {
            format!("leave it out; the parts are {KNOWN}")
        }
        _ => {
            let nearest = KNOWN
                .split(' ')
                .map(|known| (strsim::jaro_winkler(known, name), known))
                .filter(|(likeness, _)| *likeness > 0.8)
                .max_by(|left, right| left.0.total_cmp(&right.0));
            match nearest {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => format!("the parts are {KNOWN}"),
            }
        }
    };
    wrong("rule", name, "is not a known part", mend)
}

fn digits(text: &str) -> Option<&str> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(text)
}

/// A number whose size lies in `range`; with a sign only where it may count from the end.
fn number(
    name: &str,
    text: &str,
    range: &RangeInclusive<i16>,
    from_end: bool,
) -> Result<i16, Error> {
    let (first, last) = (range.start(), range.end());
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (
            false,
            if from_end {
                text.strip_prefix('+').unwrap_or(text)
            } else {
                text
            },
        ),
    };
    let size = digits(size).and_then(|size| size.parse::<i16>().ok());
    match size.filter(|size| range.contains(size) && (from_end || !negative)) {
        Some(size) => Ok(if negative { -size } else { size }),
        None if text == "60" && name == "BYSECOND" => Err(wrong(
            name,
            text,
            "is a leap second, which no clock here shows",
            "write 0 to 59",
        )),
        None if from_end => Err(wrong(
            name,
            text,
            format!("is not a number from {first} to {last}, or -{first} to -{last}"),
            "write numbers with commas between, negative ones from the end",
        )),
        None => Err(wrong(
            name,
            text,
            format!("is not a number from {first} to {last}"),
            "write numbers with commas between",
        )),
    }
}

fn numbered_weekday(text: &str) -> Result<NumberedWeekday, Error> {
    let name = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let before = text.strip_suffix(name).unwrap_or_default();
    let number = match before {
        "" => None,
        before => Some(number("BYDAY", before, &(1..=53), true)?),
    };
    Ok(NumberedWeekday {
        number,
        weekday: weekday("BYDAY", name)?,
    })
}

fn weekday(part: &str, text: &str) -> Result<Weekday, Error> {
    match text {
        "MO" => Ok(Weekday::Monday),
        "TU" => Ok(Weekday::Tuesday),
        "WE" => Ok(Weekday::Wednesday),
        "TH" => Ok(Weekday::Thursday),
        "FR" => Ok(Weekday::Friday),
        "SA" => Ok(Weekday::Saturday),
        "SU" => Ok(Weekday::Sunday),
        _ => Err(wrong(
            part,
            text,
            "is not a weekday",
            "write MO TU WE TH FR SA or SU",
        )),
    }
}

/// `20261231`, `20261231T235959` or `20261231T235959Z`; a date means all of its day.
fn until(text: &str) -> Result<Time, Error> {
    let mistake = || {
        wrong(
            "UNTIL",
            text,
            "is not a time or does not exist",
            "write it as `20261231T235959Z`, or without `Z` on the schedule's clocks, or as a date",
        )
    };
    let (local, utc) = match text.strip_suffix('Z') {
        Some(local) => (local, true),
        None => (text, false),
    };
    let (date, clock) = local.split_once('T').unwrap_or((local, "235959"));
    if utc && !local.contains('T') {
        return Err(mistake());
    }
    let last = date_and_clock(date, clock).ok_or_else(mistake)?;
    if utc {
        return Offset::UTC
            .to_timestamp(last)
            .map(Time::Instant)
            .map_err(|_| mistake());
    }
    Ok(Time::Civil(last))
}

fn date_and_clock(date: &str, clock: &str) -> Option<DateTime> {
    let (date, clock) = (digits(date)?, digits(clock)?);
    if date.len() != 8 || clock.len() != 6 {
        return None;
    }
    let day = Date::new(
        date.get(..4)?.parse().ok()?,
        date.get(4..6)?.parse().ok()?,
        date.get(6..)?.parse().ok()?,
    );
    let time = ClockTime::new(
        clock.get(..2)?.parse().ok()?,
        clock.get(2..4)?.parse().ok()?,
        clock.get(4..)?.parse().ok()?,
        0,
    );
    Some(day.ok()?.to_datetime(time.ok()?))
}

pub(super) fn wrong(
    part: &str,
    text: &str,
    cause: impl Into<String>,
    mend: impl Into<String>,
) -> Error {
    Error::RRule {
        part: part.to_owned(),
        text: text.to_owned(),
        cause: cause.into(),
        mend: mend.into(),
    }
}
