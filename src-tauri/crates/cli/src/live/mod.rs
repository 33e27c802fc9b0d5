//! The live view of a run: a model that follows its transitions, a frame that
//! shows the model as lines, a screen that puts frames on a terminal, and plain
//! lines for where there is none.
//!
//! Not here: waiting, signals, and where the events come from (`commands::run`).

mod frame;
mod model;
mod plain;
mod screen;
mod summary;
mod watch;

pub(crate) use summary::{Ending, summary};
pub(crate) use watch::Watch;

/// How many characters of an id tell it from others: the whole of its time.
const SHORT: usize = 13;

/// An id as people type it.
pub(crate) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}
