//! Runs that start at a time: recorded when they are asked for, carried by nobody until
//! their time has come, and started by whoever serves the home.
//!
//! The clock is not watched here: whoever serves the home asks again when the next is
//! due, or when more may be.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tidemill_orchestrate::{Decision, Happening, Run, RunId, State};
use tidemill_store::{Batch, NewRun, StoredRun, Unfinished};
use tokio::sync::mpsc;

use crate::{
    drive::{Drive, Word},
    engine::{Engine, Shared, new_run},
    error::EngineError,
    handle::RunHandle,
    journal::Durability,
    limits,
    request::RunRequest,
    turn::Turn,
};

/// A run that has not started so long after its time is late.
const GRACE: SignedDuration = SignedDuration::from_secs(15);

/// What came of looking for runs whose time has come.
#[derive(Debug, Default)]
pub struct Due {
    /// Those that were started here.
    pub started: Vec<RunHandle>,
    /// When the next one is due; in the past where one could not be had just now.
    pub next: Option<Timestamp>,
}

/// Whether a run waits for a time, or for someone to start it since that has passed.
pub(crate) fn has_a_time(run: &Unfinished) -> bool {
    matches!(run.state, State::Scheduled | State::Late)
}

/// Whether a run should have started by now, and nothing says yet that it is late.
pub fn is_late(run: &Unfinished, now: Timestamp) -> bool {
    run.state == State::Scheduled
        && run.owner.is_none()
        && run
            .scheduled_for
            .is_none_or(|due| now.duration_since(due) > GRACE)
}

/// A time as people read it.
pub(crate) fn text(time: Timestamp) -> String {
    let local = time.to_zoned_datetime(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

fn late(due: Option<Timestamp>) -> Happening {
    let reason = match due {
        Some(due) => format!("it was due at {}, and nothing started it then", text(due)),
        None => "nothing has started it yet".to_owned(),
    };
    Happening::Late { reason }
}

impl Engine {
    /// Records a run that is to start at a time. Its flow, parameters and variables are
    /// those of now. Nobody carries it until then: [`Engine::start_due`] starts it.
    ///
    /// # Errors
    /// As for [`Engine::start`]; then nothing is recorded.
    pub async fn start_at(&self, request: RunRequest, at: Timestamp) -> Result<RunId, EngineError> {
        let shared = &self.shared;
        shared.refuse_unless_free(&request.flow).await?;
        let now = Timestamp::now();
        let (id, name) = shared.new_id(now).await?;
        let facts = shared
            .facts_without_folder(id, name, request.flow, 0)
            .await?;
        let mut inputs = shared
            .asked_with(request.parameters, &request.trigger, Some(at))
            .await?;
        inputs.trial = request.trial;
        let new = NewRun {
            owner: None,
            request: request.key,
            ..new_run(&facts, &inputs, None, now)
        };
        let mut run = Run::new(shared.run_start(&facts, inputs));
        let queued = Happening::Queued {
            reason: format!("it starts at {}", text(at)),
            due: Some(at),
        };
        let Decision { transitions, .. } =
            run.step(queued, now, fastrand::u64(..))
                .map_err(|cause| EngineError::Step {
                    run: facts.name.to_string(),
                    cause,
                })?;
        let begun = shared.journal.begin(new, transitions, Durability::Flushed);
        begun.await?;
        Ok(id)
    }

    /// Starts, here, every run whose time has come: Late, where it came a while ago. A
    /// run that cannot be started stays as it is; the engine's log says why.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn start_due(&self) -> Result<Due, EngineError> {
        let shared = &self.shared;
        let mut found = Due::default();
        for run in shared.unfinished().await? {
            if run.owner.is_some() || !has_a_time(&run) {
                continue;
            }
            let due = run.scheduled_for.unwrap_or(Timestamp::MIN);
            if due > Timestamp::now() {
                found.note(due);
                continue;
            }
            match shared.start_one_due(run).await {
                Ok(Some(handle)) => found.started.push(handle),
                // Another process is at it: recording that it is late, or cancelling it.
                Ok(None) => found.note(due),
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(run = %run.id, %error, "a run that is due is not started");
                }
            }
        }
        Ok(found)
    }
}

impl Due {
    fn note(&mut self, due: Timestamp) {
        self.next = Some(self.next.map_or(due, |next| next.min(due)));
    }
}

impl Shared {
    /// Starts a run whose time has come; `None`: another process has it.
    async fn start_one_due(
        self: &Arc<Self>,
        run: Unfinished,
    ) -> Result<Option<RunHandle>, EngineError> {
        if self.is_closing() || !self.claim(run.id, None).await? {
            return Ok(None);
        }
        let started = self.take_up(run).await;
        if !matches!(started, Ok(Some(_))) {
            self.disown(run.id).await?;
        }
        started
    }

    async fn take_up(self: &Arc<Self>, run: Unfinished) -> Result<Option<RunHandle>, EngineError> {
        let stored = self.stored(run.id).await?;
        // Who had it a moment ago may have ended it.
        if stored.state.is_terminal() {
            return Ok(None);
        }
        let inputs = self.inputs(run.id).await?;
        let (folded, facts) = self.fold(&stored, inputs, 0).await?;
        let (words, heard) = mpsc::unbounded_channel::<Word>();
        let mut drive = Drive::new(Arc::clone(self), Arc::clone(&facts), folded, true, heard);
        if is_late(&run, Timestamp::now()) {
            drive.happened(late(run.scheduled_for))?;
        }
        match self.turn(&facts).await? {
            Turn::Now => {
                let started = drive.happened(Happening::Start);
                if started.is_err() && facts.flow.flow.concurrency.is_some() {
                    limits::free_turn(self, run.id);
                }
                started?;
            }
            Turn::Never { reason } => drive.happened(Happening::Skipped { reason })?,
            Turn::Later { limit, reason } => {
                drive.happened(Happening::Late { reason })?;
                self.await_turn(&mut drive, &facts, limit).await;
            }
        }
        self.tell_of(&facts, None);
        Ok(Some(self.carry(drive, &facts, words)))
    }

    /// Records of a run whose time has passed that it is late.
    pub(crate) async fn note_late(self: &Arc<Self>, run: Unfinished) -> Result<(), EngineError> {
        if !self.claim(run.id, None).await? {
            return Ok(());
        }
        let noted = match self.stored(run.id).await {
            Ok(stored) => self.record_late(&stored).await,
            Err(error) => Err(error),
        };
        self.disown(run.id).await?;
        match noted {
            Err(EngineError::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(run = %run.id, %error, "a late run stays as it is");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn record_late(self: &Arc<Self>, stored: &StoredRun) -> Result<(), EngineError> {
        let inputs = self.inputs(stored.id).await?;
        let (mut run, _) = self.fold(stored, inputs, 0).await?;
        let happening = late(stored.scheduled_for);
        let Decision { transitions, .. } = run
            .step(happening, Timestamp::now(), fastrand::u64(..))
            .map_err(|cause| EngineError::Step {
                run: stored.name.clone(),
                cause,
            })?;
        let batch = Batch::from(transitions);
        self.journal
            .append(stored.id, batch, Durability::Flushed)
            .await?;
        Ok(())
    }
}
