//! A flow file turned into a checked [`Flow`], or into diagnostics with places. No IO.
//!
//! [`check`] is the way in. [`model`] holds the checked types: what stands in
//! them is right, so nothing downstream checks it again. [`template`]
//! evaluates expressions in a [`Scope`]. [`schema`] is the format as JSON
//! Schema, [`validation`] holds values against schemas.
//!
//! Where the format's description leaves a choice, this crate takes these:
//!
//! - A key that is no text in YAML (`404:`) is the text that is written.
//! - `notify` without `on` tells of failed, crashed and timed-out runs; a file
//!   trigger without `on` fires on created and modified, with `settle: 1s`;
//!   `after` without `states` fires on completed.
//! - `repeat` without `max` goes on without bound; `retries` in its long form
//!   needs `max`; a list of delays does not go with `backoff: exponential`.
//! - `index` is known in tasks with `matrix` too.
//! - A group's `env` and `cwd` are its inner tasks', over those of `defaults`.
//! - What every task gets (`env` of the flow, `defaults`) sees neither tasks nor
//!   items; what a schedule gives sees `run`, `vars` and `env`; what a trigger
//!   gives sees `trigger` too.
//! - A default `cache` does not reach a task with `repeat`; `cache: false`
//!   turns a default off.
//! - A task is read as `tasks.NAME.output` or `tasks.NAME.state`: the task
//!   as a whole, or one whose name is known only at run time, is a mistake,
//!   since nobody could know what to wait for.
//! - What is too large is refused: files over 4 MiB, 64 levels, 500,000 values,
//!   expressions over 4 KiB or reading 100,000 names in one file.

mod check;
pub mod diagnostic;
mod expression;
pub mod mentions;
pub mod model;
pub mod parameters;
pub mod paused;
pub mod scope;
mod suggest;
pub mod template;
pub mod uses;
pub mod validation;
mod values;
mod yaml;

pub use check::{
    CheckContext, Checked, KnownFlow, Sketch, SketchTask, check, schema::schema, sketch, version,
    version_of_bytes,
};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use minijinja::Value;
pub use model::*;
pub use parameters::ParameterError;
pub use scope::Scope;
pub use template::{EvaluationError, Template, TemplateError};
pub use uses::{Use, Uses};
pub use values::{flow_name, read_values};
pub use yaml::MAX_BYTES;
