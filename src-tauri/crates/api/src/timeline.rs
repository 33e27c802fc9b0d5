//! A run over time: a bar for each task run with its attempts; and one task run with
//! all that is known of it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use tidemill_flow::{Flow, Kind, PythonCode, Task, Template};
use tidemill_orchestrate::{Detail, State, Subject, TaskRunNumber, Transition};
use tidemill_store::{Reader, StoredTaskRun, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::Moment,
    runs,
    schemas::{AnyJson, StateName},
    task_path::TaskPaths,
    task_runs::{self, TaskRunDocument},
};

/// At most so many bars.
const BARS: usize = 2_000;

/// A run over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Timeline {
    /// The bars, in order of number: what others stand in before them.
    pub bars: Vec<TimelineBar>,
    /// How many task runs have no bar here: items of mapped tasks, where there are many.
    pub left_out: u64,
}

/// A task run over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimelineBar {
    /// Its number.
    pub task_run: u32,
    /// The task's node in the graph.
    pub node: u32,
    /// Its path.
    pub path: String,
    /// How it stands.
    #[schema(value_type = StateName)]
    pub state: State,
    /// Its attempts that have started.
    pub attempts: Vec<AttemptBar>,
}

/// An attempt over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AttemptBar {
    /// Which one, from 1.
    pub attempt: u32,
    /// When it started.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// How it ended; null while it goes on.
    #[schema(value_type = Option<StateName>)]
    pub state: Option<State>,
    /// Why, for a person.
    pub message: Option<String>,
}

/// A run over time.
///
/// # Errors
/// Where there is no such run, or the store cannot be read.
pub fn timeline(home: &OpenHome, run: &str) -> Result<Timeline, Error> {
    let reader = home.reader()?;
    let id = runs::find_in(&reader, run)?;
    let total = reader.tally(id)?.total();
    let filter = TaskRunFilter {
        without_items: total > BARS as u64,
        ..TaskRunFilter::default()
    };
    let rows = reader.task_runs(id, &filter, None, BARS)?;
    let recorded = home.flows().of_id(&reader, id)?;
    let paths = TaskPaths::of_some(&reader, id, &recorded.names, &rows)?;
    let several: Vec<TaskRunNumber> = rows
        .iter()
        .filter(|row| row.attempts > 1 || asks(recorded.flow.as_ref(), row))
        .map(|row| row.number)
        .collect();
    let mut moves: HashMap<TaskRunNumber, Vec<Transition>> = HashMap::new();
    if !several.is_empty() {
        for (_, transition) in reader.transitions_of(id, &several)? {
            if let Subject::Task(number) = transition.subject {
                moves.entry(number).or_default().push(transition);
            }
        }
    }
    let bar = |row: &StoredTaskRun| TimelineBar {
        task_run: row.number.get(),
        node: row.task,
        path: paths.get(row.number).unwrap_or_default().to_owned(),
        state: row.state,
        attempts: match moves.get(&row.number) {
            Some(moves) => attempts(moves),
            None => only_attempt(row).into_iter().collect(),
        },
    };
    Ok(Timeline {
        left_out: total.saturating_sub(rows.len() as u64),
        bars: rows.iter().map(bar).collect(),
    })
}

/// Whether a task run is a question to a person: it never starts, and goes on from when
/// it is asked until it is answered, which only its transitions tell.
fn asks(flow: Option<&Flow>, row: &StoredTaskRun) -> bool {
    let task = flow.and_then(|flow| task(flow, row.task));
    row.started_at.is_none() && task.is_some_and(|task| matches!(task.kind, Kind::Approve(_)))
}

/// The one attempt of a task run, which has no other.
fn only_attempt(row: &StoredTaskRun) -> Option<AttemptBar> {
    Some(AttemptBar {
        attempt: 1,
        started_at: Moment(row.started_at?),
        ended_at: row.ended_at.map(Moment),
        state: row.state.is_terminal().then_some(row.state),
        message: row.message.as_deref().map(str::to_owned),
    })
}

