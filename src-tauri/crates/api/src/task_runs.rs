//! A run's task runs, page by page, for lists that show a level of the tree at a time.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tidemill_flow::template::to_json;
use tidemill_orchestrate::{State, StateType, TaskRunNumber};
use tidemill_store::{StoredTaskRun, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::{Moment, duration},
    run_filter::states_of,
    runs,
    schemas::{AnyJson, StateName, StateTypeName},
    task_path::{TaskNames, TaskPaths},
};

/// Which task runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRunsRequest {
    /// Of which run.
    pub run: String,
    /// Only those that stand in this one: a mapped task's items, a group's inner tasks.
    pub parent: Option<u32>,
    /// Only those in these states: types or names.
    pub states: Vec<String>,
    /// No items of mapped tasks, nor what is in them.
    pub without_items: bool,
    /// At most so many.
    pub limit: NonZeroU32,
    /// Where to go on: an earlier list's `next`.
    pub cursor: Option<String>,
}

/// One task run, with where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TaskRun)]
pub struct TaskRunDocument {
    /// Its id.
    pub id: String,
    /// Its number in the run, from 1.
    pub number: u32,
    /// The task's name, with those of the groups around it: `group/inner`.
    pub task: String,
    /// The task's place in the run's graph.
    pub node: u32,
    /// The number of the task run that it stands in.
    pub parent: Option<u32>,
    /// The item's number, of an item of a mapped task.
    pub index: Option<u32>,
    /// The whole way to it: `group[2]/inner[0]`.
    pub path: String,
    /// How it stands.
    #[schema(value_type = StateName)]
    pub state: State,
    /// The type of that state.
    #[schema(value_type = StateTypeName)]
    pub state_type: StateType,
    /// Why, for a person.
    pub message: Option<String>,
    /// How many attempts it had.
    pub attempts: u32,
    /// Its output; null until there is one.
    #[schema(value_type = AnyJson)]
    pub output: Json,
    /// When its first attempt started.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// A page of task runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskRunList {
    /// The task runs, in order of number: what others stand in before them, items in
    /// their order.
    pub tasks: Vec<TaskRunDocument>,
    /// Where the next page begins; null where this was the last.
    pub next: Option<String>,
}

/// A page of a run's task runs, the newest at each path.
///
/// # Errors
/// Where there is no such run, something asked is wrong, or the store cannot be read.
pub fn list(home: &OpenHome, request: &TaskRunsRequest) -> Result<TaskRunList, Error> {
    let number = |text: &str| {
        let number = text.parse().ok().and_then(TaskRunNumber::new);
        number.ok_or_else(|| Error::Option {
            option: "cursor",
            message: format!("`{text}` is no cursor of a list of task runs"),
            mend: Some("use the `next` of the page before".to_owned()),
        })
    };
    let after = request.cursor.as_deref().map(number).transpose()?;
    let mut states = Vec::new();
    for text in &request.states {
        states.extend(states_of(text)?);
    }
    let filter = TaskRunFilter {
        parent: request.parent.and_then(TaskRunNumber::new),
        states,
        without_items: request.without_items,
        outputs: true,
        ..TaskRunFilter::default()
    };
    let reader = home.reader()?;
    let run = runs::find_in(&reader, &request.run)?;
    let limit = usize::try_from(request.limit.get()).unwrap_or(usize::MAX);
    let mut rows = reader.task_runs(run, &filter, after, limit.saturating_add(1))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let flow = home.flows().of_id(&reader, run)?;
    let paths = TaskPaths::of_some(&reader, run, &flow.names, &rows)?;
    let last = rows.last().filter(|_| more);
    Ok(TaskRunList {
        next: last.map(|row| row.number.get().to_string()),
        tasks: rows
            .iter()
            .map(|row| document(&flow.names, &paths, row))
            .collect(),
    })
}

/// A task run as a document.
pub(crate) fn document(
    names: &[TaskNames],
    paths: &TaskPaths,
    row: &StoredTaskRun,
) -> TaskRunDocument {
    TaskRunDocument {
        id: row.id.to_string(),
        number: row.number.get(),
        task: names
            .get(row.task as usize)
            .map_or_else(String::new, |names| names.path.to_string()),
        node: row.task,
        parent: row.parent.map(TaskRunNumber::get),
        index: row.item,
        path: paths.get(row.number).unwrap_or_default().to_owned(),
        state: row.state,
        state_type: row.state.state_type(),
        message: row.message.as_deref().map(str::to_owned),
        attempts: row.attempts,
        output: row.output.as_ref().map_or(Json::Null, to_json),
        started_at: row.started_at.map(Moment),
        ended_at: row.ended_at.map(Moment),
        duration_ms: duration(row.started_at, row.ended_at),
    }
}
