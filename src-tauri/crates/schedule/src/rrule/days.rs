//! Which days a recurrence rule matches. A rule that widens its period and one that narrows it are one: a day of
//! the period matches when it fulfils every part.

use jiff::civil::{Date, Weekday};

use super::Frequency;

/// A weekday of `BYDAY`, with its number within the month or year if it has one (from the end if negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberedWeekday {
    pub(super) number: Option<i16>,
    pub(super) weekday: Weekday,
}

/// What a day must fulfil; an empty list asks nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DayFilter {
    pub(super) months: Vec<i16>,
    pub(super) week_numbers: Vec<i16>,
    pub(super) year_days: Vec<i16>,
    pub(super) month_days: Vec<i16>,
    pub(super) weekdays: Vec<NumberedWeekday>,
    /// Weekdays are numbered within the year instead of the month.
    pub(super) numbered_in_year: bool,
    pub(super) week_start: Weekday,
}

impl DayFilter {
    /// The filter with what the rule leaves open taken from the day on which it starts.
    pub(super) fn completed_from(&self, frequency: Frequency, start: Date) -> Self {
        let mut filter = self.clone();
        let no_day =
            self.year_days.is_empty() && self.month_days.is_empty() && self.weekdays.is_empty();
        if !no_day {
            return filter;
        }
        let on_weekday = NumberedWeekday {
            number: None,
            weekday: start.weekday(),
        };
        match frequency {
            Frequency::Yearly if !self.week_numbers.is_empty() => filter.weekdays.push(on_weekday),
            Frequency::Yearly => {
                filter.month_days.push(i16::from(start.day()));
                if filter.months.is_empty() {
                    filter.months.push(i16::from(start.month()));
                }
            }
            Frequency::Monthly => filter.month_days.push(i16::from(start.day())),
            Frequency::Weekly => filter.weekdays.push(on_weekday),
            _ => {}
        }
        filter
    }

    /// Whether `day` fulfils all.
    pub(super) fn matches(&self, day: Date) -> bool {
        self.matches_month(day)
            && among(&self.month_days, || {
                (i16::from(day.day()), i16::from(day.days_in_month()))
            })
            && among(&self.year_days, || (day.day_of_year(), day.days_in_year()))
            && self.matches_weekday(day)
            && self.matches_week(day)
    }

    /// The next day after `day` that is worth asking about: tomorrow, or the next month if this one does not match.
    pub(super) fn after(&self, day: Date) -> Option<Date> {
        let done = if self.matches_month(day) {
            day
        } else {
            day.last_of_month()
        };
        done.tomorrow().ok()
    }

    fn matches_month(&self, day: Date) -> bool {
        self.months.is_empty() || self.months.contains(&i16::from(day.month()))
    }

    fn matches_weekday(&self, day: Date) -> bool {
        if self.weekdays.is_empty() {
            return true;
        }
        let weekday = day.weekday();
        self.weekdays
            .iter()
            .filter(|wanted| wanted.weekday == weekday)
            .any(|wanted| {
                wanted
                    .number
                    .is_none_or(|number| self.is_numbered(day, number))
            })
    }

    /// Whether `day` is the `number`th of its weekday, from the end if negative.
    fn is_numbered(&self, day: Date, number: i16) -> bool {
        let (place, length) = if self.numbered_in_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let distance = if number > 0 {
            place - 1
        } else {
            length - place
        };
        distance / 7 + 1 == number.abs()
    }

    fn matches_week(&self, day: Date) -> bool {
        among(&self.week_numbers, || {
            let (number, year) = week(day, self.week_start);
            // 28 December is always in the last week of its year.
            let last = Date::new(year, 12, 28).map_or(52, |day| week(day, self.week_start).0);
            (number, last)
        })
    }
}

/// Whether `wanted` is empty or holds the number of what is asked about, counted from 1 or, negative, from the end
/// of as many as there are; `numbered` gives both.
fn among(wanted: &[i16], numbered: impl FnOnce() -> (i16, i16)) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let (number, length) = numbered();
    wanted
        .iter()
        .any(|wanted| *wanted == number || *wanted == number - length - 1)
}

/// The first day of the week that holds `day`, or the calendar's first.
pub(super) fn first_of_week(day: Date, week_start: Weekday) -> Date {
    let past = week_start.until(day.weekday());
    super::day_at(super::day_number(day) - i64::from(past)).unwrap_or(Date::MIN)
}

/// The number of the week that holds `day`, and the year that the week counts in: the one that has at least
/// four of its days.
fn week(day: Date, week_start: Weekday) -> (i16, i16) {
    let fourth = super::day_number(first_of_week(day, week_start)) + 3;
    let fourth = super::day_at(fourth).unwrap_or(day);
    ((fourth.day_of_year() - 1) / 7 + 1, fourth.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_numbered_by_where_most_of_their_days_are() {
        for (day, week_start, expected) in [
            ("2026-01-01", Weekday::Monday, (1, 2026)),
            ("2027-01-01", Weekday::Monday, (53, 2026)),
            ("2024-12-30", Weekday::Monday, (1, 2025)),
            ("2022-01-01", Weekday::Sunday, (52, 2021)),
            ("2022-01-02", Weekday::Sunday, (1, 2022)),
        ] {
            assert_eq!(week(day.parse().unwrap(), week_start), expected, "{day}");
        }
    }
}
