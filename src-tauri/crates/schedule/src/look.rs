//! One look at a schedule: which of its times wait from then on, which are missed. Decides;
//! records nothing.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catchup::{ON_TIME, before};
use crate::{Missed, MissedReason, Schedule};

/// What is written down of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its times up to here are dealt with.
    pub seen: Timestamp,
    /// The newest time that is recorded in a row that begins before the present instant; it
    /// may be later than that, where the clock was set back.
    pub recorded: Option<Timestamp>,
    /// Since when no flow file has it; `None`: one does.
    pub gone_at: Option<Timestamp>,
}

/// A time that is to run once nothing holds it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingTime {
    /// The time.
    pub time: Timestamp,
    /// Whether it was found long after it had passed.
    pub caught_up: bool,
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The times to run, oldest first.
    pub waits: Vec<WaitingTime>,
    /// The times that do not run, oldest first.
    pub missed: Vec<Missed>,
    /// Up to where times are dealt with: see [`Due::seen`](crate::Due::seen).
    pub seen: Timestamp,
}

/// From where on a schedule's times are to be dealt with, which [`Schedule::look`] takes;
/// `None`: from now on.
///
/// `known` is what is written down of it, `here` up to where this process looked since,
/// `enabled_at` since when its workspace may fire. A schedule that was gone for longer than
/// a minute is as new when it comes back; a file that is replaced is gone for a moment.
#[must_use]
pub fn last_seen(
    known: Option<Known>,
    here: Option<Timestamp>,
    enabled_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let known = known?;
    if known
        .gone_at
        .is_some_and(|gone_at| gone_at < before(now, ON_TIME))
    {
        return None;
    }
    let seen = here.unwrap_or(known.seen);
    // After a clock was set back, times come again that are recorded.
    let seen = known.recorded.map_or(seen, |recorded| seen.max(recorded));
    // An instant that is still to come was written by a clock that was wrong.
    let enabled_at = enabled_at.filter(|enabled_at| *enabled_at <= now);
    Some(enabled_at.map_or(seen, |enabled_at| seen.max(enabled_at)))
}

impl Schedule {
    /// Deals with the times after `last_seen` and at or before `now`, as [`Schedule::due`]
    /// decides; while it is `paused`, here or in its file, they are missed.
    #[must_use]
    pub fn look(
        &self,
        last_seen: Option<Timestamp>,
        now: Timestamp,
        local: &TimeZone,
        paused: bool,
    ) -> Look {
        if paused || self.paused {
            let since = last_seen.filter(|seen| *seen < now);
            let missed = since.and_then(|seen| self.passed(seen, now, local, MissedReason::Paused));
            return Look {
                waits: Vec::new(),
                missed: missed.into_iter().collect(),
                seen: now,
            };
        }
        let due = self.due(last_seen, now, local);
        let on_time = before(now, ON_TIME);
        let waits = due.run.into_iter().map(|time| WaitingTime {
            time,
            caught_up: time < on_time,
        });
        Look {
            waits: waits.collect(),
            missed: due.missed,
            seen: due.seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Catchup, Count, Every, Rule, Zone};

    fn hourly(catchup: Catchup) -> Schedule {
        let every = Every::new(Duration::from_secs(3_600), None).unwrap();
        Schedule {
            catchup,
            ..Schedule::new(Rule::Every(every), Zone::Local)
        }
    }

    fn at(hours: i64, seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + hours * 3_600 + seconds).unwrap()
    }

    #[test]
    fn what_is_found_long_after_is_told_from_what_is_on_time() {
        let look = hourly(Catchup::All).look(Some(at(0, 5)), at(3, 5), &TimeZone::UTC, false);
        let found: Vec<_> = look
            .waits
            .iter()
            .map(|one| (one.time, one.caught_up))
            .collect();
        assert_eq!(
            found,
            [(at(1, 0), true), (at(2, 0), true), (at(3, 0), false)]
        );
        assert_eq!(look.seen, at(3, 5));
    }

    #[test]
    fn a_paused_schedule_s_times_are_missed() {
        let mut schedule = hourly(Catchup::All);
        let here = schedule.look(Some(at(0, 5)), at(3, 5), &TimeZone::UTC, true);
        schedule.paused = true;
        let look = schedule.look(Some(at(0, 5)), at(3, 5), &TimeZone::UTC, false);
        assert_eq!(look, here);
        assert_eq!(look.waits, []);
        let [missed] = look.missed.as_slice() else {
            panic!("{look:?}");
        };
        assert_eq!(
            (missed.count, missed.reason),
            (Count::Exactly(3), MissedReason::Paused)
        );
        for nothing in [
            schedule.look(None, at(3, 5), &TimeZone::UTC, false),
            schedule.look(Some(at(4, 0)), at(3, 5), &TimeZone::UTC, false),
        ] {
            assert_eq!((nothing.missed, nothing.seen), (Vec::new(), at(3, 5)));
        }
    }

    #[test]
    fn times_are_dealt_with_from_where_they_were() {
        let known = |gone_at| {
            Some(Known {
                seen: at(1, 0),
                recorded: None,
                gone_at,
            })
        };
        let now = at(9, 0);
        for (known, here, enabled_at, expected) in [
            (None, Some(at(2, 0)), None, None),
            (known(None), None, None, Some(at(1, 0))),
            (known(None), Some(at(2, 0)), None, Some(at(2, 0))),
            (known(None), Some(at(2, 0)), Some(at(3, 0)), Some(at(3, 0))),
            (known(None), None, Some(at(10, 0)), Some(at(1, 0))),
            (known(Some(at(8, 3_590))), None, None, Some(at(1, 0))),
            (known(Some(at(8, 0))), Some(at(2, 0)), None, None),
        ] {
            let found = last_seen(known, here, enabled_at, now);
            assert_eq!(found, expected, "{known:?} {here:?} {enabled_at:?}");
        }
        let set_back = Known {
            seen: at(1, 0),
            recorded: Some(at(5, 0)),
            gone_at: None,
        };
        assert_eq!(last_seen(Some(set_back), None, None, now), Some(at(5, 0)));
    }
}
