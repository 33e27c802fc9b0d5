//! Python tasks in warm workers: a task costs a message, not an interpreter's
//! start.
//!
//! [`Workers`] belongs to one run. It starts interpreters ahead, hands each
//! [`PythonTask`] to one, and replaces a worker that died or that a task left
//! threads or child processes in. A worker runs one task at a time; short tasks
//! are queued in it, and those that it has not begun go to another when it
//! dies, without anyone noticing.
//!
//! What it does not do: evaluate templates, choose the interpreter
//! ([`crate::interpreter`]), mask secrets, decide about retries.

mod attendant;
mod live;
mod marshal;
mod messages;
mod output;
mod placing;
mod pool;
mod task;

pub use pool::Workers;
pub use task::{
    Attempted, ContextValues, PythonCode, PythonContext, PythonFailure, PythonTask, Shared,
    WorkerSettings,
};

#[cfg(test)]
mod tests;
