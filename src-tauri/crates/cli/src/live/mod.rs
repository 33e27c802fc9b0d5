//! The live view of a run: a model that follows its transitions, a frame that
//! shows the model as lines, a screen that puts frames on a terminal, and plain
//! lines for where there is none.
//!
//! Not here: waiting, signals, and where the events come from (`commands::run`).

mod frame;
mod model;
mod plain;
mod screen;

pub(crate) use frame::{FrameSize, frame};
pub(crate) use model::{Model, TaskView};
pub(crate) use plain::Plain;
pub(crate) use screen::Screen;
