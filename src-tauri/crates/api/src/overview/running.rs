//! Runs that have not ended, and what of them is not as expected.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tidemill_orchestrate::State;
use tidemill_store::{Reader, RunSummary};
use utoipa::ToSchema;

use super::{Broken, BrokenKind, NextStep};
use crate::{
    Error,
    document::Moment,
    flows::{self, RunBar},
    steer,
};

/// So many completed runs tell what is usual.
const COMPLETED: usize = 5;

/// A run is slow that takes longer than twice the usual time, and so much longer too.
const GRACE: Duration = Duration::from_secs(30);

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunningRun {
    /// The run.
    #[serde(flatten)]
    pub run: RunBar,
    /// Its flow.
    pub flow: String,
    /// How long the flow usually takes, in milliseconds.
    pub usual_ms: Option<u64>,
    /// How many of its task runs have ended.
    pub done: u64,
    /// How many task runs it has so far.
    pub total: u64,
}

/// A run that has not ended, and what of it is not as expected.
pub(super) fn going(
    reader: &Reader,
    run: &RunSummary,
    now: Timestamp,
) -> Result<(RunningRun, Option<Broken>), Error> {
    let tally = reader.tally(run.id)?;
    let ended = tally
        .counts
        .iter()
        .filter(|count| count.state.is_terminal());
    let asks = tally
        .counts
        .iter()
        .any(|count| count.state == State::Paused);
    let durations = reader.durations_of_flow(&run.flow, flows::USUAL)?;
    let enough = durations.len() >= COMPLETED;
    let usual = flows::middle(durations);
    let known = RunningRun {
        run: RunBar::of(run),
        flow: run.flow.clone(),
        usual_ms: usual.map(flows::whole_milliseconds),
        done: ended.map(|count| count.count).sum(),
        total: tally.total(),
    };
    let broken = |kind, reason, next_step, since| Broken {
        kind,
        flow: run.flow.clone(),
        run: RunBar::of(run),
        reason,
        count: 1,
        since: Moment(since),
        next_step,
    };
    let begun = run.started_at.unwrap_or(run.created_at);
    if asks {
        let reason = question(reader, run)?;
        let wrong = broken(BrokenKind::Approval, reason, NextStep::Answer, begun);
        return Ok((known, Some(wrong)));
    }
    let wrong = if run.parent.is_some() {
        None
    } else if is_abandoned(reader, run) {
        let reason = "the process that carried it went away; it waits to be carried on";
        Some(broken(
            BrokenKind::Crashed,
            reason.to_owned(),
            NextStep::CarryOn,
            begun,
        ))
    } else if run.state == State::Late {
        let since = run.scheduled_for.unwrap_or(run.created_at);
        let reason = run.message.clone();
        let reason = reason.unwrap_or_else(|| "its time has passed".to_owned());
        Some(broken(BrokenKind::Late, reason, NextStep::Look, since))
    } else {
        let usual = usual.filter(|_| enough && run.state != State::Paused);
        slow(run, usual, now).map(|reason| {
            let since = run.started_at.unwrap_or(now);
            broken(BrokenKind::Slow, reason, NextStep::Look, since)
        })
    };
    Ok((known, wrong))
}

/// Whether nobody carries a run that should go on.
fn is_abandoned(reader: &Reader, run: &RunSummary) -> bool {
    match run.owner {
        Some(owner) => !reader.is_alive(owner),
        None => run.state == State::AwaitingRetry,
    }
}

/// Why a run is slow, if it is.
fn slow(run: &RunSummary, usual: Option<Duration>, now: Timestamp) -> Option<String> {
    let usual = usual?;
    let taken = Duration::try_from(now.duration_since(run.started_at?)).ok()?;
    let bound = (usual * 2).max(usual + GRACE);
    let text = |duration: Duration| {
        tidemill_schedule::duration::format(Duration::from_secs(duration.as_secs().max(1)))
    };
    (taken > bound).then(|| {
        format!(
            "it has run for {}; usually it takes {}",
            text(taken),
            text(usual)
        )
    })
}

/// What a run asks.
fn question(reader: &Reader, run: &RunSummary) -> Result<String, Error> {
    let open = steer::questions(reader, run.id)?;
    let first = open.first();
    Ok(match first.and_then(|first| first.message.as_deref()) {
        Some(message) => message.lines().next().unwrap_or_default().to_owned(),
        None => first.map_or_else(
            || "it waits for an answer".to_owned(),
            |first| format!("`{}` waits for an answer", first.path),
        ),
    })
}