/// A task run's attempts, by its transitions.
fn attempts(moves: &[Transition]) -> Vec<AttemptBar> {
    let mut attempts: Vec<AttemptBar> = Vec::new();
    for transition in moves {
        let begun = |attempt| AttemptBar {
            attempt,
            started_at: Moment(transition.at),
            ended_at: None,
            state: None,
            message: None,
        };
        if let Detail::Attempt(attempt) = transition.detail {
            end(&mut attempts, transition.at, None);
            attempts.push(begun(attempt));
        } else if transition.to == State::Paused && attempts.is_empty() {
            attempts.push(begun(1));
        } else if let Detail::Retry(failure, _) = &transition.detail {
            let state = match failure.kind {
                tidemill_orchestrate::FailureKind::Timeout => State::TimedOut,
                tidemill_orchestrate::FailureKind::Crashed => State::Crashed,
                _ => State::Failed,
            };
            let ended = Some((state, Some(failure.message.clone())));
            end(&mut attempts, transition.at, ended);
        } else if transition.to.is_terminal() {
            let message = transition.message.as_deref().map(str::to_owned);
            end(&mut attempts, transition.at, Some((transition.to, message)));
        }
    }
    attempts
}

/// Ends the attempt that goes on, if one does.
fn end(attempts: &mut [AttemptBar], at: Timestamp, how: Option<(State, Option<String>)>) {
    let open = attempts.last_mut().filter(|last| last.ended_at.is_none());
    if let Some(open) = open {
        open.ended_at = Some(Moment(at));
        if let Some((state, message)) = how {
            (open.state, open.message) = (Some(state), message);
        }
    }
}

/// A task run with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskRunDetail {
    /// The task run.
    pub task_run: TaskRunDocument,
    /// What its task was given, as it stands in the flow: `with`, `parameters` and
    /// names of `env`, each expression as it is written.
    #[schema(value_type = AnyJson)]
    pub inputs: Json,
    /// What failed: `kind`, `message`, and an exit code or HTTP status where there was
    /// one; null where nothing did.
    #[schema(value_type = AnyJson)]
    pub error: Json,
    /// The run that it started, where it called a flow.
    pub child: Option<String>,
    /// Its attempts that have started.
    pub attempts: Vec<AttemptBar>,
}

/// A task run with all that is known of it.
///
/// # Errors
/// Where there is no such run or task run, or the store cannot be read.
pub fn task_run(home: &OpenHome, run: &str, number: u32) -> Result<TaskRunDetail, Error> {
    let reader = home.reader()?;
    let id = runs::find_in(&reader, run)?;
    let row = match TaskRunNumber::new(number) {
        Some(number) => reader.task_runs_numbered(id, &[number], true)?.pop(),
        None => None,
    };
    let Some(row) = row else {
        return Err(Error::NoTask {
            run: run.to_owned(),
            task: number.to_string(),
            near: None,
        });
    };
    detail(home, &reader, &row)
}

fn detail(home: &OpenHome, reader: &Reader, row: &StoredTaskRun) -> Result<TaskRunDetail, Error> {
    let id = row.id.run();
    let recorded = home.flows().of_id(reader, id)?;
    let one = std::slice::from_ref(row);
    let paths = TaskPaths::of_some(reader, id, &recorded.names, one)?;
    let attempts = match row.attempts > 1 || asks(recorded.flow.as_ref(), row) {
        true => {
            let moves = reader.transitions_of(id, &[row.number])?;
            let moves: Vec<Transition> = moves.into_iter().map(|(_, moved)| moved).collect();
            attempts(&moves)
        }
        false => only_attempt(row).into_iter().collect(),
    };
    let failure = row.failure.as_ref();
    let error = failure.map_or(Ok(Json::Null), serde_json::to_value);
    let inputs = recorded.flow.as_ref().and_then(|flow| task(flow, row.task));
    Ok(TaskRunDetail {
        task_run: task_runs::document(&recorded.names, &paths, row),
        inputs: inputs.map_or(Json::Null, inputs_of),
        // A failure is JSON: it is kept as such.
        error: error.unwrap_or_default(),
        child: reader.child_of(id, row.number)?.map(|id| id.to_string()),
        attempts,
    })
}

