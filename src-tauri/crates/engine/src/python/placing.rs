//! Which worker gets which task, and when one more worker is worth its start.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{
    live::{Job, Live},
    messages,
    task::Part,
};
use crate::process::{Environment, Exit};

/// How often a worker may be killed before it is there, in a row.
const FAILED_STARTS: u32 = 3;

/// Tasks that take less are queued in a worker ahead of time.
const SHORT: Duration = Duration::from_millis(2);

/// As many as take about so long are queued.
const QUEUED: Duration = Duration::from_millis(4);

/// The most that are queued.
const DEEPEST: u32 = 32;

/// Work that is worth another worker: what starting it costs.
const WORTH_STARTING: Duration = Duration::from_millis(30);

/// A task that takes longer no longer holds others up.
pub(super) const LONG: Duration = Duration::from_millis(5);

/// What a run's workers do, and what waits for them.
#[derive(Default)]
pub(super) struct State {
    /// Handed to no worker, by interpreter, oldest first.
    pub(super) lanes: BTreeMap<PathBuf, VecDeque<Job>>,
    pub(super) workers: Vec<Live>,
    pub(super) next_job: u64,
    pub(super) next_worker: u64,
    /// How long a task takes, as a moving average.
    pub(super) typical: Option<Duration>,
    /// Workers that were killed before they were there, in a row.
    pub(super) failed_starts: u32,
    /// Someone looks after long tasks.
    pub(super) ticking: bool,
    pub(super) closing: bool,
    /// The environment that came last, encoded.
    pub(super) environment: Option<(Environment, Part)>,
    pub(super) attendants: Vec<JoinHandle<()>>,
}

impl State {
    pub(super) fn find(&mut self, worker: u64) -> Option<&mut Live> {
        self.workers.iter_mut().find(|live| live.number == worker)
    }

    /// The environment as a part whose number is its content's.
    pub(super) fn encode(&mut self, environment: &Environment) -> Part {
        if let Some((last, part)) = &self.environment
            && Arc::ptr_eq(last, environment)
        {
            return part.clone();
        }
        let bytes = messages::encode_environment(environment);
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let part = Part {
            number: hasher.finish() | (1 << 63),
            bytes: Arc::new(bytes),
        };
        self.environment = Some((Arc::clone(environment), part.clone()));
        part
    }

    /// Tasks that are not running yet.
    pub(super) fn backlog(&self) -> usize {
        let queued = self
            .workers
            .iter()
            .map(|live| live.load().saturating_sub(1));
        let waiting = self.lanes.values().map(VecDeque::len);
        waiting.sum::<usize>() + queued.sum::<usize>()
    }

    pub(super) fn put_back(&mut self, jobs: Vec<Job>) {
        for job in jobs.into_iter().rev() {
            self.lane(&job.task.interpreter.clone()).push_front(job);
        }
    }

    pub(super) fn learn(&mut self, took: Duration) {
        self.typical = Some(match self.typical {
            Some(before) => (before * 3 + took) / 4,
            None => took,
        });
    }

    /// How many tasks a worker is to have at once.
    fn depth(&self, live: &Live) -> usize {
        match self.typical {
            Some(typical)
                if typical < SHORT && (live.load() == 0 || live.began.elapsed() < LONG) =>
            {
                let fit = QUEUED.as_nanos() / typical.as_nanos().max(1);
                fit.clamp(2, DEEPEST.into()) as usize
            }
            _ => 1,
        }
    }

    /// The least loaded worker that may have one more task of this interpreter.
    fn best(&self, interpreter: &Path) -> Option<usize> {
        let of_it =
            |live: &Live| !live.leaving && !live.isolated && live.interpreter == interpreter;
        let any_ready = self.workers.iter().any(|live| live.ready && of_it(live));
        let mut best: Option<(usize, usize)> = None;
        for (place, live) in self.workers.iter().enumerate() {
            // One that starts takes longer to begin than one that is there to end.
            let fits = of_it(live) && (live.ready || !any_ready);
            let load = live.load();
            if fits && load < self.depth(live) && best.is_none_or(|(least, _)| load < least) {
                best = Some((load, place));
            }
        }
        best.map(|(_, place)| place)
    }

