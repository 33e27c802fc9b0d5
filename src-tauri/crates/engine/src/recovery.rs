//! Runs whose process is gone: what is recorded of it, and how they are carried
//! on. Start-up, waking from sleep and a person's retry all come through here.
//!
//! Not here: what such a run does next, which the orchestrator's fold decides.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tidemill_flow::{CheckContext, Value};
use tidemill_orchestrate::{
    Decision, Detail, Failure, FailureKind, Happening, Run, RunId, State, StepError, Subject,
    Transition, Trial,
};
use tidemill_store::{
    Batch, Owner, Parent, RunFilter, RunInputs, StoreError, StoredRun, Unfinished,
};
use tokio::sync::mpsc;

use crate::{
    drive::{Drive, Word},
    due,
    engine::{Engine, Inputs, Shared, blocking},
    error::EngineError,
    handle::{RunEnd, RunHandle},
    journal::Durability,
    process,
    request::LoadedFlow,
    run_facts::RunFacts,
};

/// A run whose process was found gone, and what was recorded of that.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The run.
    pub run: RunId,
    /// Its readable name.
    pub name: String,
    /// How it stands now: AwaitingRetry, if it can be carried on, else terminal.
    pub state: State,
}

/// The child run of an attempt that began in another process.
pub(crate) enum Found {
    /// It goes on here.
    Carried(RunHandle),
    /// Another process carries it.
    Elsewhere(RunId),
    /// It has ended; its name, and how.
    Ended(String, RunEnd),
}

/// How a run stands to the one that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It goes on by itself.
    Alone,
    /// It goes on with its parent.
    Child,
    /// Its parent has ended without it, such as by a cancel whose process went away
    /// half-way.
    Orphan,
}

fn cancelled_with_parent() -> Happening {
    Happening::CancelRequested {
        reason: "the run that started it has ended".to_owned(),
    }
}

impl Engine {
    /// Records of every run whose process is gone that it is, and of one whose time
    /// has passed that it is late: to be called by every command that opens the home. Costs one read when there is none.
    ///
    /// A run that cannot be read (a flow that this version does not accept) stays
    /// as it is; the engine's log says why.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn settle(&self) -> Result<Vec<Settled>, EngineError> {
        let shared = &self.shared;
        let mut settled = Vec::new();
        for run in shared.unfinished().await? {
            if due::is_late(&run, Timestamp::now()) {
                shared.note_late(run).await?;
            }
            if !shared.is_lost(&run) {
                continue;
            }
            match shared.settle(run).await {
                Ok(done) => settled.extend(done),
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(run = %run.id, %error, "a lost run stays as it is"),
            }
        }
        for settled in &mut settled {
            match shared.end_orphan(settled).await {
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(run = %settled.run, %error, "a run without its parent is not ended");
                }
                Ok(()) => {}
            }
        }
        Ok(settled)
    }

    /// Carries on, here, every run that has not ended and that nobody carries.
    /// Runs that a task of another one started go on with that one; those that have a
    /// time to start at wait for [`Engine::start_due`].
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn carry_on(&self) -> Result<Vec<RunHandle>, EngineError> {
        self.settle().await?;
        let mut carried = Vec::new();
        for run in self.shared.unfinished().await? {
            if run.owner.is_some() || due::has_a_time(&run) {
                continue;
            }
            let first = match self
                .shared
                .standing(&self.shared.stored(run.id).await?)
                .await?
            {
                Standing::Child => continue,
                Standing::Orphan => cancelled_with_parent(),
                Standing::Alone => Happening::Start,
            };
            match self.shared.carry_on(run.id, 0, first).await {
                Ok(handle) => carried.push(handle),
                // Another process was faster.
                Err(EngineError::Owned { .. }) => {}
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(run = %run.id, %error, "a run is not carried on"),
            }
        }
        Ok(carried)
    }

    /// Carries a run on here: one that has ended in a new run attempt (where
    /// `from_failed`, what completed stays), one whose process is gone from where
    /// it was.
    ///
    /// # Errors
    /// When a process that lives carries it, or the store refuses.
    pub async fn retry(&self, run: RunId, from_failed: bool) -> Result<RunHandle, EngineError> {
        let shared = &self.shared;
        let mut stored = shared.stored(run).await?;
        if !stored.state.is_terminal() {
            shared.settle_one(&stored).await?;
            stored = shared.stored(run).await?;
        }
        let happening = match stored.state.is_terminal() {
            true => Happening::RetryRequested { from_failed },
            false => Happening::Start,
        };
        shared.carry_on(run, 0, happening).await
    }
}