fn task(flow: &Flow, number: u32) -> Option<&Task> {
    flow.tasks
        .index(number)
        .map(|index| flow.tasks[index].as_ref())
}

/// What a task is given, as it is written.
fn inputs_of(task: &Task) -> Json {
    let mut inputs = Map::new();
    let env: Vec<&str> = task.env.keys().map(String::as_str).collect();
    if !env.is_empty() {
        inputs.insert("env".to_owned(), json!(env));
    }
    let mut add = |key: &str, value: Json| {
        inputs.insert(key.to_owned(), value);
    };
    match &task.kind {
        Kind::Python(python) => {
            if let PythonCode::Call { with, .. } = &python.code {
                add("with", of_templates(with.iter()));
            }
        }
        Kind::Flow(subflow) => add("parameters", of_templates(subflow.parameters.iter())),
        Kind::Sql(sql) => add("parameters", of_templates(sql.parameters.iter())),
        Kind::Http(http) => {
            add("url", http.url.source().into());
            if !http.query.is_empty() {
                add("query", of_templates(http.query.iter()));
            }
        }
        Kind::Value(value) => add("value", value.to_source_json()),
        Kind::Shell(_) | Kind::Group(_) | Kind::Wait(_) | Kind::Approve(_) | Kind::Notify(_) => {}
    }
    Json::Object(inputs)
}

fn of_templates<'t, K: ToString + 't>(
    templates: impl Iterator<Item = (&'t K, &'t Template)>,
) -> Json {
    let entries = templates.map(|(name, value)| (name.to_string(), value.to_source_json()));
    Json::Object(entries.collect())
}

#[cfg(test)]
mod tests {
    use tidemill_orchestrate::{Failure, FailureKind};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn step(second: i64, from: State, to: State, detail: Detail) -> Transition {
        Transition {
            subject: Subject::Task(TaskRunNumber::FIRST),
            run_attempt: 1,
            from: Some(from),
            to,
            at: at(second),
            message: None,
            detail,
        }
    }

    #[test]
    fn a_question_goes_on_from_when_it_is_asked_until_it_is_answered() {
        let moves = [
            step(2, State::Pending, State::Paused, Detail::Due(at(60))),
            step(9, State::Paused, State::Completed, Detail::None),
        ];
        let open = attempts(&moves[..1]);
        assert_eq!((open[0].attempt, open[0].started_at), (1, Moment(at(2))));
        assert_eq!(open[0].ended_at, None);
        let told = attempts(&moves);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].ended_at, Some(Moment(at(9))));
        assert_eq!(told[0].state, Some(State::Completed));
        // One that is never asked has none.
        let skipped = step(2, State::Pending, State::Skipped, Detail::None);
        assert_eq!(attempts(&[skipped]), []);
    }

    #[test]
    fn attempts_are_told_by_transitions() {
        let failure = Failure::new(FailureKind::Timeout, "its time was over");
        let moves = [
            step(1, State::Pending, State::Running, Detail::Attempt(1)),
            step(
                3,
                State::Running,
                State::AwaitingRetry,
                Detail::Retry(failure, at(5)),
            ),
            step(5, State::AwaitingRetry, State::Retrying, Detail::Attempt(2)),
            step(8, State::Retrying, State::Completed, Detail::None),
        ];
        let bars = attempts(&moves);
        let told: Vec<_> = bars
            .iter()
            .map(|bar| (bar.attempt, bar.started_at, bar.ended_at, bar.state))
            .collect();
        let moment = |second: i64| Moment(at(second));
        assert_eq!(
            told,
            [
                (1, moment(1), Some(moment(3)), Some(State::TimedOut)),
                (2, moment(5), Some(moment(8)), Some(State::Completed)),
            ]
        );
        assert_eq!(attempts(&moves[..3])[1].state, None);
    }
}
