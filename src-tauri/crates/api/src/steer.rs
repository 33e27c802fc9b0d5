//! What a person wants of a run, whoever carries it: that it ends, that a
//! question is answered.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tidemill_engine::{Close, Engine, EngineError, Events, Steered as EngineSteered};
use tidemill_flow::{
    Approve, CheckContext, Flow, Kind,
    validation::{SchemaMistake, validate},
};
use tidemill_orchestrate::{RunId, State, TaskRunNumber};
use tidemill_store::{Reader, Steering, StoredRun, StoredTaskRun, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    CarriedRun, Error, OpenHome, Surroundings, open_home::no_run, parameters::split, run, runs,
    task_path::TaskPaths,
};

/// By which way a person's wish came, as a run's record names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    CommandLine,
    Api,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::CommandLine => "the command line",
            Self::Api => "the API",
        }
    }

    /// Why a run is cancelled that somebody cancels this way.
    fn cancelled(self) -> &'static str {
        match self {
            Self::CommandLine => "cancelled by `tidemill runs cancel`",
            Self::Api => "cancelled over the API",
        }
    }

    /// Why a question was answered with no.
    fn rejected(self) -> &'static str {
        match self {
            Self::CommandLine => "rejected by `tidemill reject`",
            Self::Api => "rejected over the API",
        }
    }
}

/// What is wanted of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish<'w> {
    /// That it ends, with every process that it started.
    Cancel {
        /// Whether what runs gets no time to end by itself.
        at_once: bool,
    },
    /// A yes to the question of a task, or to the only one.
    Approve(Option<&'w str>, Fields<'w>),
    /// A no.
    Reject(Option<&'w str>),
}

