//! What broke an expectation.

use jiff::Timestamp;
use serde::Serialize;
use tidemill_orchestrate::State;
use tidemill_store::{Reader, RunSummary};
use utoipa::ToSchema;

use crate::{Error, document::Moment, flows::RunBar};

/// How an expectation was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokenKind {
    /// A run failed, or its time was over.
    Failed,
    /// The process that carried a run went away.
    Crashed,
    /// The time of a run has passed, and it has not started.
    Late,
    /// A run takes much longer than usual.
    Slow,
    /// A run waits for a person.
    Approval,
}

/// What a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// Run it again.
    Retry,
    /// Answer the question.
    Answer,
    /// Look at what it does.
    Look,
    /// Have a process carry it on.
    CarryOn,
}

/// What broke an expectation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Broken {
    /// How.
    pub kind: BrokenKind,
    /// The flow.
    pub flow: String,
    /// The newest run that did.
    pub run: RunBar,
    /// Why, for a person.
    pub reason: String,
    /// How many runs of the flow did so since its last completed run.
    pub count: u64,
    /// When the first of them was made, or began to be so.
    pub since: Moment,
    /// What a person does about it.
    pub next_step: NextStep,
}

/// What failed and was not put right by a later run.
pub(super) fn failures(
    reader: &Reader,
    flows: &[String],
    since: Timestamp,
) -> Result<Vec<Broken>, Error> {
    let mut broken = Vec::new();
    for flow in flows {
        let Some(open) = reader.open_failures(flow, since)? else {
            continue;
        };
        let newest = &open.newest;
        broken.push(Broken {
            kind: match newest.state {
                State::Crashed => BrokenKind::Crashed,
                _ => BrokenKind::Failed,
            },
            flow: flow.clone(),
            run: RunBar::of(newest),
            reason: reason(newest),
            count: open.count,
            since: Moment(open.since),
            next_step: NextStep::Retry,
        });
    }
    Ok(broken)
}

fn reason(run: &RunSummary) -> String {
    match run.message.as_deref().and_then(|said| said.lines().next()) {
        Some(said) => said.to_owned(),
        None => match run.state {
            State::Crashed => "the process that carried it went away".to_owned(),
            State::TimedOut => "its time was over".to_owned(),
            _ => "it failed".to_owned(),
        },
    }
}

/// One of each kind and flow, with how many there are: the list is newest first.
pub(super) fn folded(all: Vec<Broken>) -> Vec<Broken> {
    let mut folded: Vec<Broken> = Vec::new();
    for one in all {
        // Each question has an answer of its own.
        let same = folded.iter_mut().find(|other| {
            one.kind != BrokenKind::Approval
                && (other.kind, &other.flow, other.next_step)
                    == (one.kind, &one.flow, one.next_step)
        });
        match same {
            Some(other) => {
                other.count += one.count;
                other.since = other.since.min(one.since);
            }
            None => folded.push(one),
        }
    }
    folded
}
