//! What is done now about the times of a schedule that wait. Decides; starts nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::catchup::ON_TIME;
use crate::{Active, Admission, Catchup, Schedule, WaitingTime};

/// At most so many times of a schedule wait.
const QUEUE: usize = 1_000;

/// What holds all runs of a schedule back at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// What its `only_if` asks for does not hold; it is waited for as long as
    /// `wait_up_to` says.
    Condition,
    /// What its `only_if` asks for cannot be told here: it is not waited for.
    Unknown,
    /// Its flow cannot be run as its file is now.
    Broken,
}

/// What is done about one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its run starts now, once those that go on are cancelled, if they are to be.
    Start {
        /// Whether they are.
        cancels: bool,
    },
    /// It waits.
    Wait {
        /// Until when it surely does; `None`: until something else happens.
        until: Option<Timestamp>,
        /// What holds it back; `None`: the clock, or runs of the same schedule.
        held: Option<Held>,
    },
    /// It is not run any more.
    Miss(NotStarted),
}

/// Why a time that waited is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotStarted {
    /// A run of the same schedule had not ended (`overlap: skip`).
    Overlap,
    /// A newer time took its place (`overlap: cancel_running`).
    Replaced,
    /// Too many wait already.
    Limit,
    /// It waited for longer than `catchup_within`.
    TooOld,
    /// The schedule was paused before it started.
    Paused,
    /// What `only_if` asks for did not hold in time.
    Condition,
    /// What `only_if` asks for cannot be told here.
    Unknown,
}

impl Schedule {
    /// Decides on the times that wait, oldest first, given how many runs of the schedule
    /// have not ended: a step for each.
    ///
    /// Times that are caught up run one at a time, whatever `overlap` says, so that a long
    /// sleep is followed by no flood; with `catchup: all`, those that come meanwhile line
    /// up behind them. A time that could not start within `catchup_within` is given up.
    #[must_use]
    pub fn steps(
        &self,
        waiting: &[WaitingTime],
        running: usize,
        now: Timestamp,
        seed: u64,
        paused: bool,
        held: Option<Held>,
    ) -> Vec<Step> {
        let mut line = Line {
            schedule: self,
            running,
            ready: Vec::new(),
            backlog: false,
            kept: 0,
            steps: Vec::with_capacity(waiting.len()),
        };
        for one in waiting {
            let step = match paused || self.paused {
                true => Step::Miss(NotStarted::Paused),
                false => line.step(*one, now, seed, held),
            };
            line.push(step);
        }
        line.steps
    }

    /// When a time's run is to start: its time, and the delay that spreads runs out.
    #[must_use]
    pub fn starts_at(&self, time: Timestamp, seed: u64) -> Timestamp {
        after(time, self.jitter_delay(time, seed))
    }
}

/// The times of a schedule that wait, while they are decided on one after another.
struct Line<'s> {
    schedule: &'s Schedule,
    /// Runs that go on, or that are started now.
    running: usize,
    /// Those that could start but for others: where they stand among the steps.
    ready: Vec<usize>,
    /// Whether times that are caught up are among them, or start now.
    backlog: bool,
    /// How many wait.
    kept: usize,
    steps: Vec<Step>,
}

impl Line<'_> {
    fn step(&mut self, one: WaitingTime, now: Timestamp, seed: u64, held: Option<Held>) -> Step {
        let starts_at = self.schedule.starts_at(one.time, seed);
        if now < starts_at {
            return Step::Wait {
                until: Some(starts_at),
                held: None,
            };
        }
        let patience = self.schedule.catchup_within.max(ON_TIME);
        if after(starts_at, patience) < now {
            return Step::Miss(NotStarted::TooOld);
        }
        if let Some(held) = held {
            return self.hold(one, starts_at, now, held);
        }
        self.admit(one)
    }

    /// A time whose runs are held back: what comes meanwhile still finds it there.
    fn hold(&mut self, one: WaitingTime, starts_at: Timestamp, now: Timestamp, held: Held) -> Step {
        let wait_up_to = self.schedule.wait_up_to.unwrap_or_default();
        let until = match held {
            Held::Unknown => return Step::Miss(NotStarted::Unknown),
            Held::Broken => None,
            Held::Condition if wait_up_to.is_zero() || after(starts_at, wait_up_to) < now => {
                return Step::Miss(NotStarted::Condition);
            }
            Held::Condition => Some(after(starts_at, wait_up_to)),
        };
        match self.admit(one) {
            Step::Miss(why) => Step::Miss(why),
            Step::Start { .. } => {
                // It has the place that it would have, and does not start.
                self.running = self.running.saturating_sub(1);
                self.ready.push(self.steps.len());
                Step::Wait {
                    until,
                    held: Some(held),
                }
            }
            Step::Wait { .. } => Step::Wait {
                until,
                held: Some(held),
            },
        }
    }

    /// A time that may start but for others of its schedule.
    fn admit(&mut self, one: WaitingTime) -> Step {
        let active = Active {
            running: self.running,
            queued: self.ready.len(),
        };
        let in_line = one.caught_up || (self.backlog && self.schedule.catchup == Catchup::All);
        let admission = match (in_line, active == Active::default()) {
            (true, true) => Admission::Start,
            (true, false) => Admission::Queue,
            (false, _) => self.schedule.overlap.admit(active),
        };
        self.backlog |= in_line;
        match admission {
            Admission::Start => self.start(false),
            Admission::Skip => Step::Miss(NotStarted::Overlap),
            Admission::Queue => {
                self.ready.push(self.steps.len());
                Step::Wait {
                    until: None,
                    held: None,
                }
            }
            Admission::CancelAndStart => {
                for place in self.ready.drain(..) {
                    if let Some(step) = self.steps.get_mut(place) {
                        *step = Step::Miss(NotStarted::Replaced);
                        self.kept = self.kept.saturating_sub(1);
                    }
                }
                self.start(true)
            }
        }
    }

    fn start(&mut self, cancels: bool) -> Step {
        if cancels {
            // Those that were to start in this very moment give way to this one.
            for step in &mut self.steps {
                if matches!(step, Step::Start { .. }) {
                    *step = Step::Miss(NotStarted::Replaced);
                }
            }
            self.running = 0;
        }
        self.running += 1;
        Step::Start { cancels }
    }

    fn push(&mut self, step: Step) {
        let step = match step {
            Step::Wait { .. } if self.kept == QUEUE => {
                self.ready.retain(|place| *place != self.steps.len());
                Step::Miss(NotStarted::Limit)
            }
            Step::Wait { .. } => {
                self.kept += 1;
                step
            }
            other => other,
        };
        self.steps.push(step);
    }
}

/// The instant so long after another, or the calendar's last.
fn after(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
