//! A recurrence rule of RFC 5545 over clocks that never jump: its parts, and the next matching time.
//!
//! The reading of the text is in `parse`, which days match in `days`, and the times that one period holds in
//! `candidates`. Laying a zone over it all is in `walk`.
//!
//! No library does this: the one there is walks from the start at every question, mishandles jumps of the zone,
//! and brings a second time zone database.

mod candidates;
mod days;
mod parse;

use std::{fmt, iter};

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use self::candidates::{Candidates, Clock};
use self::days::DayFilter;
use crate::{Error, Time, Zone};

/// A checked recurrence rule with its start.
///
/// All of RFC 5545 but `BYSECOND=60`; the parts may stand in any order. Times are whole seconds. What the rule
/// leaves open (the day, the time of day) it takes from the start. The start is a time of the rule only if it
/// matches. `INTERVAL` and `COUNT` count on the wall clock. A rule that is finer than daily follows the clock
/// through a jump of its zone, any other runs once for it. An `UNTIL` that is a date includes that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RRule {
    text: String,
    starting: Option<Time>,
    parts: Box<Parts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
    Minutely,
    Secondly,
}

impl Frequency {
    /// A search that has looked at so many empty periods in a row gives up: the calendar repeats itself after 400 years, and so
    /// does any interval of it after as many periods as 400 years have. Periods finer than a day are skipped by
    /// the day where the day does not match, so for them it is those days and some.
    fn most_periods(self) -> usize {
        match self {
            Self::Yearly => 400,
            Self::Monthly => 4_800,
            Self::Weekly => 20_871,
            Self::Daily => 146_097,
            Self::Hourly | Self::Minutely | Self::Secondly => 150_000,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    Count(usize),
    Until(Time),
}

/// The parts of a rule as written. Lists are sorted, and empty where the rule has none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    frequency: Frequency,
    interval: i64,
    end: End,
    week_start: Weekday,
    days: DayFilter,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
    positions: Vec<i16>,
}

impl RRule {
    /// Reads a rule, in any case, with or without `RRULE:` before it. Without `starting` it starts at
    /// 1970-01-01T00:00 on the clocks of its zone.
    ///
    /// # Errors
    /// [`Error::RRule`] for what is no rule, can never fire, or has a `COUNT` and no start to count from.
    pub fn parse(text: &str, starting: Option<Time>, zone: &Zone) -> Result<Self, Error> {
        let (text, parts) = parse::parts(text, starting.is_some())?;
        let rule = Self {
            text,
            starting,
            parts: Box::new(parts),
        };
        // Where the machine's zone decides what the start's clock shows, nothing can be said yet.
        let known_start = !matches!((zone, starting), (Zone::Local, Some(Time::Instant(_))));
        let recurrence = rule.bind(zone.resolve(&TimeZone::UTC));
        if known_start && recurrence.next_from(recurrence.start).is_none() {
            return Err(parse::wrong(
                "rule",
                &rule.text,
                "never fires",
                "write parts that some day fulfils",
            ));
        }
        Ok(rule)
    }

    /// The rule in upper case, without `RRULE:`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the rule starts, if the flow says so.
    #[must_use]
    pub fn starting(&self) -> Option<Time> {
        self.starting
    }

    /// The rule with all that its zone decides.
    pub(crate) fn bind(&self, zone: &TimeZone) -> Recurrence<'_> {
        let starting = self
            .starting
            .unwrap_or(Time::Civil(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)));
        let start = whole_second(starting.civil(zone));
        let mut recurrence = Recurrence {
            parts: &self.parts,
            start,
            not_before: starting.instant(zone),
            not_after: None,
            last: None,
            days: self
                .parts
                .days
                .completed_from(self.parts.frequency, start.date()),
            hours: or_start(
                &self.parts,
                Frequency::Daily,
                &self.parts.hours,
                start.hour(),
            ),
            minutes: or_start(
                &self.parts,
                Frequency::Hourly,
                &self.parts.minutes,
                start.minute(),
            ),
            seconds: or_start(
                &self.parts,
                Frequency::Minutely,
                &self.parts.seconds,
                start.second(),
            ),
        };
        match self.parts.end {
            End::Never => {}
            End::Count(count) => recurrence.last = recurrence.nth(count),
            End::Until(Time::Civil(last)) => recurrence.last = Some(last),
            End::Until(Time::Instant(last)) => recurrence.not_after = Some(last),
        }
        recurrence
    }
}

impl fmt::Display for RRule {
    /// The text, and ` starting TIME` where the flow says so.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)?;
        match &self.starting {
            Some(starting) => write!(formatter, " starting {starting}"),
            None => Ok(()),
        }
    }
}

/// The values of a unit of time: those of the rule, else the start's if the rule's period is `coarsest` or more.
fn or_start(parts: &Parts, coarsest: Frequency, values: &[i8], start: i8) -> Vec<i8> {
    if values.is_empty() && parts.frequency <= coarsest {
        vec![start]
    } else {
        values.to_vec()
    }
}

