//! The scheduler: has runs started at the times of the schedules that may fire.
//!
//! A look compares the wall clock with how far each schedule was dealt with. What it finds
//! is recorded first, times that are to run as waiting; then what waits is started as the
//! schedule's `overlap`, `jitter` and `only_if` allow, each run in one transaction with its
//! time. Started and woken are the same look; whoever dies in it loses nothing, and nothing
//! comes twice.
//!
//! Not here: what is decided (`tidemill_schedule`), where flow files come from, and when it
//! is time to look again.

mod conditions;
mod reasons;
mod start;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tidemill_flow::{Flow, FlowSchedule};
use tidemill_orchestrate::RunId;
use tidemill_schedule::{Count, Held, Known, Missed, Step, WaitingTime, last_seen};
use tidemill_store::{
    DueReason, DueTime, MissedTimes, ScheduleLook, ScheduleOf, SeenSchedule, Steering, Store,
    StoreError, StoredDueTimes,
};

use crate::{
    engine::{Engine, blocking},
    error::EngineError,
    handle::RunHandle,
    request::LoadedFlow,
};
use reasons::{Away, held_back, not_started, passed, refused, removed};
use start::Order;

/// How far a schedule is dealt with is written down so often at least.
const WRITTEN: SignedDuration = SignedDuration::from_secs(60);

/// A schedule that no file has for so long is gone; a file that is replaced is back before.
const GONE: SignedDuration = SignedDuration::from_secs(60);

/// A folder whose schedules may fire on this machine.
#[derive(Clone, Debug)]
pub struct ScheduledWorkspace {
    /// Its path, as the store has it.
    pub path: String,
    /// Since when they may.
    pub enabled_at: Option<Timestamp>,
    /// Its flows; `None` where the folder cannot be read now, and nothing is known of it.
    pub flows: Option<Vec<ScheduledFlow>>,
    /// Names of flows whose schedules are not known now: their files have mistakes, and
    /// were never right since this process serves.
    pub unknown: Vec<String>,
}

/// A flow whose schedules may fire.
#[derive(Clone, Debug)]
pub struct ScheduledFlow {
    /// The flow whose schedules count: of a file with mistakes, as it was last right.
    pub flow: Arc<Flow>,
    /// What its runs are of; or why none can start, for people.
    pub loaded: Result<LoadedFlow, String>,
}

/// What came of a look.
#[derive(Debug, Default)]
pub struct Looked {
    /// The runs that were started.
    pub started: Vec<RunHandle>,
    /// When something is surely to be done next.
    pub next: Option<Timestamp>,
    /// Whether times wait: for the end of runs, say.
    pub waiting: bool,
}

impl Looked {
    fn note(&mut self, time: Timestamp) {
        self.next = Some(self.next.map_or(time, |next| next.min(time)));
    }
}

/// Has runs started at their schedules' times. One process of a home at a time has one.
pub struct Scheduler {
    engine: Engine,
    /// Up to where each schedule was dealt with here.
    here: HashMap<ScheduleOf, Timestamp>,
    /// What jitter is drawn from, other on each machine.
    seed: Option<u64>,
}

/// A schedule that may fire, with all that is known of it.
struct Live<'f> {
    of: ScheduleOf,
    flow: &'f ScheduledFlow,
    schedule: &'f FlowSchedule,
    paused: bool,
}

