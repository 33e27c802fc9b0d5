//! `flow`: another flow's run, carried by this engine, with a link to the task
//! run that asked for it, by which it is found again after a crash.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value as Json};
use tidemill_flow::{Subflow, template::to_json};
use tidemill_orchestrate::{Failure, FailureKind, Happening, Outcome, RunId, State};
use tidemill_store::{Parent, Steering};

use super::unevaluated;
use crate::{
    attempt::{Attempt, Interruption},
    cache::called_flow,
    engine::Engine,
    error::EngineError,
    handle::{RunEnd, RunHandle},
    recovery::Found,
    request::{LoadedFlow, RunRequest},
    stop::Stopping,
};

/// How deep runs may stand in runs.
pub(crate) const DEEPEST: u32 = 16;

/// Starts the child run, or finds the one that an earlier process started, and
/// waits for its end. An interruption cancels it.
pub(crate) async fn run(subflow: &Subflow, attempt: &Attempt) -> Outcome {
    let child = match child(subflow, attempt).await {
        Ok(Child::Carried(handle)) => handle,
        Ok(Child::Ended(name, end)) => return outcome(&name, end),
        Ok(Child::Interrupted(interruption)) => return attempt.interruption_outcome(interruption),
        Err(failure) => return Outcome::Failed(failure),
    };
    let ended = tokio::select! {
        biased;
        ended = child.ended() => return settled(attempt, &child, ended).await,
        interruption = attempt.interrupted() => {
            match attempt.stop.is_asked(Stopping::LetGo) {
                true => child.let_go(),
                false => child.cancel(ENDED),
            }
            (child.ended().await, interruption)
        }
    };
    match ended {
        (Ok(end), _) if end.state == State::Completed => outcome(&child.name, end),
        (Ok(_), interruption) => attempt.interruption_outcome(interruption),
        (Err(error), _) => Outcome::Failed(engine_failure(&error)),
    }
}

/// How often a child run that another process carries is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Why a child run is cancelled.
const ENDED: &str = "the task that started it was ended";

enum Child {
    Carried(RunHandle),
    Ended(String, RunEnd),
    /// The attempt was ended before there was one, or while another process carried it.
    Interrupted(Interruption),
}

async fn child(subflow: &Subflow, attempt: &Attempt) -> Result<Child, Failure> {
    let parent = Parent {
        run: attempt.facts.id,
        task: attempt.number(),
        attempt: attempt.assignment.attempt,
    };
    let ends = attempt.stop.is_asked(Stopping::Terminate);
    if attempt.recovered
        && let Some(found) = earlier(attempt, parent).await?
    {
        return Ok(found);
    }
    if ends {
        return Ok(Child::Interrupted(Interruption::Cancelled));
    }
    let request = request(subflow, attempt).await?;
    let (shared, depth) = (&attempt.shared, attempt.facts.depth + 1);
    match shared.start(request, Some(parent), depth).await {
        Ok(handle) => Ok(Child::Carried(handle)),
        // Whoever closes the engine ends this attempt too.
        Err(EngineError::Closed) if shared.is_closing() => {
            Ok(Child::Interrupted(attempt.interrupted().await))
        }
        Err(error) => Err(engine_failure(&error)),
    }
}

/// The child run that an earlier process started, if there is one. One that another
/// process carries, such as for a person who ran it again, is waited for; where this
/// attempt is interrupted, that process is asked to cancel it.
async fn earlier(attempt: &Attempt, parent: Parent) -> Result<Option<Child>, Failure> {
    let depth = attempt.facts.depth + 1;
    let mut interruption = attempt
        .stop
        .is_asked(Stopping::Terminate)
        .then_some(Interruption::Cancelled);
    let mut asked = false;
    loop {
        let first = match interruption {
            Some(_) => Happening::CancelRequested {
                reason: ENDED.to_owned(),
            },
            None => Happening::Start,
        };
        let found = attempt.shared.find_child(parent, depth, first).await;
        let child = match found.map_err(|error| engine_failure(&error))? {
            None => return Ok(None),
            Some(Found::Carried(handle)) => return Ok(Some(Child::Carried(handle))),
            Some(Found::Ended(name, end)) => {
                return Ok(Some(match interruption.filter(|_| asked) {
                    Some(interruption) if end.state != State::Completed => {
                        Child::Interrupted(interruption)
                    }
                    _ => Child::Ended(name, end),
                }));
            }
            Some(Found::Elsewhere(child)) => child,
        };
        if let Some(interruption) = interruption {
            if attempt.stop.is_asked(Stopping::LetGo) {
                return Ok(Some(Child::Interrupted(interruption)));
            }
            if !asked {
                cancel_elsewhere(attempt, child).await?;
                asked = true;
            }
        }
        interruption = look_later(attempt, interruption).await;
    }
}