    /// Hands waiting jobs to the workers that have room.
    pub(super) fn assign(&mut self) {
        let mut lanes = std::mem::take(&mut self.lanes);
        for (interpreter, waiting) in &mut lanes {
            while let Some(job) = waiting.pop_front() {
                let best = self.best(interpreter);
                let refused = match best.and_then(|place| self.workers.get_mut(place)) {
                    Some(live) => live.hand(job).err(),
                    None => Some(Box::new(job)),
                };
                if let Some(job) = refused {
                    waiting.push_front(*job);
                    break;
                }
            }
        }
        self.lanes = lanes;
    }

    /// The interpreter that one more worker is worth starting of.
    pub(super) fn wants_worker(&mut self, limit: usize) -> Option<PathBuf> {
        let lane = self.lanes.iter().find(|lane| self.is_worth(lane.0, lane.1));
        let interpreter = lane?.0.clone();
        let shared = |live: &&mut Live| !live.isolated && !live.leaving;
        if self.workers.iter_mut().filter(shared).count() < limit {
            return Some(interpreter);
        }
        // An idle one of another interpreter makes room.
        let idle = self
            .workers
            .iter_mut()
            .filter(shared)
            .find(|live| live.load() == 0 && live.interpreter != interpreter)?;
        idle.dismiss();
        Some(interpreter)
    }

    fn is_worth(&self, interpreter: &Path, waiting: &VecDeque<Job>) -> bool {
        let waiting = waiting.len();
        let of_lane = || {
            self.workers
                .iter()
                .filter(|live| live.interpreter == interpreter && !live.isolated && !live.leaving)
        };
        if waiting == 0 || of_lane().next().is_none() {
            return waiting > 0;
        }
        let starting = of_lane().filter(|live| !live.ready).count();
        let longest = of_lane()
            .filter(|live| live.ready && live.load() > 0)
            .map(|live| live.began.elapsed())
            .max();
        match self.typical {
            Some(typical) if typical >= SHORT => waiting > starting,
            _ if starting > 0 => false,
            Some(typical) if longest.is_none_or(|longest| longest < LONG) => {
                // Fits: queues are bounded.
                typical * (self.backlog() as u32) > WORTH_STARTING
            }
            Some(_) | None => longest.is_some_and(|longest| longest >= LONG * 2),
        }
    }

    /// Takes back what waits behind a long task, or what another could do.
    pub(super) fn free_held_up(&mut self) {
        let idle: Vec<PathBuf> = self
            .workers
            .iter()
            .filter(|live| live.ready && !live.leaving && live.load() == 0)
            .map(|live| live.interpreter.clone())
            .collect();
        let mut back = Vec::new();
        for live in &mut self.workers {
            let held_up = live.load() > 1 && live.began.elapsed() >= LONG;
            let shareable = live.load() > 2 && idle.contains(&live.interpreter);
            if live.ready && (held_up || shareable) {
                back.append(&mut live.take_back());
            }
        }
        self.put_back(back);
    }

    /// Whether an interpreter that ended like this before it was there is not
    /// worth another try: it ended by itself, or was killed time and again.
    pub(super) fn is_hopeless(&mut self, exit: Exit) -> bool {
        self.failed_starts += 1;
        matches!(exit, Exit::Code(_)) || self.failed_starts >= FAILED_STARTS
    }

    /// What waits for an interpreter, oldest first.
    pub(super) fn lane(&mut self, interpreter: &Path) -> &mut VecDeque<Job> {
        self.lanes.entry(interpreter.to_owned()).or_default()
    }
}
