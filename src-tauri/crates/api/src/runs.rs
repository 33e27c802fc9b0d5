//! Runs that were recorded: lists, one in full, and their removal.
//!
//! Not here: what they wrote (`logs`), and what changes them (`run`, `steer`).

use std::{num::NonZeroU32, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tidemill_flow::{CheckContext, Flow, Value, template::to_json};
use tidemill_orchestrate::{RunId, State, StateType};
use tidemill_store::{
    Reader, RunFilter, RunInputs, StoreError, StoredRun, StoredTaskRun, TaskRunFilter,
};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::{Moment, RunDocument, RunReport, TaskDocument, duration as milliseconds},
    open_home::no_run,
    record, report,
    run_filter::{ListFilter, ListSort},
    schemas::{AnyJson, StateName},
    task_path::{TaskNames, TaskPaths, tree_order},
};

/// Which runs a list shows, as typed, and which page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// Which runs.
    pub filter: ListFilter,
    /// In which order.
    pub sort: ListSort,
    /// At most so many.
    pub limit: NonZeroU32,
    /// Where to go on: an earlier list's `next`.
    pub cursor: Option<String>,
}

/// A page of runs, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunList {
    /// The runs.
    pub runs: Vec<RunDocument>,
    /// Where the next page begins; null where this was the last.
    pub next: Option<String>,
    /// Whether a filter by text in logs looked through all that was logged: where not,
    /// these are the runs that wrote it last.
    pub complete: bool,
}

impl Default for RunList {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            next: None,
            complete: true,
        }
    }
}

/// The runs that a request asks for; none where there is no home.
///
/// # Errors
/// Where a filter is wrong, or the store cannot be read.
pub fn list(
    home: Option<&OpenHome>,
    request: &ListRequest,
    now: Timestamp,
) -> Result<RunList, Error> {
    let (filter, complete) = request.filter.read(home, now)?;
    let Some(home) = home else {
        return Ok(RunList::default());
    };
    let limit = usize::try_from(request.limit.get()).unwrap_or(usize::MAX);
    let (sort, cursor) = (request.sort.in_store(), request.cursor.as_deref());
    let page = home.reader()?.sorted_runs(&filter, sort, cursor, limit)?;
    Ok(RunList {
        runs: page.runs.iter().map(document).collect(),
        next: page.next,
        complete,
    })
}

/// All about one run. As a document it is what `run --json` prints; with
/// transitions, the facts stand in it too.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunReportInFull)]
pub struct RunDetail {
    /// The run and its task runs.
    #[serde(flatten)]
    pub report: RunReport,
    /// What else is known of it.
    #[serde(skip)]
    pub facts: RunFacts,
    /// Its record, where that was asked for.
    #[serde(flatten)]
    pub record: Option<RunRecord>,
}

/// What is known of a run beside its document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunFacts {
    /// Its run attempt, from 1.
    pub attempt: u32,
    /// The flow file's path, as it was when the run began.
    pub file: Option<String>,
    /// The workspace's folder.
    pub workspace: Option<String>,
    /// When it was due, where a schedule asked for it.
    pub scheduled_for: Option<Moment>,
    /// The run whose task called it.
    pub parent: Option<String>,
    /// The event that started it, or null.
    #[schema(value_type = AnyJson)]
    pub trigger: Json,
}

/// A run's record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunRecord {
    /// What is known of it beside its document.
    #[serde(flatten)]
    pub facts: RunFacts,
    /// The recorded transitions, in order.
    pub transitions: Vec<TransitionDocument>,
}

/// One recorded transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Transition)]
pub struct TransitionDocument {
    /// Its number on this device, in order of commit.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// The task run's path; null for the run itself.
    pub path: Option<String>,
    /// The run attempt, from 1.
    pub attempt: u32,
    /// The state before; null for what is new.
    #[schema(value_type = Option<StateName>)]
    pub from: Option<State>,
    /// The state after.
    #[schema(value_type = StateName)]
    pub to: State,
    /// Why, for a person.
    pub message: Option<String>,
}

/// The run that a text names: an id or its beginning, a readable name, or `last`.
///
/// # Errors
/// Where there is none, or several.
pub fn find(home: Option<&OpenHome>, text: &str) -> Result<RunId, Error> {
    match home {
        Some(home) => find_in(&home.reader()?, text),
        None => Err(no_run(text)),
    }
}