/// A rule on the clocks of one zone.
#[derive(Clone, Debug)]
pub(crate) struct Recurrence<'r> {
    parts: &'r Parts,
    start: DateTime,
    not_before: Timestamp,
    not_after: Option<Timestamp>,
    last: Option<DateTime>,
    days: DayFilter,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
}

impl Recurrence<'_> {
    /// Whether the rule follows the clock through a jump of its zone, instead of running once for it.
    pub(crate) fn follows_clock(&self) -> bool {
        self.parts.frequency > Frequency::Daily
    }

    /// All times of the rule are strictly after this instant.
    pub(crate) fn not_before(&self) -> Timestamp {
        self.not_before
            .checked_sub(SignedDuration::from_nanos(1))
            .unwrap_or(Timestamp::MIN)
    }

    /// Whether `time` is not past the rule's end.
    pub(crate) fn allows(&self, time: Timestamp) -> bool {
        self.not_after.is_none_or(|last| time <= last)
    }

    /// The first matching wall-clock time at or after `from`.
    pub(crate) fn next_from(&self, from: DateTime) -> Option<DateTime> {
        let from = from.max(self.start);
        let found = self.search(from, |candidates| candidates.nth_from(from, 0))?;
        self.last.is_none_or(|last| found <= last).then_some(found)
    }

    /// The `count`th matching time from the start, counted from 1; the calendar's end if there are fewer.
    fn nth(&self, count: usize) -> Option<DateTime> {
        let mut left = count.checked_sub(1)?;
        self.search(self.start, |candidates| {
            let found = candidates.nth_from(self.start, left);
            if found.is_none() {
                left = left.saturating_sub(candidates.count_from(self.start));
            }
            found
        })
    }

    /// Offers the candidates of each period, from the one that holds `from` on, until one is taken.
    fn search(
        &self,
        from: DateTime,
        take: impl FnMut(&Candidates<'_>) -> Option<DateTime>,
    ) -> Option<DateTime> {
        let mut search = Search {
            take,
            periods_left: self.parts.frequency.most_periods(),
            most_periods: self.parts.frequency.most_periods(),
        };
        if self.follows_clock() {
            self.search_within_days(from, &mut search)
        } else {
            self.search_by_days(from, &mut search)
        }
    }

    fn search_by_days(
        &self,
        from: DateTime,
        search: &mut Search<impl FnMut(&Candidates<'_>) -> Option<DateTime>>,
    ) -> Option<DateTime> {
        let clock = Clock {
            hours: &self.hours,
            minutes: &self.minutes,
            seconds: &self.seconds,
        };
        let mut period =
            self.periods_until(from.date()) / self.parts.interval * self.parts.interval;
        while search.goes_on() {
            let days = self.days_of_period(period)?;
            let candidates = Candidates::new(&days, clock, &self.parts.positions);
            if let Some(found) = search.offer(&candidates) {
                return Some(found);
            }
            period += self.parts.interval;
        }
        None
    }

    /// How many periods lie between the start's and that of `day`, which is not before it.
    fn periods_until(&self, day: Date) -> i64 {
        let start = self.start.date();
        let years = i64::from(day.year()) - i64::from(start.year());
        match self.parts.frequency {
            Frequency::Yearly => years,
            Frequency::Monthly => years * 12 + i64::from(day.month()) - i64::from(start.month()),
            Frequency::Weekly => {
                let week_start = self.parts.week_start;
                (day_number(days::first_of_week(day, week_start))
                    - day_number(days::first_of_week(start, week_start)))
                    / 7
            }
            _ => day_number(day) - day_number(start),
        }
    }

    /// The matching days of a period; none past the calendar's end.
    fn days_of_period(&self, period: i64) -> Option<Vec<Date>> {
        let start = self.start.date();
        let (first, last) = match self.parts.frequency {
            Frequency::Yearly => {
                let first = start
                    .first_of_year()
                    .checked_add(i32::try_from(period).ok()?.years())
                    .ok()?;
                (first, first.last_of_year())
            }
            Frequency::Monthly => {
                let first = start
                    .first_of_month()
                    .checked_add(i32::try_from(period).ok()?.months())
                    .ok()?;
                (first, first.last_of_month())
            }
            Frequency::Weekly => {
                let first = days::first_of_week(start, self.parts.week_start);
                let first = day_at(day_number(first) + period * 7)?;
                (first, day_at(day_number(first) + 6).unwrap_or(Date::MAX))
            }
            _ => {
                let day = day_at(day_number(start) + period)?;
                (day, day)
            }
        };
        let days = iter::successors(Some(first), |day| self.days.after(*day));
        let days = days.take_while(|day| *day <= last);
        Some(days.filter(|day| self.days.matches(*day)).collect())
    }

    fn search_within_days(
        &self,
        from: DateTime,
        search: &mut Search<impl FnMut(&Candidates<'_>) -> Option<DateTime>>,
    ) -> Option<DateTime> {
        let unit = match self.parts.frequency {
            Frequency::Hourly => 3_600,
            Frequency::Minutely => 60,
            _ => 1,
        };
        let start = second_number(self.start).div_euclid(unit);
        let aligned = |index: i64| {
            let past = (index - start).rem_euclid(self.parts.interval);
            if past == 0 {
                index
            } else {
                index - past + self.parts.interval
            }
        };
        let mut index = aligned(second_number(from).div_euclid(unit));
        while search.goes_on() {
            let at = second_at(index * unit)?;
            index = match self.place(at) {
                Place::Matches => {
                    if let Some(found) = self.offer_period(at, search) {
                        return Some(found);
                    }
                    index + self.parts.interval
                }
                Place::NothingBefore(next) => aligned(second_number(next).div_euclid(unit)),
                Place::CalendarEnd => return None,
            };
        }
        None
    }

    /// Whether the day, hour, minute and second at `at` match, as far as they are wider than the period.
    fn place(&self, at: DateTime) -> Place {
        let allowed = |values: &[i8], value| values.is_empty() || values.contains(&value);
        let frequency = self.parts.frequency;
        if !self.days.matches(at.date()) {
            return Place::nothing_before(self.days.after(at.date()).map(|day| day.at(0, 0, 0, 0)));
        }
        if !allowed(&self.hours, at.hour()) {
            let hour = at.date().at(at.hour(), 0, 0, 0);
            return Place::nothing_before(hour.checked_add(1.hour()).ok());
        }
        if frequency > Frequency::Hourly && !allowed(&self.minutes, at.minute()) {
            let minute = at.date().at(at.hour(), at.minute(), 0, 0);
            return Place::nothing_before(minute.checked_add(1.minute()).ok());
        }
        if frequency > Frequency::Minutely && !allowed(&self.seconds, at.second()) {
            return Place::nothing_before(at.checked_add(1.second()).ok());
        }
        Place::Matches
    }

    /// Offers the times of the hour, minute or second that begins at `at` and matches.
    fn offer_period(
        &self,
        at: DateTime,
        search: &mut Search<impl FnMut(&Candidates<'_>) -> Option<DateTime>>,
    ) -> Option<DateTime> {
        let (hour, minute, second) = ([at.hour()], [at.minute()], [at.second()]);
        let frequency = self.parts.frequency;
        let clock = Clock {
            hours: &hour,
            minutes: if frequency > Frequency::Hourly {
                &minute
            } else {
                &self.minutes
            },
            seconds: if frequency > Frequency::Minutely {
                &second
            } else {
                &self.seconds
            },
        };
        let day = [at.date()];
        search.offer(&Candidates::new(&day, clock, &self.parts.positions))
    }
}

/// A search through periods: what it offers their candidates to, and how many empty ones in a row it still bears.
struct Search<F> {
    take: F,
    periods_left: usize,
    most_periods: usize,
}

impl<F: FnMut(&Candidates<'_>) -> Option<DateTime>> Search<F> {
    fn offer(&mut self, candidates: &Candidates<'_>) -> Option<DateTime> {
        if candidates.is_empty() {
            return None;
        }
        self.periods_left = self.most_periods;
        (self.take)(candidates)
    }

    fn goes_on(&mut self) -> bool {
        let left = self.periods_left.checked_sub(1);
        self.periods_left = left.unwrap_or(0);
        left.is_some()
    }
}

/// What a search finds at a wall-clock time.
enum Place {
    /// A period that may hold times.
    Matches,
    /// No time before this one.
    NothingBefore(DateTime),
    /// No time any more.
    CalendarEnd,
}

impl Place {
    fn nothing_before(next: Option<DateTime>) -> Self {
        next.map_or(Self::CalendarEnd, Self::NothingBefore)
    }
}

fn whole_second(time: DateTime) -> DateTime {
    // A time without its fraction is always one.
    time.with().subsec_nanosecond(0).build().unwrap_or(time)
}

/// Days since 1970-01-01.
fn day_number(day: Date) -> i64 {
    day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

fn day_at(number: i64) -> Option<Date> {
    let hours = number.checked_mul(24)?;
    let since = SignedDuration::from_secs(hours.checked_mul(3_600)?);
    Date::constant(1970, 1, 1).checked_add(since).ok()
}

/// Seconds on the wall clock since 1970-01-01T00:00.
fn second_number(time: DateTime) -> i64 {
    time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0))
        .as_secs()
}

fn second_at(number: i64) -> Option<DateTime> {
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
        .checked_add(SignedDuration::from_secs(number))
        .ok()
}

#[cfg(test)]
mod tests;
