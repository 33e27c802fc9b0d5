//! What a Python task is, and how it ended.

use std::{
    ffi::OsString,
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tidemill_flow::Value;

use crate::process::{Environment, Exit};

/// A value that many tasks see: it is encoded once, and goes to each worker
/// that needs it once. Cheap to clone; clones are the same value.
#[derive(Clone)]
pub struct Shared(Arc<SharedValue>);

struct SharedValue {
    number: u64,
    value: Value,
}

impl Shared {
    /// Shares a value.
    pub fn new(value: Value) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(Arc::new(SharedValue {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            value,
        }))
    }

    /// What workers know it by.
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// The value.
    pub(crate) fn value(&self) -> &Value {
        &self.0.value
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Shared({})", self.0.number)
    }
}

/// What of Python runs.
#[derive(Clone, Debug)]
pub enum PythonCode {
    /// A function's body.
    Body {
        /// What tracebacks call it: `city-weather.flow.yaml:table`, or a path.
        name: String,
        /// Its text, as it stands.
        source: String,
    },
    /// A function in a file, called with [`PythonTask::arguments`].
    Call {
        /// The file, absolute.
        file: PathBuf,
        /// The function's name.
        function: String,
    },
}

/// What the items of a mapped task have in common; for another task, all but
/// the attempt's own. Make one a task, not one an item.
#[derive(Clone, Debug)]
pub struct PythonContext {
    /// What runs.
    pub code: PythonCode,
    /// `params`.
    pub params: Shared,
    /// `inputs`: the outputs of what the task needs, by name.
    pub inputs: Vec<(String, Shared)>,
    /// `run`.
    pub run: Shared,
    /// `trigger`.
    pub trigger: Shared,
    /// `vars`.
    pub variables: Shared,
    /// The name besides `item` that the item has, if `for_each … as` gave one.
    pub item_name: Option<String>,
}

/// One attempt of a Python task.
#[derive(Clone, Debug)]
pub struct PythonTask {
    /// What it has in common with others.
    pub context: Arc<PythonContext>,
    /// The interpreter: an absolute path, as [`crate::interpreter`] gives it.
    pub interpreter: PathBuf,
    /// `item`, `None` in Python for a task that is not mapped.
    pub item: Option<Value>,
    /// `index`, likewise.
    pub index: Option<u64>,
    /// `matrix`, likewise.
    pub matrix: Option<Value>,
    /// Keyword arguments of a [`PythonCode::Call`]: a map.
    pub arguments: Option<Value>,
    /// Its whole environment. Tasks that share the `Arc` cost less.
    pub environment: Environment,
    /// Its working directory.
    pub directory: PathBuf,
    /// It gets a process of its own.
    pub isolate: bool,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Attempted<T> {
    /// It returned a JSON value.
    Returned(Value),
    /// It did not.
    Failed(PythonFailure),
    /// It was ended, because `stop` resolved with this.
    Stopped(T),
}

/// Why a Python task failed. As text: a message for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PythonFailure {
    /// It raised.
    #[error("{}", raised(kind, message))]
    Raised {
        /// The exception's type, `ValueError`.
        kind: String,
        /// Its text; may be empty.
        message: String,
        /// The traceback, the task's own frames only. The log has it too.
        traceback: String,
    },
    /// It returned what JSON cannot say, or too much.
    #[error("{0}")]
    Output(String),
    /// `sys.exit` with a code that is not 0.
    #[error("ended by sys.exit with exit code {0}")]
    Exited(i32),
    /// Its process ended under it.
    #[error("the Python process ended while the task ran: {0}")]
    Died(Exit),
    /// No interpreter could be started for it.
    #[error("{0}")]
    NotStarted(String),
}

fn raised(kind: &str, message: &str) -> String {
    match message {
        "" => kind.to_owned(),
        _ => format!("{kind}: {message}"),
    }
}

/// What a run's workers have in common.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The environment that interpreters start with: the run's, before any task's.
    pub environment: Environment,
    /// Where they start: the flow file's folder.
    pub directory: PathBuf,
    /// How many there may be at once, isolated ones not counted.
    pub limit: NonZeroUsize,
    /// Flags for the interpreter besides the engine's own; empty as a rule.
    pub flags: Vec<OsString>,
}
