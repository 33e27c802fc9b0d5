//! What each command does: asks a verb, and shows its answer.

mod check;
mod doctor;
mod exec;
mod logs;
mod new;
mod plan;
mod run;
mod runs;
mod schedules;
mod serve;
mod show;
mod steer;
mod studio;
mod tables;

use clap::CommandFactory;
use tidemill_api::{OpenHome, Surroundings, run::settle};

use crate::{
    arguments::{Arguments, Command, SchemaArguments},
    exit::Exit,
    message::Failure,
    output::Output,
    runtime::runtime,
};

/// Does what was typed.
pub(crate) fn carry_out(
    surroundings: &Surroundings,
    arguments: Arguments,
) -> Result<Exit, Failure> {
    let shows_diagnostics = arguments.log_level.is_some();
    match arguments.command {
        Command::Run(run) => run::run(surroundings, run, shows_diagnostics),
        Command::Check(check) => check::check(surroundings, &check),
        Command::Plan(plan) => plan::plan(surroundings, plan),
        Command::Schema(which) => schema(which),
        Command::Serve(serve) => serve::serve(surroundings, &serve),
        Command::Studio(studio) => studio::studio(surroundings, &studio),
        Command::Exec(command) => exec::exec(Ok(surroundings), command),
        Command::Runs(runs) => runs::runs(surroundings, runs, shows_diagnostics),
        Command::Schedules(schedules) => schedules::schedules(surroundings, schedules),
        Command::Approve(approve) => steer::approve(surroundings, &approve, shows_diagnostics),
        Command::Reject(reject) => steer::reject(surroundings, &reject, shows_diagnostics),
        Command::Secrets(secrets) => tables::secrets(surroundings, secrets),
        Command::Vars(vars) => tables::vars(surroundings, vars),
        Command::Limits(limits) => tables::limits(surroundings, limits),
        Command::Settings(settings) => tables::settings(surroundings, settings),
        Command::New(new) => new::new(surroundings, &new),
        Command::Doctor(form) => doctor::doctor(surroundings, form),
        Command::Completions { shell } => completions(shell),
    }
}

/// Does what was typed where the home or the workspace are not to be had: a
/// recorded command runs all the same.
pub(crate) fn carry_out_without(
    error: tidemill_api::Error,
    command: Command,
) -> Result<Exit, Failure> {
    match command {
        Command::Exec(command) => exec::exec(Err(error), command),
        Command::Schema(which) => schema(which),
        Command::Completions { shell } => completions(shell),
        _ => Err(error.into()),
    }
}

fn schema(which: SchemaArguments) -> Result<Exit, Failure> {
    let mut output = Output::new();
    // A schema is a document to read, too.
    let text = match which.api {
        true => serde_json::to_string_pretty(&tidemill_api::http::document()),
        false => serde_json::to_string_pretty(&tidemill_api::schema()),
    };
    let text = text.map_err(std::io::Error::from)?;
    output.text(&text)?;
    output.flush()?;
    Ok(Exit::Done)
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tidemill", &mut script);
    let mut output = Output::new();
    std::io::Write::write_all(&mut output, &script)?;
    output.flush()?;
    Ok(Exit::Done)
}

/// The home, if it is there, with runs settled whose process is gone.
fn open_settled(surroundings: &Surroundings) -> Result<Option<OpenHome>, Failure> {
    let Some(home) = OpenHome::open_existing(surroundings)? else {
        return Ok(None);
    };
    if home.has_orphans()? {
        runtime()?.block_on(settle(surroundings))?;
    }
    Ok(Some(home))
}
