//! What a run is asked for with, and where flows come from.
//!
//! Not here: how a flow's file is found in a workspace. That is the caller's,
//! who gives the engine a [`LoadFlow`] for the flows that tasks call.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tidemill_flow::{Flow, FlowName};
use tidemill_orchestrate::Trial;
use tidemill_store::RequestKey;

/// A flow that was read and found right.
#[derive(Clone, Debug)]
pub struct LoadedFlow {
    /// The flow.
    pub flow: Arc<Flow>,
    /// The file's text, which the run keeps.
    pub text: Arc<str>,
    /// The file, absolute.
    pub file: PathBuf,
    /// The workspace's folder, absolute.
    pub workspace: PathBuf,
}

/// Which flow a task calls.
#[derive(Clone, Debug)]
pub enum FlowReference {
    /// One of a workspace.
    Name {
        /// The workspace's folder.
        workspace: PathBuf,
        /// The flow's name.
        name: FlowName,
    },
    /// A file.
    File {
        /// The workspace's folder that the calling flow is of.
        workspace: PathBuf,
        /// The file, absolute.
        file: PathBuf,
    },
}

/// Why a flow could not be had, for a person: it cannot be found or read, or its
/// file has mistakes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LoadError {
    /// What and where, as a fragment.
    pub message: String,
}

/// Finds, reads and checks a flow. Called on a thread that may block.
pub type LoadFlow = Arc<dyn Fn(&FlowReference) -> Result<LoadedFlow, LoadError> + Send + Sync>;

/// A run that someone wants.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The flow.
    pub flow: LoadedFlow,
    /// Its parameters, bound and checked ([`Flow::bind_parameters`]).
    pub parameters: Map<String, Json>,
    /// The time that it was due at, where a schedule asks.
    pub scheduled_for: Option<Timestamp>,
    /// The event that asks; null where none does.
    pub trigger: Json,
    /// How it is to differ from a run of the whole flow, where a person tries a part.
    pub trial: Option<Arc<Trial>>,
    /// By which key a program asks: a second request with it is refused.
    pub key: Option<RequestKey>,
}

impl RunRequest {
    /// A run that a person asks for.
    pub fn new(flow: LoadedFlow, parameters: Map<String, Json>) -> Self {
        Self {
            flow,
            parameters,
            scheduled_for: None,
            trigger: Json::Null,
            trial: None,
            key: None,
        }
    }
}
