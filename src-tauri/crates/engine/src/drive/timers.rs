//! When a run wants to be told of what, by the wall clock.
//!
//! Timers that count on a machine that is awake stop while a laptop sleeps, and
//! the wall clock may be set. So times are compared, at every short tick; and
//! where the clock was set back, what was to come after a while still comes
//! after that while, and what was to come at a time waits for that time.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

/// The longest time between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// How much less the wall clock must have advanced than it should for it to
/// count as set back.
const SET_BACK: SignedDuration = SignedDuration::from_secs(2);

/// How a timer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// After a while.
    After,
    /// At a time.
    At,
}

/// Timers of one run; setting one again replaces it.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeSet<(Timestamp, T)>,
    set: HashMap<T, Set>,
    seen: (Timestamp, Instant),
}

/// A timer that is set.
#[derive(Clone, Copy, Debug)]
struct Set {
    /// The time that was asked for.
    asked: Timestamp,
    /// That time on the clock as it goes now.
    due: Timestamp,
    counting: Counting,
}

impl<T: Copy + Eq + Ord + Hash> Timers<T> {
    /// None yet.
    pub(crate) fn new(wall: Timestamp, steady: Instant) -> Self {
        Self {
            due: BTreeSet::new(),
            set: HashMap::new(),
            seen: (wall, steady),
        }
    }

    /// Sets a timer.
    pub(crate) fn set(&mut self, timer: T, due: Timestamp, counting: Counting) {
        let asked = due;
        self.put(
            timer,
            Set {
                asked,
                due,
                counting,
            },
        );
    }

    fn put(&mut self, timer: T, set: Set) {
        if let Some(before) = self.set.insert(timer, set) {
            self.due.remove(&(before.due, timer));
        }
        self.due.insert((set.due, timer));
    }

    /// How long to wait before [`Timers::take_due`]; `None`: no timer is set.
    pub(crate) fn wait(&self, wall: Timestamp) -> Option<Duration> {
        let (due, _) = self.due.first()?;
        let left = due.duration_since(wall).max(SignedDuration::ZERO);
        Some(left.unsigned_abs().min(TICK))
    }

    /// Takes out the next timer whose time has come, and gives the time that was
    /// asked for: later than `wall` where the clock was set back meanwhile.
    pub(crate) fn take_due(&mut self, wall: Timestamp, steady: Instant) -> Option<(T, Timestamp)> {
        self.look(wall, steady);
        let &(due, timer) = self.due.first()?;
        if due > wall {
            return None;
        }
        self.due.remove(&(due, timer));
        let set = self.set.remove(&timer)?;
        Some((timer, set.asked))
    }

    /// Compares the clocks, and moves what counts a while if the wall clock was set back.
    fn look(&mut self, wall: Timestamp, steady: Instant) {
        let (wall_before, steady_before) = self.seen;
        self.seen = (wall, steady);
        let passed = SignedDuration::try_from(steady.saturating_duration_since(steady_before))
            .unwrap_or(SignedDuration::MAX);
        let back = passed.saturating_sub(wall.duration_since(wall_before));
        if back < SET_BACK {
            return;
        }
        let moving: Vec<_> = self
            .set
            .iter()
            .filter(|(_, set)| set.counting == Counting::After)
            .map(|(&timer, &set)| (timer, set))
            .collect();
        for (timer, set) in moving {
            // Only a time near the calendar's end cannot be moved: it stays.
            let due = set.due.checked_sub(back).unwrap_or(set.due);
            self.put(timer, Set { due, ..set });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clock {
        wall: Timestamp,
        steady: Instant,
    }

    impl Clock {
        fn new() -> Self {
            Self {
                wall: "2026-03-01T12:00:00Z".parse().unwrap(),
                steady: Instant::now(),
            }
        }

        fn after(&self, steady: u64, wall: i64) -> (Timestamp, Instant) {
            (
                self.wall + SignedDuration::from_secs(wall),
                self.steady + Duration::from_secs(steady),
            )
        }
    }

    fn check(counting: Counting, steady: u64, wall: i64, expected: bool) {
        let clock = Clock::new();
        let mut timers = Timers::new(clock.wall, clock.steady);
        timers.set(1, clock.wall + SignedDuration::from_secs(60), counting);
        let (wall, steady) = clock.after(steady, wall);
        assert_eq!(timers.take_due(wall, steady).is_some(), expected);
    }

    #[test]
    fn timers_come_when_their_time_has_come() {
        check(Counting::After, 59, 59, false);
        check(Counting::After, 60, 60, true);
        check(Counting::At, 60, 60, true);
    }

    #[test]
    fn the_clock_set_back_delays_only_what_waits_for_a_time() {
        check(Counting::After, 60, -3_540, true);
        check(Counting::After, 59, -3_541, false);
        check(Counting::At, 60, -3_540, false);
    }

    #[test]
    fn a_sleep_counts() {
        check(Counting::After, 1, 3_600, true);
        check(Counting::At, 1, 3_600, true);
    }

    #[test]
    fn setting_again_replaces_and_waits_are_short() {
        let clock = Clock::new();
        let mut timers = Timers::new(clock.wall, clock.steady);
        assert_eq!(timers.wait(clock.wall), None);
        timers.set(1, clock.wall + SignedDuration::from_secs(60), Counting::At);
        assert_eq!(timers.wait(clock.wall), Some(TICK));
        timers.set(1, clock.wall + SignedDuration::from_millis(5), Counting::At);
        assert_eq!(timers.wait(clock.wall), Some(Duration::from_millis(5)));
        let (wall, steady) = clock.after(1, 1);
        let asked = clock.wall + SignedDuration::from_millis(5);
        assert_eq!(timers.take_due(wall, steady), Some((1, asked)));
        assert_eq!(timers.take_due(wall, steady), None);
    }
}
