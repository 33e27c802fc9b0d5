//! Questions that runs wait for a person to answer.

use serde::Serialize;
use serde_json::Value as Json;
use tidemill_flow::{Approve, Flow, Kind};
use tidemill_orchestrate::{RunId, State, TaskRunNumber};
use tidemill_store::{Reader, TaskRunFilter};
use utoipa::ToSchema;

use crate::{Error, recorded::RecordedFlow, schemas::AnyJson, task_path::PathFinder};

/// Task runs that are looked at together.
const PAGE: usize = 100;

/// A question that a run waits for a person to answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Question {
    /// The path of the task that asks.
    pub path: String,
    /// The id of its task run.
    pub task_run: String,
    /// The number of its task run.
    pub number: u32,
    /// What is asked, Markdown.
    pub message: Option<String>,
    /// JSON Schema of what may be entered; null where it is yes or no.
    #[schema(value_type = AnyJson)]
    pub fields: Option<Json>,
}

/// The questions of a run that are open, at most `most`.
pub(crate) fn open(
    reader: &Reader,
    run: RunId,
    recorded: &RecordedFlow,
    most: usize,
) -> Result<Vec<Question>, Error> {
    let mut found = Vec::new();
    find(reader, run, recorded, |question| {
        found.push(question);
        found.len() < most
    })?;
    Ok(found)
}

/// Calls `each` with one open question of a run after the other, until it says that
/// it is enough.
pub(crate) fn find(
    reader: &Reader,
    run: RunId,
    recorded: &RecordedFlow,
    mut each: impl FnMut(Question) -> bool,
) -> Result<(), Error> {
    let filter = TaskRunFilter {
        states: vec![State::Paused],
        ..TaskRunFilter::default()
    };
    let mut paths = PathFinder::new(run);
    let mut after: Option<TaskRunNumber> = None;
    loop {
        let rows = reader.task_runs(run, &filter, after, PAGE)?;
        for row in &rows {
            let approval = recorded
                .flow
                .as_ref()
                .and_then(|flow| approval(flow, row.task));
            let Some(approval) = approval else { continue };
            let path = paths.path(reader, &recorded.names, row.number)?;
            let question = Question {
                path: path.as_deref().unwrap_or_default().to_owned(),
                task_run: row.id.to_string(),
                number: row.number.get(),
                message: row.message.as_deref().map(str::to_owned),
                fields: approval.fields.clone(),
            };
            if !each(question) {
                return Ok(());
            }
        }
        after = rows.last().map(|row| row.number);
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// The approval that a task is, if it is one.
fn approval(flow: &Flow, task: u32) -> Option<&Approve> {
    match &flow.tasks[flow.tasks.index(task)?].kind {
        Kind::Approve(approve) => Some(approve),
        _ => None,
    }
}