impl Shared {
    pub(crate) async fn unfinished(self: &Arc<Self>) -> Result<Vec<Unfinished>, EngineError> {
        let shared = Arc::clone(self);
        blocking(move || Ok(shared.journal.unfinished()?)).await
    }

    /// Whether a process carried the run and is gone.
    fn is_lost(&self, run: &Unfinished) -> bool {
        match run.owner {
            Some(owner) => !self.store.is_alive(owner),
            // Nobody carries it, and that is recorded; it is not due yet; or it was let
            // go of.
            None => !matches!(
                run.state,
                State::AwaitingRetry | State::Scheduled | State::Late
            ),
        }
    }

    /// A run's row.
    pub(crate) async fn stored(self: &Arc<Self>, run: RunId) -> Result<StoredRun, EngineError> {
        let store = Arc::clone(&self.store);
        blocking(move || {
            let found = store.reader()?.run(run)?;
            Ok(found.ok_or_else(|| StoreError::NoRun(run.to_string()))?)
        })
        .await
    }

    /// A run's name, and the path of a task of its flow, which has this number in the
    /// flow's graph.
    pub(crate) async fn task_path(
        self: &Arc<Self>,
        run: RunId,
        task: u32,
    ) -> Result<(String, String), EngineError> {
        let stored = self.stored(run).await?;
        let loaded = recorded_flow(&stored, &self.inputs(run).await?)?;
        let mut tasks = loaded.flow.tasks.iter();
        let found = usize::try_from(task).ok().and_then(|task| tasks.nth(task));
        let path = found.map_or_else(|| task.to_string(), |task| task.path.to_string());
        Ok((stored.name, path))
    }

    async fn standing(self: &Arc<Self>, run: &StoredRun) -> Result<Standing, EngineError> {
        let Some(parent) = run.parent else {
            return Ok(Standing::Alone);
        };
        match self.stored(parent.run).await {
            Ok(parent) if !parent.state.is_terminal() => Ok(Standing::Child),
            // A person ran it again by itself.
            Ok(_) if run.run_attempt > 1 => Ok(Standing::Alone),
            Ok(_) => Ok(Standing::Orphan),
            // It was removed: the child goes on by itself.
            Err(EngineError::Store(StoreError::NoRun(_))) => Ok(Standing::Alone),
            Err(error) => Err(error),
        }
    }

    /// Settles a run that has not ended, if its process is gone.
    pub(crate) async fn settle_one(self: &Arc<Self>, run: &StoredRun) -> Result<(), EngineError> {
        let run = Unfinished {
            id: run.id,
            state: run.state,
            owner: run.owner,
            scheduled_for: run.scheduled_for,
        };
        if self.is_lost(&run) {
            self.settle(run).await?;
        }
        Ok(())
    }

    /// Records that a run's process is gone; `None`: another process is at it.
    async fn settle(self: &Arc<Self>, run: Unfinished) -> Result<Option<Settled>, EngineError> {
        if let Some(owner) = run.owner {
            // The guard has ended them, unless it was killed too.
            blocking(move || {
                process::end_strays_of(owner);
                Ok(())
            })
            .await?;
        }
        if !self.claim(run.id, run.owner).await? {
            return Ok(None);
        }
        let settled = self.record_loss(run.id).await;
        if settled.is_err() {
            self.disown(run.id).await?;
        }
        settled.map(Some)
    }

    async fn record_loss(self: &Arc<Self>, id: RunId) -> Result<Settled, EngineError> {
        let stored = self.stored(id).await?;
        let name = stored.name.clone();
        let (state, batches) = match self.inputs(id).await? {
            RunInputs {
                flow_text: None, ..
            } => lost_command(&stored),
            inputs => {
                let (mut run, _) = self.fold(&stored, inputs, 0).await?;
                let batches = lost_run(&mut run).map_err(|cause| EngineError::Step {
                    run: name.clone(),
                    cause,
                })?;
                (run.state(), batches)
            }
        };
        let last = Batch {
            release: true,
            ..Batch::default()
        };
        for batch in batches {
            self.journal
                .append(id, batch, Durability::Committed)
                .await?;
        }
        self.journal.append(id, last, Durability::Flushed).await?;
        tracing::info!(run = %id, %state, "a run whose process is gone was settled");
        Ok(Settled {
            run: id,
            name,
            state,
        })
    }

