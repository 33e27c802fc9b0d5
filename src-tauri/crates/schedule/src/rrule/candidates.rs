//! The times that one period of a recurrence rule holds, numbered without being listed: a year by the second has
//! thirty million.

use jiff::civil::{Date, DateTime, Time};

/// The times of day of a period: each hour with each minute with each second. All are sorted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'c> {
    pub(super) hours: &'c [i8],
    pub(super) minutes: &'c [i8],
    pub(super) seconds: &'c [i8],
}

impl Clock<'_> {
    fn len(&self) -> usize {
        self.hours.len() * self.minutes.len() * self.seconds.len()
    }

    /// How many times are before `time`.
    fn rank(&self, time: Time) -> usize {
        let (hour, hour_found) = place(self.hours, time.hour());
        let (minute, minute_found) = place(self.minutes, time.minute());
        let (second, _) = place(self.seconds, time.second());
        let (per_minute, per_hour) = (self.seconds.len(), self.minutes.len() * self.seconds.len());
        match (hour_found, minute_found) {
            (false, _) => hour * per_hour,
            (true, false) => hour * per_hour + minute * per_minute,
            (true, true) => hour * per_hour + minute * per_minute + second,
        }
    }

    fn at(&self, rank: usize) -> Option<Time> {
        let (per_minute, per_hour) = (self.seconds.len(), self.minutes.len() * self.seconds.len());
        let hour = *self.hours.get(rank / per_hour)?;
        let minute = *self.minutes.get(rank % per_hour / per_minute)?;
        let second = *self.seconds.get(rank % per_minute)?;
        Time::new(hour, minute, second, 0).ok()
    }
}

/// Where `value` stands or would stand among `values`, and whether it is there.
fn place(values: &[i8], value: i8) -> (usize, bool) {
    match values.binary_search(&value) {
        Ok(place) => (place, true),
        Err(place) => (place, false),
    }
}

/// The times of a period: each day with each time of day, or of those the ones at given positions.
pub(super) struct Candidates<'c> {
    days: &'c [Date],
    clock: Clock<'c>,
    /// The chosen places among the times, sorted; `None`: all.
    chosen: Option<Vec<usize>>,
}

impl<'c> Candidates<'c> {
    /// Candidates of sorted `days`; `positions` count from 1, or from the end with -1, and choose all if empty.
    pub(super) fn new(days: &'c [Date], clock: Clock<'c>, positions: &[i16]) -> Self {
        let total = days.len() * clock.len();
        let chosen = (!positions.is_empty()).then(|| {
            let mut places: Vec<usize> = positions
                .iter()
                .filter_map(|position| place_of(*position, total))
                .collect();
            places.sort_unstable();
            places.dedup();
            places
        });
        Self {
            days,
            clock,
            chosen,
        }
    }

    /// Whether there is no time at all.
    pub(super) fn is_empty(&self) -> bool {
        match &self.chosen {
            None => self.days.is_empty() || self.clock.len() == 0,
            Some(chosen) => chosen.is_empty(),
        }
    }

    /// How many times there are at or after `from`.
    pub(super) fn count_from(&self, from: DateTime) -> usize {
        let rank = self.rank(from);
        match &self.chosen {
            None => (self.days.len() * self.clock.len()).saturating_sub(rank),
            Some(chosen) => chosen.len() - chosen.partition_point(|place| *place < rank),
        }
    }

    /// The time that is preceded by `skipped` others of those at or after `from`.
    pub(super) fn nth_from(&self, from: DateTime, skipped: usize) -> Option<DateTime> {
        let rank = self.rank(from);
        match &self.chosen {
            None => self.at(rank.checked_add(skipped)?),
            Some(chosen) => {
                let first = chosen.partition_point(|place| *place < rank);
                self.at(*chosen.get(first.checked_add(skipped)?)?)
            }
        }
    }

    /// How many times, chosen or not, are before `time`.
    fn rank(&self, time: DateTime) -> usize {
        let day = self.days.partition_point(|day| *day < time.date());
        let before = day * self.clock.len();
        if self.days.get(day) == Some(&time.date()) {
            before + self.clock.rank(time.time())
        } else {
            before
        }
    }

    fn at(&self, rank: usize) -> Option<DateTime> {
        let day = self.days.get(rank / self.clock.len())?;
        Some(day.to_datetime(self.clock.at(rank % self.clock.len())?))
    }
}

/// The place, from 0, of a position, from 1 or from -1 backwards, among `total`.
fn place_of(position: i16, total: usize) -> Option<usize> {
    let distance = usize::from(position.unsigned_abs());
    let place = if position > 0 {
        distance.checked_sub(1)?
    } else {
        total.checked_sub(distance)?
    };
    (place < total).then_some(place)
}
