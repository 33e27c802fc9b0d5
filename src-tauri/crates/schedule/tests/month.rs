//! Months of a schedule's life, seed by seed: sleeps, ends of the process at any point,
//! edits, pauses, a clock that is set, runs of any length. Whatever happens, each time of
//! it is recorded once: with one run, or with a reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidemill_schedule::{
    Catchup, Count, Cron, Every, Known, Overlap, Rule, Schedule, Step, WaitingTime, Zone, last_seen,
};

/// A generator that a seed decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn seconds(&mut self, from: u64, to: u64) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(from + self.below(to - from)).unwrap())
    }
}

/// What became of times.
#[derive(Debug, PartialEq)]
enum Row {
    Waits { caught_up: bool },
    Run { ends: Timestamp },
    Missed { last: Timestamp, count: u64 },
}

/// What survives the process.
#[derive(Default)]
struct Disk {
    known: Option<Known>,
    rows: BTreeMap<Timestamp, Row>,
}

impl Disk {
    /// What is written of the schedule, as it is read now.
    fn known(&self, now: Timestamp) -> Option<Known> {
        let newest = self.rows.range(..=now).next_back();
        let recorded = newest.map(|(time, row)| match row {
            Row::Missed { last, .. } => *last,
            Row::Waits { .. } | Row::Run { .. } => *time,
        });
        self.known.map(|known| Known { recorded, ..known })
    }

    fn is_recorded(&self, time: Timestamp) -> bool {
        let row = self.rows.range(..=time).next_back();
        row.is_some_and(|(first, row)| match row {
            Row::Missed { last, .. } => time <= *last,
            Row::Waits { .. } | Row::Run { .. } => *first == time,
        })
    }
}