/// The run that a text names, as the store knows it. `last` is the newest that no
/// task of another run called: the one that a person or a schedule began.
pub(crate) fn find_in(reader: &Reader, text: &str) -> Result<RunId, Error> {
    if text != "last" {
        return match reader.find_run(text) {
            Err(StoreError::NoRun(_)) => Err(not_a_run(reader, text)?),
            found => Ok(found?),
        };
    }
    reader.newest_on_top()?.ok_or_else(|| no_run(text))
}

/// What is said of a text that names no run: a flow's name, most likely.
fn not_a_run(reader: &Reader, text: &str) -> Result<Error, Error> {
    let of_flow = RunFilter {
        flow: Some(text.to_owned()),
        ..RunFilter::default()
    };
    let newest = reader.runs(&of_flow, None, 1)?.runs.into_iter().next();
    Ok(match newest {
        Some(run) => Error::FlowInsteadOfRun {
            flow: text.to_owned(),
            newest: run.name,
        },
        None => no_run(text),
    })
}

/// Which run is to be shown, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowRequest {
    /// The run: an id or its beginning, a readable name, or `last`.
    pub run: String,
    /// At most so many recorded transitions, the first; 0: no record.
    pub transitions: usize,
    /// At most so many task runs, those first that were first there. All of them, and
    /// the whole record, are only had as [`crate::RunStream`].
    pub tasks: usize,
}

/// All about the run that a text names.
///
/// # Errors
/// Where there is none, or several, or the store cannot be read.
pub fn show(home: Option<&OpenHome>, request: &ShowRequest) -> Result<RunDetail, Error> {
    let Some(home) = home else {
        return Err(no_run(&request.run));
    };
    let reader = home.reader()?;
    let id = find_in(&reader, &request.run)?;
    let run = stored(&reader, id)?;
    let inputs = reader.run_inputs(id)?;
    let names = task_names(inputs.flow_text.as_deref());
    let rows = reader.task_runs(id, &outputs(), None, request.tasks)?;
    let facts = facts(&run, &inputs);
    let record = match request.transitions {
        0 => None,
        most => {
            let history = reader.transitions(id)?.take(most);
            let recorded = history.collect::<Result<Vec<_>, _>>()?;
            Some(RunRecord {
                facts: facts.clone(),
                transitions: record::documents(&reader, id, &names, recorded)?,
            })
        }
    };
    Ok(RunDetail {
        report: RunReport {
            run: document(&run),
            tasks: task_documents(&names, &rows),
        },
        facts,
        record,
    })
}

/// What is known of a run beside its document.
pub(crate) fn facts(run: &StoredRun, inputs: &RunInputs) -> RunFacts {
    RunFacts {
        attempt: run.run_attempt,
        file: run.file.clone(),
        workspace: run.workspace.clone(),
        scheduled_for: run.scheduled_for.map(Moment),
        parent: run.parent.map(|parent| parent.run.to_string()),
        trigger: to_json(&inputs.trigger),
    }
}

fn outputs() -> TaskRunFilter {
    TaskRunFilter {
        outputs: true,
        ..TaskRunFilter::default()
    }
}

/// A run by its id.
pub(crate) fn stored(reader: &Reader, id: RunId) -> Result<StoredRun, Error> {
    reader.run(id)?.ok_or_else(|| no_run(&id.to_string()))
}

/// The names of the tasks of a flow's text; none where there is no flow, or
/// where this version no longer reads it.
pub(crate) fn task_names(text: Option<&str>) -> Vec<TaskNames> {
    let checked = text.map(|text| tidemill_flow::check(text, &CheckContext::default()));
    let flow = checked.and_then(|checked| checked.flow);
    flow.as_ref().map(names_of).unwrap_or_default()
}

/// The names of a flow's tasks.
pub(crate) fn names_of(flow: &Flow) -> Vec<TaskNames> {
    let names = flow.tasks.iter().map(|task| TaskNames {
        name: task.name.to_string(),
        path: Arc::clone(&task.path),
    });
    names.collect()
}

