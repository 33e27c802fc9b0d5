//! One attempt of one task run: what it has at hand, and how it is carried out,
//! whatever its kind.
//!
//! Not here: what comes before and after it, which is the orchestrator's, and
//! what each kind does.

use std::{
    ffi::OsString,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::SignedDuration;
use tidemill_flow::{Kind, Scope, Task, Value, Wait, template::as_text};
use tidemill_orchestrate::{Assignment, Failure, FailureKind, Outcome, TaskRunNumber};
use tokio::time::Instant;

use crate::{
    engine::Shared,
    kinds::{self, unevaluated},
    run_facts::RunFacts,
    run_log::TaskLog,
    stop::{StopSignal, Stopping},
};

/// One attempt of one task run.
pub(crate) struct Attempt {
    pub(crate) shared: Arc<Shared>,
    pub(crate) facts: Arc<RunFacts>,
    pub(crate) assignment: Assignment,
    pub(crate) stop: StopSignal,
    /// The run was recovered: the attempt may have begun in another process.
    pub(crate) recovered: bool,
    pub(crate) log: Arc<TaskLog>,
    deadline: Option<Instant>,
}

/// Why an attempt ends before its work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Someone wants it to.
    Cancelled,
    /// Its time is over.
    TimedOut,
}

impl Attempt {
    pub(crate) fn new(
        shared: Arc<Shared>,
        facts: Arc<RunFacts>,
        assignment: Assignment,
        stop: StopSignal,
        recovered: bool,
    ) -> Self {
        let log = Arc::new(TaskLog::new(&shared, &facts, &assignment));
        Self {
            shared,
            facts,
            assignment,
            stop,
            recovered,
            log,
            deadline: None,
        }
    }

    pub(crate) fn task(&self) -> &Task {
        &self.assignment.task
    }

    /// What expressions see where secrets may stand.
    pub(crate) fn secret_scope(&self) -> Arc<Scope> {
        self.facts.secrets.scope(&self.assignment.scope)
    }