    /// Ends a run that was settled, if its parent has ended without it.
    async fn end_orphan(self: &Arc<Self>, settled: &mut Settled) -> Result<(), EngineError> {
        if settled.state.is_terminal() {
            return Ok(());
        }
        let run = self.stored(settled.run).await?;
        if self.standing(&run).await? != Standing::Orphan {
            return Ok(());
        }
        match self.carry_on(run.id, 0, cancelled_with_parent()).await {
            Ok(handle) => {
                if let Ok(end) = handle.ended().await {
                    settled.state = end.state;
                }
                Ok(())
            }
            // Another process is at it.
            Err(EngineError::Owned { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn claim(
        &self,
        run: RunId,
        expected: Option<Owner>,
    ) -> Result<bool, EngineError> {
        let claim = self
            .store
            .writer()
            .claim(run, expected, Some(Owner::current()));
        Ok(claim.committed().await?)
    }

    pub(crate) async fn disown(&self, run: RunId) -> Result<(), EngineError> {
        let claim = self.store.writer().claim(run, Some(Owner::current()), None);
        claim.committed().await?;
        Ok(())
    }

    /// Takes over a run that nobody carries, and carries it from `happening` on.
    pub(crate) async fn carry_on(
        self: &Arc<Self>,
        id: RunId,
        depth: u32,
        happening: Happening,
    ) -> Result<RunHandle, EngineError> {
        let stored = self.stored(id).await?;
        // A process that was about to run an ended run again may have died before it did.
        let before = stored
            .owner
            .filter(|owner| stored.state.is_terminal() && !self.store.is_alive(*owner));
        if self.carried(id).is_some() || !self.claim(id, before).await? {
            return Err(EngineError::Owned {
                run: stored.name,
                owner: stored
                    .owner
                    .map_or_else(|| "a process".to_owned(), |owner| owner.to_string()),
            });
        }
        let taken = self.take_over(&stored, depth, happening).await;
        if taken.is_err() {
            self.disown(id).await?;
        }
        taken
    }

    async fn take_over(
        self: &Arc<Self>,
        stored: &StoredRun,
        depth: u32,
        happening: Happening,
    ) -> Result<RunHandle, EngineError> {
        let inputs = self.inputs(stored.id).await?;
        let (run, facts) = self.fold(stored, inputs, depth).await?;
        let (words, heard) = mpsc::unbounded_channel::<Word>();
        let mut drive = Drive::new(Arc::clone(self), Arc::clone(&facts), run, true, heard);
        self.tell_of(&facts, stored.parent);
        let starts = !matches!(happening, Happening::CancelRequested { .. });
        match facts.flow.flow.concurrency {
            Some(concurrency) if starts => drive.start_at_turn(concurrency.limit, happening),
            _ => drive.happened(happening)?,
        }
        Ok(self.carry(drive, &facts, words))
    }

    pub(crate) async fn inputs(self: &Arc<Self>, run: RunId) -> Result<RunInputs, EngineError> {
        let store = Arc::clone(&self.store);
        blocking(move || Ok(store.reader()?.run_inputs(run)?)).await
    }

    /// The run as its transitions tell it.
    pub(crate) async fn fold(
        self: &Arc<Self>,
        stored: &StoredRun,
        inputs: RunInputs,
        depth: u32,
    ) -> Result<(Run, Arc<RunFacts>), EngineError> {
        let flow = recorded_flow(stored, &inputs)?;
        let trial = recorded_trial(stored, &flow, &inputs)?;
        let name: Arc<str> = stored.name.as_str().into();
        let facts = Arc::new(self.facts(stored.id, name, flow, depth).await?);
        let start = self.run_start(
            &facts,
            Inputs {
                parameters: stored.parameters.clone(),
                trigger: inputs.trigger,
                variables: inputs.variables,
                scheduled_for: stored.scheduled_for,
                trial,
            },
        );
        let (shared, id, name) = (Arc::clone(self), stored.id, stored.name.clone());
        let run = blocking(move || {
            let mut folded = None;
            shared.journal.load(id, &mut |transitions| {
                folded = Some(Run::recover(start.clone(), transitions));
            })?;
            match folded {
                Some(Ok(run)) => Ok(run),
                Some(Err(cause)) => Err(EngineError::Fold { run: name, cause }),
                None => Err(EngineError::Closed),
            }
        })
        .await?;
        Ok((run, facts))
    }

    /// The newest run that this attempt of a task started, carried on from `first` if
    /// it has not ended.
    pub(crate) async fn find_child(
        self: &Arc<Self>,
        parent: Parent,
        depth: u32,
        first: Happening,
    ) -> Result<Option<Found>, EngineError> {
        let store = Arc::clone(&self.store);
        let found = blocking(move || newest_child(&store, parent)).await?;
        let Some(child) = found else {
            return Ok(None);
        };
        if let Some(handle) = self.carried(child.id) {
            return Ok(Some(Found::Carried(handle)));
        }
        if !child.state.is_terminal() {
            self.settle_one(&child).await?;
        }
        let child = self.stored(child.id).await?;
        if child.state.is_terminal() {
            let end = RunEnd {
                state: child.state,
                message: child.message,
                output: child.output.unwrap_or_else(|| Value::from(())),
            };
            return Ok(Some(Found::Ended(child.name, end)));
        }
        match self.carry_on(child.id, depth, first).await {
            Ok(handle) => Ok(Some(Found::Carried(handle))),
            Err(EngineError::Owned { .. }) => Ok(Some(Found::Elsewhere(child.id))),
            Err(error) => Err(error),
        }
    }
}

fn newest_child(
    store: &tidemill_store::Store,
    parent: Parent,
) -> Result<Option<StoredRun>, EngineError> {
    let filter = RunFilter {
        parent: Some(parent.run),
        ..RunFilter::default()
    };
    let reader = store.reader()?;
    let mut cursor = None;
    loop {
        let page = reader.runs(&filter, cursor.as_deref(), 500)?;
        let found = page.runs.into_iter().find(|run| run.parent == Some(parent));
        cursor = page.next;
        if found.is_some() || cursor.is_none() {
            return Ok(found);
        }
    }
}

/// The workspace that was written down as this text: a folder around the flow's file
/// as a rule, whose own name may be no text.
fn workspace(file: &Path, text: &str) -> PathBuf {
    let mut around = file.ancestors().skip(1);
    let named = around.find(|folder| folder.to_string_lossy() == text);
    named.map_or_else(|| PathBuf::from(text), Path::to_owned)
}

/// The flow as it was when the run began.
fn recorded_flow(stored: &StoredRun, inputs: &RunInputs) -> Result<LoadedFlow, EngineError> {
    let Some(text) = &inputs.flow_text else {
        return Err(EngineError::RecordedCommand {
            run: stored.name.clone(),
        });
    };
    let checked = tidemill_flow::check(text, &CheckContext::default());
    let flow = checked.flow.ok_or_else(|| EngineError::Flow {
        run: stored.name.clone(),
        cause: checked
            .diagnostics
            .first()
            .map_or_else(String::new, ToString::to_string),
    })?;
    let file = inputs.file.clone().unwrap_or_default();
    Ok(LoadedFlow {
        flow: Arc::new(flow),
        text: Arc::clone(text),
        workspace: workspace(&file, stored.workspace.as_deref().unwrap_or_default()),
        file,
    })
}

/// How the run differs from one of the whole flow, where it does.
fn recorded_trial(
    stored: &StoredRun,
    flow: &LoadedFlow,
    inputs: &RunInputs,
) -> Result<Option<Arc<Trial>>, EngineError> {
    let trial = inputs.trial.as_ref();
    let trial = trial.map(|trial| Trial::from_value(&flow.flow, trial).map(Arc::new));
    trial.transpose().map_err(|cause| EngineError::Flow {
        run: stored.name.clone(),
        cause: cause.to_string(),
    })
}

/// What follows for a run from the loss of its process, in batches.
fn lost_run(run: &mut Run) -> Result<Vec<Batch>, StepError> {
    let mut batches = Vec::new();
    let mut happening = Happening::OwnerLost;
    loop {
        // Its effects belong to the process that carries it on.
        let Decision {
            transitions, more, ..
        } = run.step(happening, Timestamp::now(), fastrand::u64(..))?;
        batches.push(Batch::from(transitions));
        if !more {
            return Ok(batches);
        }
        happening = Happening::Continue;
    }
}

/// What follows for a recorded command: it is gone with its process.
fn lost_command(stored: &StoredRun) -> (State, Vec<Batch>) {
    let message = "the process that recorded the command went away before its end";
    let transition = Transition {
        subject: Subject::Run,
        run_attempt: stored.run_attempt,
        from: Some(stored.state),
        to: State::Crashed,
        at: Timestamp::now(),
        message: Some(message.into()),
        detail: Detail::Failure(Failure::new(FailureKind::Crashed, message)),
    };
    (State::Crashed, vec![Batch::from(vec![transition])])
}
