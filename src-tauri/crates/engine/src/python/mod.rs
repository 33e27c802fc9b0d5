//! Python tasks in warm workers: a task costs a message, not an interpreter's
//! start.
//!
//! [`Workers`] belongs to one run. It starts interpreters ahead, hands each
//! [`PythonTask`] to one, and replaces a worker that died or that a task left
//! threads or child processes in. A worker runs one task at a time; short tasks
//! are queued in it, and those that it has not begun go to another when it
//! dies, without anyone noticing.
//!
//! A body is compiled as a function of the names that it sees, so it may assign
//! to them; what it changes in their values is its own. Environment, working
//! directory and standard streams are each task's own too; imported modules stay
//! in a worker for the rest of its run, as does what they hold. What a task
//! returns is JSON: tuples count as lists, subclasses of JSON's types as these;
//! integers beyond 64 bits, NaN and half a surrogate pair are refused rather than
//! changed. `sys.exit()` and `sys.exit(0)` complete a task with null. A worker is
//! ended by SIGTERM as any Python program is: `finally` blocks run only where the
//! task has a handler for it.
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