    /// Resolves when the attempt is to end, whatever it has done.
    pub(crate) async fn interrupted(&self) -> Interruption {
        let late = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.asked(Stopping::Terminate) => Interruption::Cancelled,
            () = late => Interruption::TimedOut,
        }
    }

    /// How an attempt that was interrupted ended.
    pub(crate) fn interruption_outcome(&self, interruption: Interruption) -> Outcome {
        match interruption {
            Interruption::Cancelled => Outcome::Cancelled,
            Interruption::TimedOut => Outcome::TimedOut(self.time_is_over()),
        }
    }

    fn time_is_over(&self) -> Failure {
        let limit = self.task().timeout.unwrap_or_default();
        Failure::new(
            FailureKind::Timeout,
            format!("timed out after {}", duration_text(limit)),
        )
    }

    /// The whole environment of the attempt's process: the machine's, with the
    /// flow's and the task's over it.
    pub(crate) fn environment(&self) -> Result<Vec<(OsString, OsString)>, Failure> {
        let mut environment = self.facts.machine.as_ref().clone();
        let scope = self.secret_scope();
        for (name, template) in &self.task().env {
            environment.retain(|(own, _)| own != name.as_str());
            if let Some(template) = template {
                let value = template
                    .evaluate(&scope)
                    .map_err(|error| unevaluated(&format!("env.{name}"), &error))?;
                environment.push((name.into(), as_text(&value).into()));
            }
        }
        Ok(environment)
    }

    /// Adds the variables by which a process knows what it is for.
    pub(crate) fn add_own_variables(&self, environment: &mut Vec<(OsString, OsString)>) {
        let facts = &self.facts;
        let own: [(&str, OsString); 5] = [
            ("TIDEMILL_RUN_ID", facts.id.to_string().into()),
            ("TIDEMILL_FLOW", facts.flow.flow.name.as_str().into()),
            ("TIDEMILL_TASK", self.task().path.as_ref().into()),
            (
                "TIDEMILL_ATTEMPT",
                self.assignment.attempt.to_string().into(),
            ),
            ("TIDEMILL_RUN_DIR", facts.directory.clone().into()),
        ];
        environment.retain(|(name, _)| own.iter().all(|(own, _)| name != own));
        environment.extend(own.map(|(name, value)| (name.into(), value)));
    }

    /// Where the attempt's process starts.
    pub(crate) fn working_directory(&self) -> Result<PathBuf, Failure> {
        match &self.task().cwd {
            Some(cwd) => {
                let cwd = cwd
                    .render(&self.assignment.scope)
                    .map_err(|error| unevaluated("cwd", &error))?;
                Ok(self.folder().join(cwd))
            }
            None => Ok(self.folder().to_owned()),
        }
    }

    /// A file of the engine's own in the run's folder, out of the user's way.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.facts.scratch_folder().join(name)
    }

    /// The task run's number.
    pub(crate) fn number(&self) -> TaskRunNumber {
        self.assignment.id.number().unwrap_or(TaskRunNumber::FIRST)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.facts.folder
    }

    /// Carries the attempt out, and gives how it ended, secrets masked.
    pub(crate) async fn carry_out(mut self) -> Outcome {
        let permit = if takes_slot(&self.task().kind) {
            let slots = Arc::clone(&self.shared.slots);
            tokio::select! {
                biased;
                interruption = self.interrupted() => return self.interruption_outcome(interruption),
                permit = slots.acquire_owned() => permit.ok(),
            }
        } else {
            None
        };
        self.deadline = self
            .task()
            .timeout
            .and_then(|limit| Instant::now().checked_add(limit));
        let outcome = tokio::select! {
            biased;
            () = self.stop.asked(Stopping::Kill) => Outcome::Cancelled,
            outcome = self.work() => outcome,
        };
        drop(permit);
        self.facts.secrets.mask_outcome(outcome)
    }

    async fn work(&self) -> Outcome {
        let task = Arc::clone(&self.assignment.task);
        match &task.kind {
            Kind::Shell(shell) => kinds::shell::run(shell, self).await,
            Kind::Python(python) => kinds::python::run(python, self).await,
            Kind::Flow(subflow) => kinds::flow::run(subflow, self).await,
            Kind::Http(http) => {
                let scope = self.secret_scope();
                let client = &self.shared.http;
                self.unless_interrupted(kinds::http::run(http, &scope, self.folder(), client))
                    .await
            }
            Kind::Sql(sql) => {
                let scope = self.secret_scope();
                self.unless_interrupted(kinds::sql::run(sql, &scope, self.folder()))
                    .await
            }
            Kind::Wait(Wait::File(file)) => {
                let scope = &self.assignment.scope;
                self.unless_interrupted(kinds::wait::run(file, scope, self.folder()))
                    .await
            }
            Kind::Notify(_) => Outcome::Failed(Failure::new(
                FailureKind::Start,
                "notify tasks are not carried out by this version",
            )),
            Kind::Wait(Wait::For(_) | Wait::Until(_))
            | Kind::Value(_)
            | Kind::Group(_)
            | Kind::Approve(_) => Outcome::Failed(Failure::new(
                FailureKind::Start,
                format!("a `{}` task has no attempts", task.kind.key()),
            )),
        }
    }

    /// The work's outcome, or that of an interruption, which drops the work.
    async fn unless_interrupted(
        &self,
        work: impl Future<Output = Result<Value, Failure>>,
    ) -> Outcome {
        tokio::select! {
            biased;
            ended = work => match ended {
                Ok(output) => Outcome::completed(output),
                Err(failure) => Outcome::Failed(failure),
            },
            interruption = self.interrupted() => self.interruption_outcome(interruption),
        }
    }
}

/// Whether attempts of this kind are code, of which the engine runs a fixed number at once.
fn takes_slot(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Shell(_) | Kind::Python(_) | Kind::Http(_) | Kind::Sql(_)
    )
}

/// A duration as the flow file writes it, such as `1m30s`.
pub(crate) fn duration_text(duration: Duration) -> String {
    let signed = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    format!("{signed:#}").replace(' ', "")
}