/// What a person enters with a yes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fields<'w> {
    /// Each `name=value`, converted as the question's schema says.
    Typed(&'w [String]),
    /// Values that have their types already; null: none.
    Values(&'w Json),
}

/// What came of it.
pub enum Steered {
    /// The process that carries the run has done it.
    Done(SteeredRun),
    /// Nobody carried the run: this process does now, and has done it.
    Carried(SteeredRun, Box<CarriedRun>, Events),
}

/// A run that was steered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Steered)]
pub struct SteeredRun {
    /// The run's id.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// The task that asked, where a question was answered.
    pub task: Option<String>,
}

/// At most so many of a run's questions are known at once.
const QUESTIONS: usize = 1_000;

/// A run's question.
pub(crate) struct Question {
    number: TaskRunNumber,
    pub(crate) task_run: String,
    pub(crate) path: String,
    /// What is asked, in Markdown.
    pub(crate) message: Option<Arc<str>>,
    /// JSON Schema of what may be entered.
    pub(crate) fields: Option<Json>,
}

/// A run that someone steers, and the engine that does it.
struct Steer {
    engine: Engine,
    run: StoredRun,
}

impl Steer {
    async fn open(surroundings: &Surroundings, text: &str) -> Result<Self, Error> {
        if OpenHome::open_existing(surroundings)?.is_none() {
            return Err(no_run(text));
        }
        let engine = run::open(surroundings).await?;
        engine.settle().await?;
        Self::find(engine, text)
    }

    /// The run that a text names, to be steered by an engine that is open.
    fn find(engine: Engine, text: &str) -> Result<Self, Error> {
        let reader = engine.store().reader()?;
        let id = runs::find_in(&reader, text)?;
        let run = runs::stored(&reader, id)?;
        drop(reader);
        Ok(Self { engine, run })
    }

    fn id(&self) -> RunId {
        self.run.id
    }

    /// What the engine is asked for a wish, and the task whose question it answers.
    fn steering(&self, wish: Wish<'_>, by: By) -> Result<(Steering, Option<String>), Error> {
        match wish {
            Wish::Cancel { at_once } => {
                let reason = by.cancelled().to_owned();
                let steering = match at_once {
                    true => Steering::Kill { reason },
                    false => Steering::Cancel { reason },
                };
                Ok((steering, None))
            }
            Wish::Approve(task, fields) => {
                let question = self.question(task)?;
                let fields = entered(&question, fields)?;
                check_fields(&question, &fields)?;
                let task = Some(question.number);
                Ok((Steering::Approve { task, fields }, Some(question.path)))
            }
            Wish::Reject(task) => {
                let question = self.question(task)?;
                let steering = Steering::Reject {
                    task: Some(question.number),
                    reason: by.rejected().to_owned(),
                };
                Ok((steering, Some(question.path)))
            }
        }
    }

    /// Has it done, by whoever carries the run.
    async fn act(&self, wish: Wish<'_>, by: By) -> Result<(SteeredRun, EngineSteered), Error> {
        let (steering, task) = self.steering(wish, by)?;
        let wanted = steering.clone();
        let done = match self.engine.steer(self.id(), wanted, by.name()).await {
            // The process that carried the run may have ended before its answer was kept.
            Err(EngineError::NoAnswer { .. }) if self.came_about(&steering)? => EngineSteered::Done,
            other => other?,
        };
        let steered = SteeredRun {
            id: self.run.id.to_string(),
            name: self.run.name.clone(),
            task,
        };
        Ok((steered, done))
    }

    /// Whether the run stands as it would if what was wanted had been done.
    fn came_about(&self, steering: &Steering) -> Result<bool, Error> {
        let reader = self.engine.store().reader()?;
        let (Steering::Approve { task, .. } | Steering::Reject { task, .. }) = steering else {
            return Ok(runs::stored(&reader, self.run.id)?.state == State::Cancelled);
        };
        let numbers: Vec<TaskRunNumber> = task.iter().copied().collect();
        let asked = reader.task_runs_numbered(self.run.id, &numbers, false)?;
        Ok(asked.first().is_some_and(|row| row.state.is_terminal()))
    }

    /// The question that is meant: the named one, or the only one.
    fn question(&self, task: Option<&str>) -> Result<Question, Error> {
        let mut questions = self.questions()?;
        let name = &self.run.name;
        let listed = questions
            .iter()
            .map(|question| format!("`{}`", question.path))
            .collect::<Vec<_>>()
            .join(", ");
        let found = match task {
            Some(task) => questions.iter().position(|question| question.path == task),
            None if questions.len() == 1 => Some(0),
            None => None,
        };
        if let Some(found) = found {
            return Ok(questions.swap_remove(found));
        }
        Err(Error::NoQuestion(match (task, questions.is_empty()) {
            (_, true) => format!("run {name} is {} and waits for no answer", self.run.state),
            (Some(task), false) => {
                format!("task `{task}` of run {name} does not wait for an answer; {listed} does")
            }
            (None, false) => {
                format!("several tasks of run {name} wait for an answer: {listed}; name one")
            }
        }))
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        let reader = self.engine.store().reader()?;
        questions(&reader, self.id())
    }
}

/// The questions of a run that wait for an answer.
pub(crate) fn questions(reader: &Reader, run: RunId) -> Result<Vec<Question>, Error> {
    let paused = TaskRunFilter {
        states: vec![State::Paused],
        ..TaskRunFilter::default()
    };
    let rows = reader.task_runs(run, &paused, None, QUESTIONS)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = reader.run_inputs(run)?.flow_text.unwrap_or_default();
    let Some(flow) = tidemill_flow::check(&text, &CheckContext::default()).flow else {
        return Ok(Vec::new());
    };
    let paths = TaskPaths::of_some(reader, run, &runs::names_of(&flow), &rows)?;
    let question = |row: &StoredTaskRun| {
        let approval = approval(&flow, row.task)?;
        Some(Question {
            number: row.number,
            task_run: row.id.to_string(),
            path: paths.get(row.number).unwrap_or_default().to_owned(),
            message: row.message.clone(),
            fields: approval.fields.clone(),
        })
    };
    Ok(rows.iter().filter_map(question).collect())
}

/// The approval that a task is, if it is one.
fn approval(flow: &Flow, task: u32) -> Option<&Approve> {
    match &flow.tasks[flow.tasks.index(task)?].kind {
        Kind::Approve(approve) => Some(approve),
        _ => None,
    }
}

/// Has something done to a run by an engine that stays open.
///
/// # Errors
/// Where there is no such run or question, it has ended, or its process does not
/// answer.
pub(crate) async fn on(
    engine: &Engine,
    run: &str,
    wish: Wish<'_>,
    by: By,
) -> Result<SteeredRun, Error> {
    let steer = Steer::find(engine.clone(), run)?;
    let (steered, _) = steer.act(wish, by).await?;
    Ok(steered)
}

/// Has something done to a run by an engine of this call, which goes on where
/// nobody else carried the run.
async fn here(surroundings: &Surroundings, run: &str, wish: Wish<'_>) -> Result<Steered, Error> {
    let steer = Steer::open(surroundings, run).await?;
    let earlier = run::earlier(&steer.engine.store().reader()?, steer.id())?;
    let events = steer.engine.events();
    let since = Timestamp::now();
    let (steered, done) = steer.act(wish, By::CommandLine).await?;
    match done {
        EngineSteered::Done => {
            steer.engine.close(Close::Wait).await?;
            Ok(Steered::Done(steered))
        }
        EngineSteered::Carried(handle) => {
            let carried = run::carried_on(steer.engine, handle, since, earlier)?;
            Ok(Steered::Carried(steered, Box::new(carried), events))
        }
    }
}

/// Ends a run and every process that it started.
///
/// # Errors
/// Where there is no such run, it has ended, or its process does not answer.
pub async fn cancel(surroundings: &Surroundings, run: &str) -> Result<Steered, Error> {
    here(surroundings, run, Wish::Cancel { at_once: false }).await
}

/// Answers a question with yes, and with the fields that it asks for, each `name=value`.
///
/// # Errors
/// Where there is no such question, or the fields do not fit it.
pub async fn approve(
    surroundings: &Surroundings,
    run: &str,
    task: Option<&str>,
    fields: &[String],
) -> Result<Steered, Error> {
    here(
        surroundings,
        run,
        Wish::Approve(task, Fields::Typed(fields)),
    )
    .await
}

/// Answers a question with no.
///
/// # Errors
/// Where there is no such question.
pub async fn reject(
    surroundings: &Surroundings,
    run: &str,
    task: Option<&str>,
) -> Result<Steered, Error> {
    here(surroundings, run, Wish::Reject(task)).await
}

/// Holds what was entered against what the question asks for.
fn check_fields(question: &Question, entered: &Json) -> Result<(), Error> {
    let Some(schema) = &question.fields else {
        return Ok(());
    };
    validate(schema, entered).map_err(|mistakes| Error::Fields {
        task: question.path.clone(),
        mistakes: mistakes.iter().map(SchemaMistake::to_string).collect(),
    })
}

/// What the person entered, each field converted as the question's schema says;
/// null where nothing is asked and nothing was entered.
fn entered(question: &Question, fields: Fields<'_>) -> Result<Json, Error> {
    let pairs = match fields {
        Fields::Typed(pairs) => pairs,
        Fields::Values(Json::Null) => &[],
        Fields::Values(values) => return Ok(values.clone()),
    };
    if question.fields.is_none() && pairs.is_empty() {
        return Ok(Json::Null);
    }
    let properties = question
        .fields
        .as_ref()
        .and_then(|fields| fields.get("properties"));
    let mut values = Map::new();
    let mut mistakes = Vec::new();
    for pair in pairs {
        let converted = split(pair).and_then(|(name, text)| {
            let schema = properties.and_then(|properties| properties.get(name));
            let value =
                tidemill_flow::parameters::convert(schema.unwrap_or(&Json::Bool(true)), text)
                    .map_err(|expected| {
                        format!("field `{name}` is {expected}, and `{text}` is none")
                    })?;
            Ok((name.to_owned(), value))
        });
        match converted {
            Ok((name, value)) => {
                values.insert(name, value);
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(Json::Object(values))
    } else {
        Err(Error::Parameters(mistakes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_converted_as_the_question_says() {
        let question = |fields: Option<Json>| Question {
            number: TaskRunNumber::FIRST,
            task_run: String::new(),
            path: "ask".to_owned(),
            message: None,
            fields,
        };
        let schema = serde_json::json!({ "type": "object", "properties": {
            "version": { "type": "string" }, "count": { "type": "integer" } } });
        let pairs = [
            "version=1.10".to_owned(),
            "count=3".to_owned(),
            "other=x".to_owned(),
        ];
        assert_eq!(
            entered(&question(Some(schema.clone())), Fields::Typed(&pairs)).unwrap(),
            serde_json::json!({ "version": "1.10", "count": 3, "other": "x" })
        );
        assert!(
            entered(
                &question(Some(schema)),
                Fields::Typed(&["count=many".to_owned()])
            )
            .is_err()
        );
        assert_eq!(
            entered(&question(None), Fields::Typed(&[])).unwrap(),
            Json::Null
        );
    }
}