/// A run as a document.
pub(crate) fn document(run: &StoredRun) -> RunDocument {
    RunDocument {
        id: run.id.to_string(),
        name: run.name.clone(),
        flow: run.flow.clone(),
        version: run.version.clone(),
        state: run.state,
        state_type: run.state.state_type(),
        message: run.message.as_deref().map(str::to_owned),
        parameters: to_json(&run.parameters),
        output: json(run.output.as_ref()),
        created_at: Moment(run.created_at),
        started_at: run.started_at.map(Moment),
        ended_at: run.ended_at.map(Moment),
        duration_ms: milliseconds(run.started_at, run.ended_at),
    }
}

fn json(value: Option<&Value>) -> Json {
    value.map_or(Json::Null, to_json)
}

fn task_documents(names: &[TaskNames], rows: &[StoredTaskRun]) -> Vec<TaskDocument> {
    let paths = TaskPaths::of(names, rows);
    tree_order(rows)
        .into_iter()
        .filter_map(|place| rows.get(place))
        .map(|row| {
            let path = paths.get(row.number).unwrap_or_default().to_owned();
            report::task_document(names, row, path)
        })
        .collect()
}

/// Forgets a run that has ended: its record, its logs, its results, its scratch folder.
///
/// # Errors
/// Where there is no such run, it has not ended, or the store cannot be written.
pub fn remove(home: Option<&OpenHome>, text: &str) -> Result<String, Error> {
    let id = find(home, text)?;
    let Some(home) = home else {
        return Err(no_run(text));
    };
    let run = stored(&home.reader()?, id)?;
    if run.state.state_type() != StateType::Scheduled && !run.state.is_terminal() {
        return Err(Error::Refused(format!(
            "run {} is {}; cancel it first: tidemill runs cancel {}",
            run.name, run.state, run.name
        )));
    }
    tidemill_engine::remove_run(home.store(), id)?;
    Ok(run.name)
}

#[cfg(test)]
mod tests {
    use tidemill_orchestrate::{Detail, Subject, TaskRunNumber, Transition};
    use tidemill_store::{NewRun, Parent};

    use super::*;

    fn new_run(milliseconds: u64, parent: Option<RunId>) -> NewRun {
        NewRun {
            id: RunId::new(milliseconds, 1 << 40),
            name: format!("run-{milliseconds}"),
            flow: "sample".to_owned(),
            flow_text: None,
            file: None,
            workspace: None,
            parameters: Value::from_pairs([("size", 3)]),
            trigger: Value::from(()),
            variables: Value::from(()),
            environment: None,
            trial: None,
            parent: parent.map(|run| Parent {
                run,
                task: TaskRunNumber::FIRST,
                attempt: 1,
            }),
            scheduled_for: None,
            owner: None,
            created_at: Timestamp::from_millisecond(milliseconds as i64).unwrap(),
            request: None,
            due: None,
        }
    }

    #[test]
    fn the_last_run_is_the_newest_that_somebody_began() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = crate::Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        assert!(find(Some(&home), "last").is_err());
        let writer = home.store().writer();
        let parent = new_run(1_000, None);
        let (id, child) = (parent.id, new_run(2_000, Some(parent.id)));
        let child_id = child.id;
        for run in [parent, child] {
            let first = Transition {
                subject: Subject::Run,
                run_attempt: 1,
                from: None,
                to: State::Pending,
                at: run.created_at,
                message: None,
                detail: Detail::None,
            };
            writer.begin_run(run, vec![first]).wait_flushed().unwrap();
        }
        assert_eq!(find(Some(&home), "last").unwrap(), id);
        assert_eq!(find(Some(&home), "run-2000").unwrap(), child_id);
        let request = ListRequest {
            filter: ListFilter {
                flow: Some("sample".to_owned()),
                states: vec!["pending".to_owned()],
                parameters: vec!["size=3".to_owned()],
                ..ListFilter::default()
            },
            sort: ListSort::Newest,
            limit: NonZeroU32::MIN,
            cursor: None,
        };
        let page = list(Some(&home), &request, Timestamp::now()).unwrap();
        assert_eq!(page.runs[0].id, child_id.to_string());
        let cursor = page.next;
        assert!(cursor.is_some());
        let next = list(
            Some(&home),
            &ListRequest { cursor, ..request },
            Timestamp::now(),
        )
        .unwrap();
        assert_eq!((next.runs[0].id.clone(), next.next), (id.to_string(), None));
    }
}
