//! The kinds of tasks. Adding one is a file here and a line in [`KINDS`].

use crate::{Kind, yaml::Node};

use super::{definitions::Definitions, task::RawTask, walk::Walk};

mod approve;
mod flow;
mod group;
mod http;
mod notify;
mod python;
mod shell;
mod sql;
mod value;
mod wait;

/// A kind of task: its key, and how its value is read.
pub(crate) struct KindKey {
    /// The key.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) doc: &'static str,
    /// Whether `retries`, `timeout` and `cache` of `defaults` reach it.
    pub(crate) takes_defaults: bool,
    /// Whether its result may be kept.
    pub(crate) cacheable: bool,
    /// Reads it.
    pub(crate) read: fn(&Node, &mut Walk<'_>) -> Option<Body>,
    /// The JSON Schema of its value.
    pub(crate) schema: fn(&mut Definitions) -> serde_json::Value,
}

/// What a kind key's value is read as.
pub(crate) struct Body {
    /// What the task does.
    pub(crate) kind: Kind,
    /// The tasks inside it.
    pub(crate) inner: Vec<RawTask>,
}

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            inner: Vec::new(),
        }
    }
}

/// Every kind.
pub(crate) static KINDS: [KindKey; 10] = [
    shell::KIND,
    python::KIND,
    http::KIND,
    sql::KIND,
    value::KIND,
    flow::KIND,
    group::KIND,
    wait::KIND,
    approve::KIND,
    notify::KIND,
];