struct World {
    chance: Chance,
    now: Timestamp,
    schedule: Schedule,
    disk: Disk,
    /// What the process remembers; gone with it.
    here: Option<Timestamp>,
    /// The times that the schedule had, while it was there.
    wanted: BTreeSet<Timestamp>,
    started: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let rule = match chance.below(3) {
            0 => Rule::Cron(Cron::parse("*/7 * * * *").unwrap()),
            1 => Rule::Cron(Cron::parse("30 2,14 * * *").unwrap()),
            _ => Rule::Every(Every::new(std::time::Duration::from_secs(900), None).unwrap()),
        };
        let schedule = Schedule::new(rule, Zone::parse("Europe/Berlin").unwrap());
        Self {
            chance,
            // Both changes of the clocks are near.
            now: "2026-03-15T00:00:00Z".parse().unwrap(),
            schedule,
            disk: Disk::default(),
            here: None,
            wanted: BTreeSet::new(),
            started: 0,
        }
    }

    fn edit(&mut self) {
        let schedule = &mut self.schedule;
        schedule.catchup = Catchup::WORDS[usize::try_from(self.chance.below(3)).unwrap()].1;
        schedule.overlap = Overlap::WORDS[usize::try_from(self.chance.below(4)).unwrap()].1;
        schedule.paused = self.chance.one_in(4);
        schedule.jitter = std::time::Duration::from_secs(self.chance.below(3) * 90);
        schedule.catchup_within =
            std::time::Duration::from_secs(3_600 * (1 + self.chance.below(48)));
    }

    /// Lets time pass; the schedule is there meanwhile.
    fn pass(&mut self, length: SignedDuration) {
        let until = self.now + length;
        if self.disk.known.is_some() {
            let local = TimeZone::UTC;
            let times = self.schedule.times_after(self.now, &local);
            self.wanted.extend(times.take_while(|time| *time <= until));
        }
        self.now = until;
    }

    /// A look, which the process may not outlive.
    fn look(&mut self) {
        let local = TimeZone::UTC;
        loop {
            let last = last_seen(self.disk.known(self.now), self.here, None, self.now);
            let look = self.schedule.look(last, self.now, &local, false);
            if self.dies() {
                return;
            }
            let seen = look.seen;
            for one in look.waits {
                let is_new = !self.disk.is_recorded(one.time);
                assert!(is_new, "{} is dealt with twice", one.time);
                let caught_up = one.caught_up;
                self.disk.rows.insert(one.time, Row::Waits { caught_up });
            }
            for missed in look.missed {
                let Count::Exactly(count) = missed.count else {
                    panic!("{missed:?}");
                };
                assert!(!self.disk.is_recorded(missed.first));
                let last = missed.last;
                self.disk
                    .rows
                    .insert(missed.first, Row::Missed { last, count });
            }
            self.disk.known = Some(Known {
                seen,
                recorded: None,
                gone_at: None,
            });
            self.here = Some(seen);
            if self.dies() {
                return;
            }
            if seen == self.now {
                break;
            }
        }
        self.carry_out();
    }

    fn carry_out(&mut self) {
        let waiting: Vec<WaitingTime> = self
            .disk
            .rows
            .iter()
            .filter_map(|(time, row)| match row {
                Row::Waits { caught_up } => Some(WaitingTime {
                    time: *time,
                    caught_up: *caught_up,
                }),
                _ => None,
            })
            .collect();
        let now = self.now;
        let goes_on = |row: &&Row| matches!(row, Row::Run { ends } if *ends > now);
        let running = self.disk.rows.values().filter(goes_on).count();
        let steps = self.schedule.steps(&waiting, running, now, 7, false, None);
        let mut starts = 0;
        for (one, step) in waiting.iter().zip(steps) {
            if self.dies() {
                return;
            }
            match step {
                Step::Wait { .. } => {}
                Step::Miss(_) => {
                    let missed = Row::Missed {
                        last: one.time,
                        count: 1,
                    };
                    self.disk.rows.insert(one.time, missed);
                }
                Step::Start { cancels } => {
                    assert!(one.time <= now, "before its time");
                    if cancels {
                        self.cancel();
                    }
                    starts += 1;
                    self.started += 1;
                    let ends = now + self.chance.seconds(1, 3_000);
                    self.disk.rows.insert(one.time, Row::Run { ends });
                }
            }
        }
        let floods = starts > 1 && self.schedule.overlap != Overlap::Allow;
        assert!(!floods, "{starts} at once");
    }

    fn cancel(&mut self) {
        for row in self.disk.rows.values_mut() {
            if let Row::Run { ends } = row {
                *ends = (*ends).min(self.now);
            }
        }
    }

    /// Whether the process ends here, as it may anywhere.
    fn dies(&mut self) -> bool {
        let dies = self.chance.one_in(300);
        if dies {
            self.here = None;
        }
        dies
    }

    fn live(mut self) {
        let begin = self.now;
        let end = begin + SignedDuration::from_hours(31 * 24);
        while self.now < end {
            self.look();
            let length = match self.chance.below(60) {
                0 => self.chance.seconds(3_600, 200_000),
                1 => self.chance.seconds(60, 3_600),
                _ => self.chance.seconds(1, 240),
            };
            self.pass(length);
            if self.chance.one_in(50) {
                self.edit();
            }
            if self.chance.one_in(400) {
                // Before it was first seen, nothing is of it.
                let back = self.now - self.chance.seconds(1, 200_000);
                self.now = back.max(begin);
            }
        }
        self.pass(SignedDuration::from_secs(1));
        while self.here != Some(self.now) {
            self.look();
        }
        self.check();
    }

    /// Holds what is recorded against the times that there were.
    fn check(&self) {
        for time in &self.wanted {
            assert!(self.disk.is_recorded(*time), "{time} is lost");
        }
        let recorded: u64 = self
            .disk
            .rows
            .values()
            .map(|row| match row {
                Row::Missed { count, .. } => *count,
                Row::Waits { .. } | Row::Run { .. } => 1,
            })
            .sum();
        assert_eq!(recorded, u64::try_from(self.wanted.len()).unwrap());
        assert!(self.started > 0);
    }
}

#[test]
fn no_time_is_lost_and_none_comes_twice() {
    for seed in 0..24 {
        World::new(seed).live();
    }
}
