//! What a Python task is, and how it ended.

use std::{
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tidemill_flow::Value;

use super::marshal;
use crate::process::{Environment, Exit};

/// What is sent to a worker at most once, and known by its number.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) number: u64,
    pub(super) bytes: Arc<Vec<u8>>,
}

impl Part {
    /// A part with a number of its own.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            number: next_number(),
            bytes: Arc::new(bytes),
        }
    }
}

/// A number that no other part has. The upper half is for parts that are
/// numbered by their content.
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A value that many tasks see: it is encoded once, and goes to each worker
/// that needs it once. Cheap to clone; clones are the same value.
#[derive(Clone)]
pub struct Shared(Arc<SharedValue>);

struct SharedValue {
    number: u64,
    value: Value,
    encoded: OnceLock<Arc<Vec<u8>>>,
}

impl Shared {
    /// Shares a value.
    pub fn new(value: Value) -> Self {
        Self(Arc::new(SharedValue {
            number: next_number(),
            value,
            encoded: OnceLock::new(),
        }))
    }

    /// What workers know it by.
    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    /// The value, encoded.
    pub(super) fn part(&self) -> Part {
        let encode = || {
            let mut bytes = Vec::new();
            marshal::write(&self.0.value, &mut bytes);
            Arc::new(bytes)
        };
        Part {
            number: self.0.number,
            bytes: Arc::clone(self.0.encoded.get_or_init(encode)),
        }
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
/// the attempt's own.
#[derive(Clone, Debug)]
pub struct ContextValues {
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

/// [`ContextValues`] as workers get them: once. Make one a task, not one an item.
#[derive(Debug)]
pub struct PythonContext {
    part: Part,
    values: ContextValues,
}

impl PythonContext {
    /// Encodes what is not shared with other tasks: the code and the names.
    pub fn new(values: ContextValues) -> Arc<Self> {
        Arc::new(Self {
            part: Part::new(values.encode()),
            values,
        })
    }

    /// The code and the numbers of the values.
    pub(super) fn part(&self) -> &Part {
        &self.part
    }

    /// The shared value with this number.
    pub(super) fn find(&self, number: u64) -> Option<Part> {
        let inputs = self.values.inputs.iter().map(|(_, shared)| shared);
        let named = self.values.named().map(|(_, shared)| shared);
        named
            .into_iter()
            .chain(inputs)
            .find(|shared| shared.number() == number)
            .map(Shared::part)
    }
}

impl ContextValues {
    fn named(&self) -> [(&'static str, &Shared); 4] {
        [
            ("params", &self.params),
            ("run", &self.run),
            ("trigger", &self.trigger),
            ("vars", &self.variables),
        ]
    }

    /// `(call, name or file, source or function, item's name, shared, inputs)`.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        marshal::begin_tuple(6, &mut out);
        match &self.code {
            PythonCode::Body { name, source } => {
                marshal::write_bool(false, &mut out);
                marshal::write_text(name, &mut out);
                marshal::write_text(source, &mut out);
            }
            PythonCode::Call { file, function } => {
                marshal::write_bool(true, &mut out);
                marshal::write_text(&file.to_string_lossy(), &mut out);
                marshal::write_text(function, &mut out);
            }
        }
        match &self.item_name {
            Some(name) => marshal::write_text(name, &mut out),
            None => marshal::write_none(&mut out),
        }
        let named = self.named();
        marshal::begin_list(named.len(), &mut out);
        for (name, shared) in named {
            encode_named(name, shared, &mut out);
        }
        marshal::begin_list(self.inputs.len(), &mut out);
        for (name, shared) in &self.inputs {
            encode_named(name, shared, &mut out);
        }
        out
    }
}

fn encode_named(name: &str, shared: &Shared, out: &mut Vec<u8>) {
    marshal::begin_tuple(2, out);
    marshal::write_text(name, out);
    marshal::write_integer(shared.number().into(), out);
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
}
