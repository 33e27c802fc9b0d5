//! What can go wrong in the engine, beside what goes wrong in a task, which is
//! an outcome and no error.

use std::{io, path::PathBuf};

use tidemill_orchestrate::{FoldError, StepError};
use tidemill_store::StoreError;

/// What can go wrong in the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder of the home could not be used.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Something of the home or of this version keeps the flow from running.
    #[error("flow `{flow}` cannot run: {}", listed(hindrances))]
    Hindered {
        /// The flow.
        flow: String,
        /// Each thing that is in the way.
        hindrances: Vec<String>,
    },
    /// What a schedule gives its runs does not fit the flow's parameters.
    #[error("the parameters of its schedule `{schedule}` do not fit: {message}")]
    Parameters {
        /// The schedule's identity.
        schedule: String,
        /// What is wrong.
        message: String,
    },
    /// The run's recorded flow is not one that this version reads.
    #[error(
        "run {run} cannot be carried on: its flow does not pass this version's check ({cause})"
    )]
    Flow {
        /// The run's name.
        run: String,
        /// The first mistake.
        cause: String,
    },
    /// What is recorded of the run does not fit together.
    #[error("run {run} cannot be carried on: its record does not fit together ({cause})")]
    Fold {
        /// The run's name.
        run: String,
        /// Where it breaks.
        cause: FoldError,
    },
    /// The run's next step cannot be decided.
    #[error("run {run} cannot go on: {cause}")]
    Step {
        /// The run's name.
        run: String,
        /// Why not.
        cause: StepError,
    },
    /// A part of the engine that the run needs panicked.
    #[error(
        "run {run} cannot go on: Tidemill itself went wrong here; its log in the home says where"
    )]
    WentWrong {
        /// The run's name.
        run: String,
    },
    /// The run is a recorded command, which is its caller's.
    #[error("run {run} is a recorded command: its caller ends it, or runs it again")]
    RecordedCommand {
        /// The run's name.
        run: String,
    },
    /// A process that lives carries the run.
    #[error("run {run} is carried by {owner}, which is alive; cancel it first")]
    Owned {
        /// The run's name.
        run: String,
        /// The process.
        owner: String,
    },
    /// The run has ended.
    #[error("run {run} has ended already: it is {state}")]
    RunEnded {
        /// The run's name.
        run: String,
        /// How it ended.
        state: &'static str,
    },
    /// The run has not ended, and only one that has can be retried.
    #[error("run {run} has not ended: it is {state}")]
    NotEnded {
        /// The run's name.
        run: String,
        /// How it stands.
        state: &'static str,
    },
    /// No such approval is open.
    #[error("run {run} asks for no such approval")]
    NotAsked {
        /// The run's name.
        run: String,
    },
    /// Several approvals are open, and none was named.
    #[error("run {run} asks for several approvals; name the task: {}", tasks.join(", "))]
    SeveralAsked {
        /// The run's name.
        run: String,
        /// The tasks that ask.
        tasks: Vec<String>,
    },
    /// What the person entered does not fit the approval's fields.
    #[error("the answer does not fit what task `{task}` asks for: {}", problems.join("; "))]
    Fields {
        /// The task that asks.
        task: String,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// The process that carries the run did not act within a while.
    #[error("{owner} carries run {run} and did not answer; it may be stopped or very busy")]
    NoAnswer {
        /// The run's name.
        run: String,
        /// The process.
        owner: String,
    },
    /// The process that carries the run refused.
    #[error("{0}")]
    Refused(String),
    /// The secrets come to more than can be masked.
    #[error("the secrets come to more than can be found again in logs; remove some")]
    TooManySecrets,
    /// The engine is closed.
    #[error("the engine is closed")]
    Closed,
}

impl EngineError {
    pub(crate) fn io(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            cause,
        }
    }
}

fn listed(hindrances: &[String]) -> String {
    hindrances.join("; ")
}
