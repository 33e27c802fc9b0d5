//! The flows that runs began with: their texts as the store keeps them, read once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tidemill_flow::{CheckContext, Flow};
use tidemill_orchestrate::RunId;
use tidemill_store::{Reader, StoredRun};

use crate::{
    Error,
    runs::{self, names_of},
    task_path::TaskNames,
};

/// Flows that are kept read.
const KEPT: usize = 32;

/// The flow that a run began with.
#[derive(Debug, Default)]
pub(crate) struct RecordedFlow {
    /// Its text; none of a recorded command.
    pub(crate) text: Option<Arc<str>>,
    /// The flow; none where this version no longer reads it.
    pub(crate) flow: Option<Flow>,
    /// The names of its tasks.
    pub(crate) names: Vec<TaskNames>,
}

impl RecordedFlow {
    fn of_version(reader: &Reader, version: &str) -> Result<Self, Error> {
        let text = reader.flow_text(version)?;
        let checked = text
            .as_deref()
            .map(|text| tidemill_flow::check(text, &CheckContext::default()));
        let flow = checked.and_then(|checked| checked.flow);
        Ok(Self {
            names: flow.as_ref().map(names_of).unwrap_or_default(),
            text,
            flow,
        })
    }
}

/// Flows by version.
#[derive(Debug, Default)]
pub(crate) struct RecordedFlows {
    known: Mutex<HashMap<String, Arc<RecordedFlow>>>,
}

impl RecordedFlows {
    /// The flow of a run.
    pub(crate) fn of(&self, reader: &Reader, run: &StoredRun) -> Result<Arc<RecordedFlow>, Error> {
        match &run.version {
            Some(version) => self.version(reader, version),
            None => Ok(Arc::default()),
        }
    }

    /// The flow of the run with this id.
    pub(crate) fn of_id(&self, reader: &Reader, run: RunId) -> Result<Arc<RecordedFlow>, Error> {
        self.of(reader, &runs::stored(reader, run)?)
    }

    /// The flow of a version.
    pub(crate) fn version(
        &self,
        reader: &Reader,
        version: &str,
    ) -> Result<Arc<RecordedFlow>, Error> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flow) = known().get(version) {
            return Ok(Arc::clone(flow));
        }
        let recorded = Arc::new(RecordedFlow::of_version(reader, version)?);
        let mut known = known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(version.to_owned(), Arc::clone(&recorded));
        Ok(recorded)
    }
}
