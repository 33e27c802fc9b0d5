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
    after: Timestamp,
    /// Where the zone stood when it was last looked at: most times lie in one stretch with the one before.
    stretch: Stretch<'s>,
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
        Self {
            rule,
            after,
            stretch: Stretch::at(zone, after),
        }
    }

    /// The first time strictly after `instant`, wherever the iteration stands.
    pub(crate) fn first_after(&self, instant: Timestamp) -> Option<Timestamp> {
        self.found_after(instant).map(|(time, _)| time)
    }

    /// The first time strictly after `instant`, and the stretch that it lies in.
    fn found_after(&self, instant: Timestamp) -> Option<(Timestamp, Stretch<'s>)> {
        match &self.rule {
            Bound::Every(every) => {
                let time = every.next_after(instant, self.stretch.zone)?;
                Some((time, self.stretch))
            }
            Bound::Cron(cron) => {
                let stretch = self.stretch.or_of(instant);
                next_after(stretch, instant, cron.follows_clock(), |from| {
                    cron.next_from(from)
                })
            }
            Bound::RRule(recurrence) => {
                let instant = instant.max(recurrence.not_before());
                let stretch = self.stretch.or_of(instant);
                let follows_clock = recurrence.follows_clock();
                next_after(stretch, instant, follows_clock, |from| {
                    recurrence.next_from(from)
                })
                .filter(|(time, _)| recurrence.allows(*time))
            }
        }
    }

    /// How many times lie after `after` and at or before `until`; `None` where only counting one by one tells.
    pub(crate) fn count_at_once(&self, after: Timestamp, until: Timestamp) -> Option<u64> {
        match &self.rule {
            Bound::Every(every) => Some(every.count(after, until, self.stretch.zone)),
            Bound::Cron(_) | Bound::RRule(_) => None,
        }
    }
}

impl Iterator for Times<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        (self.after, self.stretch) = self.found_after(self.after)?;
        Some(self.after)
    }
}

/// The first instant strictly after `instant`, which lies in `stretch`, at which a rule runs, and its own
/// stretch. `next_from` gives the rule's first wall-clock time at or after a whole second.
fn next_after<'z>(
    stretch: Stretch<'z>,
    instant: Timestamp,
    follows_clock: bool,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<(Timestamp, Stretch<'z>)> {
    let shown = next_second(stretch.offset.to_datetime(instant))?;
    if follows_clock {
        following_clock(stretch, shown, next_from)
    } else {
        each_once(stretch, shown, next_from)
    }
}

fn following_clock<'z>(
    mut stretch: Stretch<'z>,
    mut from: DateTime,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<(Timestamp, Stretch<'z>)> {
    let mut time = next_from(from);
    loop {
        if let Some(instant) = time.and_then(|time| stretch.instant(time)) {
            return Some((instant, stretch));
        }
        let (next, start) = stretch.next()?;
        let shown = next.offset.to_datetime(start);
        let never_again = shown.saturating_sub(LOOK_BACK) > from;
        if time.is_none() && never_again {
            return None;
        }
        if shown < from || time.is_some_and(|time| time < shown) {
            time = next_from(shown);
        }
        from = shown;
        stretch = next;
    }
}

fn each_once<'z>(
    mut stretch: Stretch<'z>,
    shown: DateTime,
    next_from: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<(Timestamp, Stretch<'z>)> {
    let new_from = stretch
        .already_shown
        .map_or(shown, |already| already.max(shown));
    let time = next_from(new_from)?;
    loop {
        if let Some(instant) = stretch.instant(time) {
            return Some((instant, stretch));
        }
        // Here `time` is later than all that the clocks have shown, so at the seam it is ahead or jumped over.
        let (next, start) = stretch.next()?;
        if time <= next.offset.to_datetime(start) {
            return Some((start, next));
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
    let found = each_once(Stretch::at(zone, before), DateTime::MIN, |_| Some(civil));
    // Only the last hours of the year 9999 have none.
    found.map_or(Timestamp::MAX, |(instant, _)| instant)
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
#[derive(Clone, Copy, Debug)]
struct Stretch<'z> {
    zone: &'z TimeZone,
    start: Option<Timestamp>,
    /// The instant that no longer belongs to it.
    end: Option<Timestamp>,
    offset: Offset,
    /// The wall-clock time before which all times were shown or jumped over when it began.
    already_shown: Option<DateTime>,
}

impl<'z> Stretch<'z> {
    /// The stretch that `instant` lies in.
    fn at(zone: &'z TimeZone, instant: Timestamp) -> Self {
        let start = seams_through(zone, instant).next();
        Self {
            zone,
            start,
            end: zone.following(instant).next().map(|seam| seam.timestamp()),
            offset: zone.to_offset(instant),
            already_shown: start.and_then(|start| already_shown(zone, start)),
        }
    }

    /// This stretch if `instant` lies in it, else the one that it lies in.
    fn or_of(self, instant: Timestamp) -> Self {
        let begun = self.start.is_none_or(|start| start <= instant);
        if begun && self.end.is_none_or(|end| instant < end) {
            self
        } else {
            Self::at(self.zone, instant)
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
        self.end.is_none_or(|end| instant < end).then_some(instant)
    }
}

/// The seams of a zone at or before `instant`, newest first.
fn seams_through(zone: &TimeZone, instant: Timestamp) -> impl Iterator<Item = Timestamp> {
    let just_after = instant.checked_add(NANOSECOND).unwrap_or(Timestamp::MAX);
    zone.preceding(just_after).map(|seam| seam.timestamp())
}

/// The latest wall-clock time that clocks had reached when one of the seams around `seam` came.
fn already_shown(zone: &TimeZone, seam: Timestamp) -> Option<DateTime> {
    let oldest = seam.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    seams_through(zone, seam)
        .take_while(|seam| *seam >= oldest)
        .filter_map(|seam| {
            let just_before = seam.checked_sub(NANOSECOND).ok()?;
            Some(zone.to_offset(just_before).to_datetime(seam))
        })
        .max()
}

#[cfg(test)]
mod tests;
