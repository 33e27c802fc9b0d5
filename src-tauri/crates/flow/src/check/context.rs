//! What a check may know of the world around the file.

use indexmap::IndexMap;

use crate::{Flow, FlowName, Kind, Name, Parameter, SubflowTarget};

/// Facts from outside the file; each is optional, and what is not known is not checked.
#[derive(Clone, Debug, Default)]
pub struct CheckContext {
    /// The file that is checked, as its workspace names it.
    pub file: Option<String>,
    /// The flows of the workspace, this one too or not; `None`: not known.
    pub flows: Option<Vec<KnownFlow>>,
}

/// A flow of the workspace.
#[derive(Clone, Debug)]
pub struct KnownFlow {
    /// Its name.
    pub name: FlowName,
    /// Its file, as the workspace names it.
    pub file: String,
    /// Its parameters.
    pub parameters: IndexMap<Name, Parameter>,
    /// The flows that it calls by name.
    pub calls: Vec<FlowName>,
}

impl KnownFlow {
    /// What others need to know of a checked flow that stands in `file`.
    pub fn of(flow: &Flow, file: impl Into<String>) -> Self {
        let call = |kind: &Kind| match kind {
            Kind::Flow(subflow) => match &subflow.target {
                SubflowTarget::Name(name) => Some(name.clone()),
                SubflowTarget::File(_) => None,
            },
            _ => None,
        };
        Self {
            name: flow.name.clone(),
            file: file.into(),
            parameters: flow.parameters.clone(),
            calls: flow
                .tasks
                .iter()
                .filter_map(|task| call(&task.kind))
                .collect(),
        }
    }
}
