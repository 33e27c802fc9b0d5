//! What becomes of the times that passed since a schedule was last looked at. Decides; runs nothing.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Schedule, Times};

/// A time that passed no longer ago than this is on time: a look is never quite in time, and a machine that
/// wakes in that minute need not catch anything up.
pub(crate) const ON_TIME: Duration = Duration::from_secs(60);
/// At most so many runs come out of one look; the next look goes on from there.
const BATCH: usize = 1_000;
/// Missed times of a cron or rrule are counted one by one, up to here.
const COUNTED: u64 = 10_000;
const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);

/// Which of the times that passed while the machine slept or was off still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Catchup {
    /// None of them (`none`).
    None,
    /// The newest (`latest`).
    #[default]
    Latest,
    /// All of them, oldest first (`all`).
    All,
}

impl Catchup {
    /// Every policy with its word in the flow file.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("latest", Self::Latest),
        ("all", Self::All),
    ];
}

/// What one look at a schedule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The times to run, oldest first; at most a thousand.
    pub run: Vec<Timestamp>,
    /// The times that do not run any more, oldest first.
    pub missed: Vec<Missed>,
    /// Up to where times are dealt with: what the next look takes as `last_seen`. It is the present instant,
    /// or, when more than a thousand times are to run, the last of `run`; then look again at once.
    pub seen: Timestamp,
}

/// A row of times that do not run, none between them that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The oldest of them.
    pub first: Timestamp,
    /// The newest of them.
    pub last: Timestamp,
    /// How many they are.
    pub count: Count,
    /// Why they do not run.
    pub reason: MissedReason,
}

/// How many times a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// So many or more: counting stopped there.
    AtLeast(u64),
}

/// Why a time that passed does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MissedReason {
    /// The schedule catches nothing up (`catchup: none`).
    CatchupOff,
    /// A newer one runs in its place (`catchup: latest`).
    Superseded,
    /// It is older than `catchup_within`.
    TooOld,
    /// The schedule was paused.
    Paused,
}

impl Schedule {
    /// Decides on the times after `last_seen` and at or before `now`.
    ///
    /// `last_seen` is the [`Due::seen`] of the look before; `None` for a schedule that is seen for the first
    /// time, which never catches up. While it is paused, times pass without being run or missed. If the oldest
    /// of the times is at most a minute old, nobody was away and all of them run. Else the machine slept:
    /// [`Schedule::catchup`] decides, and whatever it says, a newest time of at most a minute runs. `catchup:
    /// latest` runs one time for all, the newest.
    ///
    /// A clock that was set back (`now` before `last_seen`) gives nothing to do, and `seen` goes back with it,
    /// so that a clock that was wrong by a year does not silence a schedule for one. Times that come again so
    /// are told apart by whoever records them: a scheduled time of a schedule runs once.
    ///
    /// The work is bounded whatever the span: at most a thousand runs, two rows of missed times.
    #[must_use]
    pub fn due(&self, last_seen: Option<Timestamp>, now: Timestamp, local: &TimeZone) -> Due {
        let nothing = Due {
            run: Vec::new(),
            missed: Vec::new(),
            seen: now,
        };
        let Some(last_seen) = last_seen.filter(|seen| *seen < now && !self.paused) else {
            return nothing;
        };
        let span = Span {
            times: self.times_after(last_seen, local),
            after: last_seen,
            now,
        };
        let Some(first) = span
            .times
            .first_after(last_seen)
            .filter(|first| *first <= now)
        else {
            return nothing;
        };
        let on_time = before(now, ON_TIME);
        if first >= on_time {
            return span.run_from(first, Vec::new());
        }
        let oldest_caught_up = before(now, self.catchup_within).min(on_time);
        match self.catchup {
            Catchup::None => span.run_newest(first, on_time, [MissedReason::CatchupOff; 2]),
            Catchup::Latest => span.run_newest(
                first,
                oldest_caught_up,
                [MissedReason::Superseded, MissedReason::TooOld],
            ),
            Catchup::All => span.run_all(oldest_caught_up),
        }
    }
}