impl Scheduler {
    /// One for the runs of this engine.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            here: HashMap::new(),
            seed: None,
        }
    }

    /// Looks at every schedule of these workspaces, records what came of its times, and
    /// starts what is to start now.
    ///
    /// # Errors
    /// When the store refuses. What was not recorded is found by the next look.
    pub async fn look(&mut self, workspaces: &[ScheduledWorkspace]) -> Result<Looked, EngineError> {
        let now = Timestamp::now();
        let local = TimeZone::system();
        let (known, paused) = self
            .read(move |store| {
                let reader = store.reader()?;
                Ok((reader.schedules(now)?, reader.paused_flows()?))
            })
            .await?;
        let live = live(workspaces, &paused);
        let mut looked = Looked::default();
        self.record(workspaces, &known, &live, (now, &local))
            .await?;
        for one in &live {
            let mut after = one.schedule.schedule.times_after(now, &local);
            if let Some(next) = after.next().filter(|_| !one.schedule.schedule.paused) {
                looked.note(next);
            }
            if self.here.get(&one.of).is_some_and(|seen| *seen < now) {
                // There was more than one look takes.
                looked.note(now);
            }
        }
        self.carry_out(workspaces, &live, &mut looked).await?;
        Ok(looked)
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let store = Arc::clone(&self.engine.shared.store);
        blocking(move || Ok(read(&store)?)).await
    }

    /// Records the times that passed since the last look, and which schedules are gone.
    async fn record(
        &mut self,
        workspaces: &[ScheduledWorkspace],
        known: &[SeenSchedule],
        live: &[Live<'_>],
        (now, local): (Timestamp, &TimeZone),
    ) -> Result<(), EngineError> {
        let by_name: HashMap<&ScheduleOf, &SeenSchedule> =
            known.iter().map(|known| (&known.of, known)).collect();
        let enabled_at: HashMap<&str, Option<Timestamp>> = workspaces
            .iter()
            .map(|workspace| (workspace.path.as_str(), workspace.enabled_at))
            .collect();
        let mut seen = HashMap::new();
        let mut looks = Vec::new();
        for one in live {
            let known = by_name.get(&one.of).copied();
            let enabled_at = enabled_at.get(one.of.workspace.as_str()).copied().flatten();
            let here = self.here.get(&one.of).copied();
            let look = look_at(one, known, (here, enabled_at), (now, local));
            seen.insert(one.of.clone(), look.seen);
            if is_worth_writing(known, &look) {
                looks.push(look);
            }
        }
        let writer = self.engine.shared.store.writer();
        if !looks.is_empty() {
            writer.record_looks(looks, now).committed().await?;
        }
        // From here on it counts: before, the next look would have found it again.
        self.here = seen;
        let lost: Vec<i64> = known
            .iter()
            .filter(|known| known.gone_at.is_none() && is_read(workspaces, &known.of))
            .filter(|known| !self.here.contains_key(&known.of))
            .map(|known| known.key)
            .collect();
        if !lost.is_empty() {
            writer.lose_schedules(lost, now).committed().await?;
        }
        Ok(())
    }

    /// Starts what waits, or says why it does not.
    async fn carry_out(
        &mut self,
        workspaces: &[ScheduledWorkspace],
        live: &[Live<'_>],
        looked: &mut Looked,
    ) -> Result<(), EngineError> {
        let (waiting, known, running) = self
            .read(|store| {
                let reader = store.reader()?;
                let waiting = reader.waiting_times()?;
                let (known, running) = match waiting.is_empty() {
                    true => (Vec::new(), Vec::new()),
                    false => {
                        let now = Timestamp::now();
                        (reader.schedules(now)?, reader.unfinished_scheduled()?)
                    }
                };
                Ok((waiting, known, running))
            })
            .await?;
        if waiting.is_empty() {
            return Ok(());
        }
        looked.waiting = true;
        let mut by_schedule: BTreeMap<i64, Vec<StoredDueTimes>> = BTreeMap::new();
        for row in waiting {
            by_schedule.entry(row.schedule).or_default().push(row);
        }
        let mut said = Said::default();
        for (key, rows) in by_schedule {
            let Some(known) = known.iter().find(|known| known.key == key) else {
                continue;
            };
            let runs: Vec<RunId> = running
                .iter()
                .filter(|(schedule, _)| *schedule == key)
                .map(|(_, run)| *run)
                .collect();
            match live.iter().find(|one| one.of == known.of) {
                Some(one) => self.advance(one, &rows, &runs, &mut said, looked).await?,
                None => said.miss_all(&rows, homeless(workspaces, known)),
            }
        }
        self.say(said).await
    }

    /// Starts what waits of one schedule, as far as that may.
    async fn advance(
        &mut self,
        one: &Live<'_>,
        rows: &[StoredDueTimes],
        runs: &[RunId],
        said: &mut Said,
        looked: &mut Looked,
    ) -> Result<(), EngineError> {
        let schedule = &one.schedule.schedule;
        let seed = jitter_seed(self.seed().await?, &one.of);
        let waiting: Vec<WaitingTime> = rows
            .iter()
            .map(|row| WaitingTime {
                time: row.time,
                caught_up: row.caught_up,
            })
            .collect();
        let (held, why) = match &one.flow.loaded {
            Err(why) => (Some(Held::Broken), why.clone()),
            Ok(_) => conditions::held(&schedule.only_if),
        };
        let now = Timestamp::now();
        let steps = schedule.steps(&waiting, runs.len(), now, seed, one.paused, held);
        for (row, step) in rows.iter().zip(steps) {
            let due = DueTime {
                schedule: row.schedule,
                time: row.time,
            };
            match step {
                Step::Miss(reason) => said.missed.push((due, not_started(reason, &why))),
                Step::Wait { until, held } => {
                    until.into_iter().for_each(|until| looked.note(until));
                    said.explain(row, held.map(|held| held_back(held, &why)));
                }
                Step::Start { cancels } => {
                    if cancels {
                        self.cancel(runs, one);
                    }
                    let starts_at = schedule.starts_at(row.time, seed);
                    match self.start(one, row, starts_at).await {
                        Ok(run) => looked.started.extend(run),
                        Err(Refusal::Store(error)) => return Err(error.into()),
                        Err(Refusal::Closed) => return Ok(()),
                        Err(Refusal::Said(message)) => {
                            said.missed.push((due, refused(message)));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Starts a run; `None`: somebody did since.
    async fn start(
        &self,
        one: &Live<'_>,
        row: &StoredDueTimes,
        starts_at: Timestamp,
    ) -> Result<Option<RunHandle>, Refusal> {
        let Ok(flow) = &one.flow.loaded else {
            return Ok(None);
        };
        let order = Order {
            flow: flow.clone(),
            schedule: one.schedule,
            due: DueTime {
                schedule: row.schedule,
                time: row.time,
            },
            caught_up: row.caught_up,
            starts_at,
        };
        match self.engine.shared.start_scheduled(order).await {
            Ok(run) => Ok(Some(run)),
            Err(EngineError::Store(StoreError::TimeTaken(_))) => Ok(None),
            // Other schedules do not need them; asked again each second, a keychain would
            // ask a person each second.
            Err(EngineError::Store(
                error @ (StoreError::Secrets { .. } | StoreError::Keychain { .. }),
            )) => Err(Refusal::Said(error.to_string())),
            Err(EngineError::Store(error)) => Err(Refusal::Store(error)),
            Err(EngineError::Closed) => Err(Refusal::Closed),
            Err(error) => Err(Refusal::Said(error.to_string())),
        }
    }

    /// Cancels the runs of a schedule, and waits for none of them.
    fn cancel(&self, runs: &[RunId], one: &Live<'_>) {
        let reason = format!(
            "the next time of its schedule `{}` has come",
            one.of.identity
        );
        for run in runs.iter().copied() {
            let (engine, reason) = (self.engine.clone(), reason.clone());
            tokio::spawn(async move {
                let steering = Steering::Cancel { reason };
                match engine.steer(run, steering, "Tidemill").await {
                    Ok(_) | Err(EngineError::RunEnded { .. }) => {}
                    Err(error) => {
                        tracing::warn!(%run, %error, "a run whose schedule is due again is not cancelled");
                    }
                }
            });
        }
    }

    async fn say(&self, said: Said) -> Result<(), EngineError> {
        let writer = self.engine.shared.store.writer();
        if !said.explained.is_empty() {
            writer.explain_times(said.explained).committed().await?;
        }
        if !said.missed.is_empty() {
            let missed = writer.miss_times(said.missed, Timestamp::now());
            missed.committed().await?;
        }
        Ok(())
    }

    async fn seed(&mut self) -> Result<u64, EngineError> {
        if let Some(seed) = self.seed {
            return Ok(seed);
        }
        let device = self.read(|store| store.reader()?.device()).await?;
        let seed = hash(device.to_string().as_bytes());
        self.seed = Some(seed);
        Ok(seed)
    }
}

/// What a look finds out about times that wait, to be recorded together.
#[derive(Default)]
struct Said {
    missed: Vec<(DueTime, DueReason)>,
    explained: Vec<(DueTime, DueReason)>,
}

impl Said {
    fn miss_all(&mut self, rows: &[StoredDueTimes], reason: Option<DueReason>) {
        let Some(reason) = reason else { return };
        let due = |row: &StoredDueTimes| DueTime {
            schedule: row.schedule,
            time: row.time,
        };
        let missed = rows.iter().map(|row| (due(row), reason.clone()));
        self.missed.extend(missed);
    }

    /// Why a time waits, where that is not what is written already.
    fn explain(&mut self, row: &StoredDueTimes, reason: Option<DueReason>) {
        let reason = reason.unwrap_or_else(reasons::in_line);
        if row.reason.as_ref() != Some(&reason) {
            let due = DueTime {
                schedule: row.schedule,
                time: row.time,
            };
            self.explained.push((due, reason));
        }
    }
}

/// Why a run is not started.
enum Refusal {
    Store(StoreError),
    /// The engine ends: whoever serves the home next starts it.
    Closed,
    Said(String),
}

/// Every schedule that may fire. Of two flows of one name the first counts; both are broken.
fn live<'f>(workspaces: &'f [ScheduledWorkspace], paused: &[(String, String)]) -> Vec<Live<'f>> {
    let mut live: Vec<Live<'f>> = Vec::new();
    let mut names = HashSet::new();
    for workspace in workspaces {
        for flow in workspace.flows.iter().flatten() {
            let name = flow.flow.name.to_string();
            if !names.insert((workspace.path.as_str(), name.clone())) {
                continue;
            }
            let is_paused = paused
                .iter()
                .any(|(folder, flow)| *folder == workspace.path && *flow == name);
            live.extend(flow.flow.schedules.iter().map(|schedule| Live {
                of: ScheduleOf {
                    workspace: workspace.path.clone(),
                    flow: name.clone(),
                    identity: schedule.schedule.identity(),
                },
                flow,
                schedule,
                paused: is_paused,
            }));
        }
    }
    live
}

/// Whether the workspace of a schedule was read: what is not in it then, is gone.
fn is_read(workspaces: &[ScheduledWorkspace], of: &ScheduleOf) -> bool {
    let mut workspaces = workspaces.iter();
    workspaces.any(|workspace| {
        workspace.path == of.workspace
            && workspace.flows.is_some()
            && !workspace.unknown.contains(&of.flow)
    })
}

/// Why times of a schedule that no file has do not run; `None`: that is not settled yet.
fn homeless(workspaces: &[ScheduledWorkspace], known: &SeenSchedule) -> Option<DueReason> {
    let mut all = workspaces.iter();
    if !all.any(|workspace| workspace.path == known.of.workspace) {
        return Some(reasons::disabled());
    }
    let gone_at = known.gone_at?;
    let is_gone = Timestamp::now().duration_since(gone_at) > GONE;
    is_gone.then(removed)
}

/// What became of a schedule's times since it was dealt with last.
fn look_at(
    one: &Live<'_>,
    known: Option<&SeenSchedule>,
    (here, enabled_at): (Option<Timestamp>, Option<Timestamp>),
    (now, local): (Timestamp, &TimeZone),
) -> ScheduleLook {
    let written = known.map(|known| Known {
        seen: known.seen,
        recorded: known.recorded,
        gone_at: known.gone_at,
    });
    let last = last_seen(written, here, enabled_at, now);
    let look = one.schedule.schedule.look(last, now, local, one.paused);
    let away = match here {
        Some(_) => Away::Asleep,
        None => Away::Off,
    };
    let missed = |missed: &Missed| {
        let (times, counted) = match missed.count {
            Count::Exactly(times) => (times, true),
            Count::AtLeast(times) => (times, false),
        };
        MissedTimes {
            first: missed.first,
            last: missed.last,
            times,
            counted,
            reason: passed(missed.reason, away),
        }
    };
    ScheduleLook {
        of: one.of.clone(),
        seen: look.seen,
        waits: look
            .waits
            .iter()
            .map(|one| (one.time, one.caught_up))
            .collect(),
        missed: look.missed.iter().map(missed).collect(),
    }
}

/// Whether a look is to be written down: it found something, or what is written is old.
fn is_worth_writing(known: Option<&SeenSchedule>, look: &ScheduleLook) -> bool {
    let Some(known) = known else { return true };
    let age = look.seen.duration_since(known.seen);
    !look.waits.is_empty()
        || !look.missed.is_empty()
        || known.gone_at.is_some()
        || age >= WRITTEN
        || age.is_negative()
}

fn jitter_seed(machine: u64, of: &ScheduleOf) -> u64 {
    let text = format!("{}\0{}\0{}", of.workspace, of.flow, of.identity);
    machine ^ hash(text.as_bytes())
}

/// FNV-1a: the same in every version of the program.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
