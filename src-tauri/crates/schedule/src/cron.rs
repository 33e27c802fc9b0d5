//! A crontab expression over clocks that never jump: its fields, and the next matching wall-clock time.
//!
//! The reading of the text is in `parse`; laying a zone over the wall clock is in `walk`.

mod parse;

use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::Error;

/// How many months a search looks ahead: the calendar repeats itself after 400 years.
const HORIZON_MONTHS: usize = 400 * 12;

/// A checked crontab expression that fires at least once.
///
/// Five fields as crontab(5) has them: minute, hour, day-of-month, month, day-of-week; a sixth in front is the
/// second. A field is a list of `*`, `N`, `A-B`, each of which may end in `/STEP`; `A/STEP` means from `A` to
/// the field's end, as most schedulers of today read it (crontab itself refuses it). A step may reach past the
/// range. Months and weekdays may be named by three letters in any case; Sunday is 0 and 7, and a range may end
/// in `sun`. If neither day field begins with `*`, a day matches when either does, else when both do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    fields: Fields,
}

/// What each field allows, as one bit a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fields {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days_of_month: u64,
    months: u64,
    /// Sunday is bit 0.
    days_of_week: u64,
    /// Both day fields are restricted: a day matches when either does.
    either_day: bool,
    /// The minute or the hour field begins with `*`.
    follows_clock: bool,
}

impl Cron {
    /// Reads an expression.
    ///
    /// ```
    /// use tidemill_schedule::Cron;
    /// assert_eq!(Cron::parse("5 7 * * mon-fri").unwrap().text(), "5 7 * * mon-fri");
    /// assert!(Cron::parse("0 0 30 2 *").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Cron`] or [`Error::CronField`] for what is no expression or can never fire.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fields = parse::fields(text)?;
        Ok(Self {
            text: text.to_owned(),
            fields,
        })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The expression in lower case with single spaces.
    pub(crate) fn canonical(&self) -> String {
        let words: Vec<&str> = self.text.split_ascii_whitespace().collect();
        words.join(" ").to_ascii_lowercase()
    }

    /// Whether the expression follows the clock through a jump of its zone, instead of running once for it.
    pub(crate) fn follows_clock(&self) -> bool {
        self.fields.follows_clock
    }

    /// The first matching wall-clock time at or after `from`, which is a whole second.
    pub(crate) fn next_from(&self, from: DateTime) -> Option<DateTime> {
        let fields = &self.fields;
        let today = from.date();
        if has(fields.days_in(today.first_of_month()), today.day())
            && let Some(time) = fields.time_from(from.time())
        {
            return Some(today.to_datetime(time));
        }
        let day = fields.day_from(today.tomorrow().ok()?)?;
        Some(day.to_datetime(fields.time_from(Time::midnight())?))
    }
}

impl Fields {
    /// The first matching time of day at or after `time`.
    fn time_from(&self, time: Time) -> Option<Time> {
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let first_minute = first_from(self.minutes, 0)?;
        let first_second = first_from(self.seconds, 0)?;
        if has(self.hours, hour) {
            if has(self.minutes, minute)
                && let Some(second) = first_from(self.seconds, second)
            {
                return Time::new(hour, minute, second, 0).ok();
            }
            if let Some(minute) = first_from(self.minutes, minute + 1) {
                return Time::new(hour, minute, first_second, 0).ok();
            }
        }
        let hour = first_from(self.hours, hour + 1)?;
        Time::new(hour, first_minute, first_second, 0).ok()
    }

    /// The first matching day at or after `from`.
    fn day_from(&self, from: Date) -> Option<Date> {
        let mut month = from.first_of_month();
        let mut earliest = from.day();
        for _ in 0..HORIZON_MONTHS {
            if let Some(day) = first_from(self.days_in(month), earliest) {
                return Date::new(month.year(), month.month(), day).ok();
            }
            month = month.last_of_month().tomorrow().ok()?;
            earliest = 1;
        }
        None
    }

    /// The matching days of the month that begins at `first`, as bits.
    fn days_in(&self, first: Date) -> u64 {
        if !has(self.months, first.month()) {
            return 0;
        }
        let length = first.days_in_month();
        let by_month = self.days_of_month;
        let by_week = days_with_weekdays(self.days_of_week, first.weekday());
        let matching = if self.either_day {
            by_month | by_week
        } else {
            by_month & by_week
        };
        matching & bits(1, length)
    }
}

/// The days of a month, as bits, that fall on the given weekdays, for a month whose day 1 is `first`.
fn days_with_weekdays(weekdays: u64, first: Weekday) -> u64 {
    let shift = first.to_sunday_zero_offset();
    let week = (weekdays >> shift) | (weekdays << (7 - shift));
    let week = week & bits(0, 6);
    (0..5).fold(0, |days, number| days | (week << (7 * number + 1)))
}

/// The bits from `first` to `last`, both below 63.
fn bits(first: i8, last: i8) -> u64 {
    (u64::MAX << first) & (u64::MAX >> (63 - last))
}

fn has(set: u64, value: i8) -> bool {
    set & (1 << value) != 0
}

/// The smallest value of the set that is `value` or more; `value` is at most 63.
fn first_from(set: u64, value: i8) -> Option<i8> {
    let left = set & (u64::MAX << value);
    if left == 0 {
        return None;
    }
    i8::try_from(left.trailing_zeros()).ok()
}

#[cfg(test)]
mod tests;
