//! `runs cancel`, `approve`, `reject`: what a person wants of a run.

use std::future::Future;

use tidemill_api::steer::{self, Steered, SteeredRun};

use crate::{
    arguments::{ApproveArguments, RejectArguments},
    commands::run::{Answer, Form, carry},
    exit::Exit,
    interrupts::Interrupts,
    look::{Line, Role},
    message::Failure,
    output::Output,
    runtime::runtime,
    source::{Source, waited},
};

pub(crate) fn cancel(
    source: &Source<'_>,
    run: &str,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(_, client) => return done(client.cancel(run, false), "cancelled"),
    };
    runtime()?.block_on(async {
        let steered = steer::cancel(surroundings, run).await?;
        say(steered, "cancelled", shows_diagnostics)
            .await
            .map(|exit| match exit {
                // That the run is cancelled is what was wanted.
                Exit::Cancelled => Exit::Done,
                other => other,
            })
    })
}

pub(crate) fn approve(
    source: &Source<'_>,
    arguments: &ApproveArguments,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    let task = arguments.task.as_deref();
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(_, client) => {
            let steered = client.approve(&arguments.run, task, &arguments.fields);
            return done(steered, "approved");
        }
    };
    runtime()?.block_on(async {
        let steered = steer::approve(surroundings, &arguments.run, task, &arguments.fields).await?;
        say(steered, "approved", shows_diagnostics).await
    })
}

pub(crate) fn reject(
    source: &Source<'_>,
    arguments: &RejectArguments,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    let task = arguments.task.as_deref();
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(_, client) => {
            return done(client.reject(&arguments.run, task), "rejected");
        }
    };
    runtime()?.block_on(async {
        let steered = steer::reject(surroundings, &arguments.run, task).await?;
        say(steered, "rejected", shows_diagnostics).await
    })
}

/// Says what a server has done.
fn done(
    steered: impl Future<Output = Result<SteeredRun, tidemill_api::Error>>,
    what: &str,
) -> Result<Exit, Failure> {
    say_done(&waited(steered)?, what)?;
    Ok(Exit::Done)
}

/// Says what was done; where this process carries the run now, shows it to its end.
async fn say(steered: Steered, done: &str, shows_diagnostics: bool) -> Result<Exit, Failure> {
    match steered {
        Steered::Done(run) => {
            say_done(&run, done)?;
            Ok(Exit::Done)
        }
        Steered::Carried(run, carried, events) => {
            let interrupts = Interrupts::new()?;
            say_done(&run, done)?;
            let form = Form {
                answer: Answer::Shown,
                live: !shows_diagnostics,
            };
            carry(*carried, Some(events), form, interrupts).await
        }
    }
}

fn say_done(run: &SteeredRun, done: &str) -> Result<(), Failure> {
    let mut output = Output::new();
    let mut line = Line::plain(&format!("{done} "));
    if let Some(task) = &run.task {
        line.push(Role::Strong, task);
        line.push(Role::Plain, " of ");
    }
    line.push(Role::Strong, &run.name);
    output.line(&line)?;
    output.flush()?;
    Ok(())
}
