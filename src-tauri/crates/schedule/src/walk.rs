//! Lays a zone over wall-clock times: which instants a rule's times are, through every jump of the zone.
//!
//! A zone is a row of *stretches*, each with one offset, and at each seam its clocks jump. A rule that follows
//! the clock runs whenever the clock shows one of its times. Any other runs each of its times once: at the first
//! instant that shows it, or, if the clocks jump over it, at the seam.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::rrule::Recurrence;
use crate::{Cron, Every, Rule};

/// More than any two offsets can differ by: older seams cannot make a clock show the same time again.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(56);
const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The times of a schedule, strictly increasing; made by `Schedule::times_after`.
#[derive(Clone, Debug)]
pub struct Times<'s> {
    rule: Bound<'s>,
    zone: &'s TimeZone,
    after: Timestamp,
}

/// A rule with all that its zone decides.
#[derive(Clone, Debug)]
enum Bound<'s> {
    Cron(&'s Cron),
    Every(&'s Every),
    RRule(Box<Recurrence<'s>>),
}

impl<'s> Times<'s> {
    pub(crate) fn new(rule: &'s Rule, zone: &'s TimeZone, after: Timestamp) -> Self {
        let rule = match rule {
            Rule::Cron(cron) => Bound::Cron(cron),
            Rule::Every(every) => Bound::Every(every),
            Rule::RRule(rrule) => Bound::RRule(Box::new(rrule.bind(zone))),
        };
        Self { rule, zone, after }
    }

    /// The first time strictly after `instant`, wherever the iteration stands.
    pub(crate) fn first_after(&self, instant: Timestamp) -> Option<Timestamp> {
        match &self.rule {
            Bound::Every(every) => every.next_after(instant, self.zone),
            Bound::Cron(cron) => next_after(self.zone, instant, cron.follows_clock(), |from| {
                cron.next_from(from)
            }),
            Bound::RRule(recurrence) => {
                let instant = instant.max(recurrence.not_before());
                let follows_clock = recurrence.follows_clock();
                next_after(self.zone, instant, follows_clock, |from| {
                    recurrence.next_from(from)
                })
                .filter(|time| recurrence.allows(*time))
            }
        }
    }

    /// How many times lie after `after` and at or before `until`; `None` where only counting one by one tells.
    pub(crate) fn count_at_once(&self, after: Timestamp, until: Timestamp) -> Option<u64> {
        match &self.rule {
            Bound::Every(every) => Some(every.count(after, until, self.zone)),
            Bound::Cron(_) | Bound::RRule(_) => None,
        }
    }
}

impl Iterator for Times<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let time = self.first_after(self.after)?;
        self.after = time;
        Some(time)
    }
}

/// The first instant strictly after `instant` at which a rule runs, whose first wall-clock time at or after a
/// whole second is `next_from`.
fn next_after(
    zone: &TimeZone,
    instant: Timestamp,
    follows_clock: bool,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let stretch = Stretch::at(zone, instant);
    let shown = next_second(stretch.offset.to_datetime(instant))?;
    if follows_clock {
        following_clock(stretch, shown, next_from)
    } else {
        each_once(stretch, shown, next_from)
    }
}

fn following_clock(
    mut stretch: Stretch<'_>,
    shown: DateTime,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let mut from = shown;
    loop {
        if let Some(instant) = next_from(from).and_then(|time| stretch.instant(time)) {
            return Some(instant);
        }
        let (next, start) = stretch.next()?;
        from = next.offset.to_datetime(start);
        stretch = next;
    }
}

fn each_once(
    mut stretch: Stretch<'_>,
    shown: DateTime,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let new_from = stretch
        .already_shown()
        .map_or(shown, |already| already.max(shown));
    let time = next_from(new_from)?;
    loop {
        if let Some(instant) = stretch.instant(time) {
            return Some(instant);
        }
        // Here `time` is later than all that the clocks have shown, so at the seam it is ahead or jumped over.
        let (next, start) = stretch.next()?;
        if time <= next.offset.to_datetime(start) {
            return Some(start);
        }
        stretch = next;
    }
}

/// The first instant at which clocks of `zone` show `civil`; if they jump over it, the instant of the jump.
pub(crate) fn first_instant(civil: DateTime, zone: &TimeZone) -> Timestamp {
    let before = Offset::UTC
        .to_timestamp(civil)
        .and_then(|instant| instant.checked_sub(LOOK_BACK))
        .unwrap_or(Timestamp::MIN);
    next_after(zone, before, false, |from| (from <= civil).then_some(civil))
        // Only the last hours of the year 9999 get here.
        .unwrap_or(Timestamp::MAX)
}

/// The first whole second strictly after `time`.
fn next_second(time: DateTime) -> Option<DateTime> {
    time.with()
        .subsec_nanosecond(0)
        .build()
        .ok()?
        .checked_add(SECOND)
        .ok()
}

/// A part of a zone's time in which its offset does not change.
struct Stretch<'z> {
    zone: &'z TimeZone,
    start: Option<Timestamp>,
    /// The instant that no longer belongs to it.
    end: Option<Timestamp>,
    offset: Offset,
}

impl<'z> Stretch<'z> {
    /// The stretch that `instant` lies in.
    fn at(zone: &'z TimeZone, instant: Timestamp) -> Self {
        let just_after = instant.checked_add(NANOSECOND).unwrap_or(Timestamp::MAX);
        Self {
            zone,
            start: zone
                .preceding(just_after)
                .next()
                .map(|seam| seam.timestamp()),
            end: zone.following(instant).next().map(|seam| seam.timestamp()),
            offset: zone.to_offset(instant),
        }
    }

    /// The stretch after this one, and its first instant.
    fn next(&self) -> Option<(Self, Timestamp)> {
        let start = self.end?;
        Some((Self::at(self.zone, start), start))
    }

    /// The instant of this stretch, or before it, that shows `time`; none if it lies after.
    fn instant(&self, time: DateTime) -> Option<Timestamp> {
        let instant = self.offset.to_timestamp(time).ok()?;
        match self.end {
            Some(end) if instant >= end => None,
            _ => Some(instant),
        }
    }

    /// The wall-clock time before which all times were shown or jumped over when this stretch began.
    fn already_shown(&self) -> Option<DateTime> {
        let start = self.start?;
        let oldest = start.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let just_after = start.checked_add(NANOSECOND).unwrap_or(Timestamp::MAX);
        self.zone
            .preceding(just_after)
            .map(|seam| seam.timestamp())
            .take_while(|seam| *seam >= oldest)
            .filter_map(|seam| {
                let just_before = seam.checked_sub(NANOSECOND).ok()?;
                Some(self.zone.to_offset(just_before).to_datetime(seam))
            })
            .max()
    }
}

#[cfg(test)]
mod tests;
