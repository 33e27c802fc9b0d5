//! Trying a part of a flow: which part, with which text, and what stands for the rest.

use std::sync::Arc;

use tidemill_engine::LoadedFlow;
use tidemill_orchestrate::{Part, Trial};
use tidemill_store::PinnedFlow;

use crate::{Error, OpenHome, earlier::EarlierOutputs};

/// What a person tries of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialOrder {
    /// The part, as seen from the task at a path; `None`: all of the flow.
    pub part: Option<(Part, String)>,
    /// The flow's text as it is being edited; `None`: the file's.
    pub text: Option<String>,
}

/// The flow that pins are of.
pub(crate) fn pinned_flow(flow: &LoadedFlow) -> PinnedFlow {
    PinnedFlow {
        workspace: flow.workspace.to_string_lossy().into_owned(),
        flow: flow.flow.name.to_string(),
    }
}

/// How a run that tries a part of a flow differs from one of all of it. `None`: in
/// nothing, since all of it is to run and nothing is pinned.
///
/// # Errors
/// Where the part cannot be tried, or the store cannot be read.
pub(crate) fn plan(
    home: &OpenHome,
    flow: &LoadedFlow,
    order: &TrialOrder,
) -> Result<Option<Arc<Trial>>, Error> {
    let outputs = EarlierOutputs::of(home, &pinned_flow(flow), None)?;
    let stand_in = |task: &tidemill_flow::Task| outputs.stand_in(task);
    let trial = match &order.part {
        Some((part, path)) => Some(Trial::of_part(&flow.flow, *part, path, stand_in)?),
        None => Trial::of_all(&flow.flow, stand_in),
    };
    Ok(trial.map(Arc::new))
}