/// Has a child run cancelled by the process that carries it.
async fn cancel_elsewhere(attempt: &Attempt, child: RunId) -> Result<(), Failure> {
    let engine = Engine {
        shared: Arc::clone(&attempt.shared),
    };
    let cancel = Steering::Cancel {
        reason: ENDED.to_owned(),
    };
    match engine.steer(child, cancel, "Tidemill").await {
        // It has ended by itself.
        Ok(_) | Err(EngineError::RunEnded { .. }) => Ok(()),
        Err(error) => Err(engine_failure(&error)),
    }
}

/// Waits until it is time for the next look at a child run that another process
/// carries; gives how the attempt has been interrupted by then.
async fn look_later(attempt: &Attempt, before: Option<Interruption>) -> Option<Interruption> {
    let looks = tokio::time::sleep(LOOK);
    tokio::select! {
        biased;
        interruption = attempt.interrupted(), if before.is_none() => Some(interruption),
        () = attempt.stop.asked(Stopping::LetGo), if before.is_some() => before,
        () = looks => before,
    }
}

async fn request(subflow: &Subflow, attempt: &Attempt) -> Result<RunRequest, Failure> {
    if attempt.facts.depth + 1 > DEEPEST {
        return Err(failure(format!(
            "flows call each other more than {DEEPEST} deep"
        )));
    }
    let scope = &attempt.assignment.scope;
    let facts = &attempt.facts;
    let reference = called_flow(&subflow.target, &facts.flow.workspace, &facts.folder, scope)
        .map_err(|error| unevaluated("flow.file", &error))?;
    let mut given = Map::new();
    for (name, template) in &subflow.parameters {
        let value = template
            .evaluate(scope)
            .map_err(|error| unevaluated(&format!("flow.parameters.{name}"), &error))?;
        given.insert(name.to_string(), to_json(&value));
    }
    let load = Arc::clone(&attempt.shared.load_flow);
    let loaded = tokio::task::spawn_blocking(move || load(&reference))
        .await
        .map_err(|error| failure(format!("the called flow cannot be read: {error}")))?
        .map_err(|error| failure(error.message))?;
    let parameters = bind(&loaded, given)?;
    Ok(RunRequest::new(loaded, parameters))
}

/// Checks the parameters against the called flow, and fills defaults in.
fn bind(loaded: &LoadedFlow, given: Map<String, Json>) -> Result<Map<String, Json>, Failure> {
    loaded.flow.bind_parameters(given).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        failure(format!(
            "parameters of flow `{}`: {}",
            loaded.flow.name,
            all.join("; ")
        ))
    })
}

async fn settled(
    attempt: &Attempt,
    child: &RunHandle,
    ended: Result<RunEnd, Arc<EngineError>>,
) -> Outcome {
    match ended {
        // It was let go of, and so is this attempt's run: it does not end by that.
        Ok(end) if !end.state.is_terminal() => {
            attempt.interruption_outcome(attempt.interrupted().await)
        }
        Ok(end) => outcome(&child.name, end),
        Err(error) => Outcome::Failed(engine_failure(&error)),
    }
}

/// What a child run's end is to the task that waited for it.
fn outcome(name: &str, end: RunEnd) -> Outcome {
    let told = |what: &str| {
        let why = end
            .message
            .as_deref()
            .map_or_else(String::new, |message| format!(": {message}"));
        failure(format!("run {name} {what}{why}"))
    };
    match end.state {
        State::Completed | State::Cached => Outcome::completed(end.output),
        // It was not to run (`concurrency` with `on_conflict: skip`): there is nothing to fail on.
        State::Skipped => Outcome::Completed {
            output: end.output,
            message: Some(format!("run {name} was skipped")),
        },
        State::Crashed => Outcome::Crashed(told("crashed")),
        State::TimedOut => Outcome::Failed(told("timed out")),
        State::Cancelled => Outcome::Failed(told("was cancelled")),
        _ => Outcome::Failed(told("failed")),
    }
}

fn failure(message: String) -> Failure {
    Failure::new(FailureKind::Subflow, message)
}

fn engine_failure(error: &EngineError) -> Failure {
    failure(error.to_string())
}