impl Schedule {
    /// The times after `last_seen` and at or before `now`, all of them missed, as they are
    /// while it is paused; none if there are none.
    #[must_use]
    pub fn passed(
        &self,
        last_seen: Timestamp,
        now: Timestamp,
        local: &TimeZone,
        reason: MissedReason,
    ) -> Option<Missed> {
        let span = Span {
            times: self.times_after(last_seen, local),
            after: last_seen,
            now,
        };
        span.missed(now, reason)
    }
}

/// The times after one instant and at or before another.
struct Span<'s> {
    times: Times<'s>,
    after: Timestamp,
    now: Timestamp,
}

impl Span<'_> {
    /// Runs the newest time if it is not before `not_before`; misses the others, for the first reason if it
    /// runs, for the second if it does not.
    fn run_newest(
        &self,
        first: Timestamp,
        not_before: Timestamp,
        reasons: [MissedReason; 2],
    ) -> Due {
        let newest = self.newest(first, self.now);
        let [beside_it, with_it] = reasons;
        if newest < not_before {
            return Due {
                run: Vec::new(),
                missed: self.missed(self.now, with_it).into_iter().collect(),
                seen: self.now,
            };
        }
        Due {
            run: vec![newest],
            missed: self
                .missed(just_before(newest), beside_it)
                .into_iter()
                .collect(),
            seen: self.now,
        }
    }

    /// Runs all times from `oldest` on; those before it are too old.
    fn run_all(&self, oldest: Timestamp) -> Due {
        let before = just_before(oldest);
        let missed = self
            .missed(before, MissedReason::TooOld)
            .into_iter()
            .collect();
        match self.times.first_after(before.max(self.after)) {
            Some(first) if first <= self.now => self.run_from(first, missed),
            _ => Due {
                run: Vec::new(),
                missed,
                seen: self.now,
            },
        }
    }

    /// Runs the times from `first`, which is one of them, on, as many as one look may.
    fn run_from(&self, first: Timestamp, missed: Vec<Missed>) -> Due {
        let mut run = vec![first];
        let mut newest = first;
        while let Some(time) = self
            .times
            .first_after(newest)
            .filter(|time| *time <= self.now)
        {
            if run.len() == BATCH {
                return Due {
                    run,
                    missed,
                    seen: newest,
                };
            }
            run.push(time);
            newest = time;
        }
        Due {
            run,
            missed,
            seen: self.now,
        }
    }

    /// The times of the span at or before `until`, as missed; none if there are none.
    fn missed(&self, until: Timestamp, reason: MissedReason) -> Option<Missed> {
        let first = self
            .times
            .first_after(self.after)
            .filter(|first| *first <= until)?;
        Some(Missed {
            first,
            last: self.newest(first, until),
            count: self.count(until),
            reason,
        })
    }

    /// The newest time at or before `until`, given an older or equal one, by halving what lies between.
    fn newest(&self, known: Timestamp, until: Timestamp) -> Timestamp {
        let (mut newest, mut end) = (known, until);
        while let Some(next) = self.times.first_after(newest).filter(|next| *next <= end) {
            newest = next;
            let middle = middle(newest, end);
            match self.times.first_after(middle).filter(|time| *time <= end) {
                Some(later) => newest = later,
                None => end = middle,
            }
        }
        newest
    }

    fn count(&self, until: Timestamp) -> Count {
        if let Some(count) = self.times.count_at_once(self.after, until) {
            return Count::Exactly(count);
        }
        let mut counted = 0;
        let mut newest = self.after;
        while let Some(time) = self.times.first_after(newest).filter(|time| *time <= until) {
            if counted == COUNTED {
                return Count::AtLeast(COUNTED);
            }
            counted += 1;
            newest = time;
        }
        Count::Exactly(counted)
    }
}

/// The instant so long before another, or the calendar's first.
pub(crate) fn before(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

fn just_before(instant: Timestamp) -> Timestamp {
    instant.checked_sub(NANOSECOND).unwrap_or(Timestamp::MIN)
}

fn middle(left: Timestamp, right: Timestamp) -> Timestamp {
    let sum = left.as_nanosecond() + right.as_nanosecond();
    // The middle of two instants is one.
    Timestamp::from_nanosecond(sum.div_euclid(2)).unwrap_or(left)
}

#[cfg(test)]
mod tests;
