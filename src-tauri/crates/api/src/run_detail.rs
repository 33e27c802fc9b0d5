//! One run as its page shows it: how it stands, what failed and why, what it asks.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::Value as Json;
use tidemill_flow::{Value, template::to_json};
use tidemill_orchestrate::Part;
use utoipa::ToSchema;

use crate::{
    Error, FailedTask, OpenHome,
    document::{Moment, RunDocument},
    failure, runs,
    schemas::AnyJson,
    steer,
};

/// At most so many failed tasks are told of.
const FAILURES: usize = 3;

/// So many earlier runs say how long one usually takes.
const EARLIER: usize = 10;

/// One run, and what its page shows beside it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunDetail)]
pub struct RunDetailDocument {
    /// The run.
    pub run: RunDocument,
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
    /// What it tries of the flow; null where it is a run of all of it.
    pub trial: Option<TrialDocument>,
    /// How many task runs stand in which type of state; without those that newer ones
    /// stand for.
    pub counts: BTreeMap<&'static str, u64>,
    /// How many task runs that are.
    pub task_runs: u64,
    /// Whether a living process carries it.
    pub carried: bool,
    /// What failed by itself, the first of it.
    pub failures: Vec<FailedTask>,
    /// How many more failed.
    pub failures_left_out: usize,
    /// The middle of how long earlier completed runs of the flow took.
    pub usual_ms: Option<u64>,
    /// The questions that wait for an answer.
    pub questions: Vec<QuestionDocument>,
    /// The event stream's cursor from which on its events are news to this.
    pub cursor: u64,
}

/// What a run tries of its flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Trial)]
pub struct TrialDocument {
    /// `only` the task, all `until` it, all `from` it on; null: all of the flow, with
    /// outputs that are pinned.
    pub part: Option<&'static str>,
    /// The path of the task that the part is seen from.
    pub task: Option<String>,
}

/// A question that waits for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Question)]
pub struct QuestionDocument {
    /// The task run's path, by which it is answered.
    pub path: String,
    /// The task run's id.
    pub task_run: String,
    /// What is asked, in Markdown.
    #[schema(value_type = Option<String>)]
    pub message: Option<Arc<str>>,
    /// JSON Schema of what may be entered; null where nothing is asked for.
    #[schema(value_type = AnyJson)]
    pub fields: Json,
}

/// What a run tries, as it was recorded.
fn tried(trial: &Value) -> TrialDocument {
    let text = |key: &str| {
        let value = trial.get_attr(key).ok()?;
        value.as_str().map(str::to_owned)
    };
    TrialDocument {
        part: text("part").and_then(|part| Some(Part::named(&part)?.name())),
        task: text("task"),
    }
}

/// All that a run's page shows of it.
///
/// # Errors
/// Where there is no such run, or several, or the store cannot be read.
pub fn detail(home: &OpenHome, text: &str) -> Result<RunDetailDocument, Error> {
    let reader = home.reader()?;
    let id = runs::find_in(&reader, text)?;
    // What is read after it may be newer than it says, never older.
    let cursor = reader.last_sequence()?;
    let run = runs::stored(&reader, id)?;
    let inputs = reader.run_inputs(id)?;
    let tally = reader.tally(id)?;
    let mut counts = BTreeMap::new();
    for count in &tally.counts {
        *counts.entry(count.state.state_type().name()).or_insert(0) += count.count;
    }
    let failures = match run.state.is_failure() {
        true => {
            let names = runs::task_names(inputs.flow_text.as_deref());
            failure::failures(home.store(), id, &names, FAILURES)?
        }
        false => failure::Failures::default(),
    };
    let question = |question: steer::Question| QuestionDocument {
        path: question.path,
        task_run: question.task_run,
        message: question.message,
        fields: question.fields.unwrap_or_default(),
    };
    let questions = match run.state.is_terminal() {
        true => Vec::new(),
        false => steer::questions(&reader, id)?,
    };
    Ok(RunDetailDocument {
        attempt: run.run_attempt,
        file: run.file.clone(),
        workspace: run.workspace.clone(),
        scheduled_for: run.scheduled_for.map(Moment),
        parent: run.parent.map(|parent| parent.run.to_string()),
        trigger: to_json(&inputs.trigger),
        trial: inputs.trial.as_ref().map(tried),
        counts,
        task_runs: tally.total(),
        carried: run.owner.is_some_and(|owner| reader.is_alive(owner)),
        failures: failures.tasks,
        failures_left_out: failures.more,
        usual_ms: middle(reader.durations_of_flow(&run.flow, EARLIER)?),
        questions: questions.into_iter().map(question).collect(),
        run: runs::document(&run),
        cursor,
    })
}

/// The middle of some durations, in milliseconds.
fn middle(mut durations: Vec<Duration>) -> Option<u64> {
    durations.sort_unstable();
    let middle = durations.get(durations.len() / 2)?;
    u64::try_from(middle.as_millis()).ok()
}
