//! What each command does: asks a verb, and shows its answer.

mod check;
mod doctor;
mod enable;
mod exec;
mod logs;
mod new;
mod plan;
mod remote;
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
    source::{Source, waited},
};

/// Does what was typed.
pub(crate) fn carry_out(
    surroundings: &Surroundings,
    arguments: Arguments,
) -> Result<Exit, Failure> {
    let shows_diagnostics = arguments.log_level.is_some();
    let server = arguments.server.as_deref();
    let source = Source::new(surroundings, server, arguments.token_file)?;
    match arguments.command {
        Command::Run(run) => run::run(&source, run, shows_diagnostics),
        Command::Check(check) => check::check(&source, &check),
        Command::Plan(plan) => plan::plan(&source, plan),
        Command::Schema(which) => schema(Some(&source), which),
        Command::Runs(runs) => runs::runs(&source, runs, shows_diagnostics),
        Command::Schedules(schedules) => schedules::schedules(&source, schedules),
        Command::Enable(enable) => enable::enable(&source, &enable, true),
        Command::Disable(disable) => enable::enable(&source, &disable, false),
        Command::Approve(approve) => steer::approve(&source, &approve, shows_diagnostics),
        Command::Reject(reject) => steer::reject(&source, &reject, shows_diagnostics),
        Command::Secrets(secrets) => tables::secrets(&source, secrets),
        Command::Vars(vars) => tables::vars(&source, vars),
        Command::Limits(limits) => tables::limits(&source, limits),
        Command::Settings(settings) => tables::settings(&source, settings),
        Command::New(new) => new::new(&source, &new),
        Command::Doctor(form) => doctor::doctor(&source, form),
        here => carry_out_here(surroundings, &source, here),
    }
}

/// Does what only this machine can.
fn carry_out_here(
    surroundings: &Surroundings,
    source: &Source<'_>,
    command: Command,
) -> Result<Exit, Failure> {
    if let Source::Server(..) = source {
        return Err(Failure::Api(tidemill_api::Error::Option {
            option: "--server",
            message: "this command works on this machine only".to_owned(),
            mend: Some("call it without --server".to_owned()),
        }));
    }
    match command {
        Command::Serve(serve) => serve::serve(surroundings, &serve),
        Command::Studio(studio) => studio::studio(surroundings, &studio),
        Command::Exec(command) => exec::exec(Ok(surroundings), command),
        Command::Completions { shell } => completions(shell),
        // All others were done above.
        _ => Ok(Exit::Done),
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
        Command::Schema(which) => schema(None, which),
        Command::Completions { shell } => completions(shell),
        _ => Err(error.into()),
    }
}

/// A schema as the program here has it; of a server, as that has it.
fn schema(source: Option<&Source<'_>>, which: SchemaArguments) -> Result<Exit, Failure> {
    let mut output = Output::new();
    // A schema is a document to read, too.
    let text = match (which.api, source) {
        (true, _) => serde_json::to_string_pretty(&tidemill_api::http::document()),
        (false, Some(Source::Server(_, client))) => {
            serde_json::to_string_pretty(&waited(client.schema())?)
        }
        (false, _) => serde_json::to_string_pretty(&tidemill_api::schema()),
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
pub(crate) fn open_settled(surroundings: &Surroundings) -> Result<Option<OpenHome>, Failure> {
    let Some(home) = OpenHome::open_existing(surroundings)? else {
        return Ok(None);
    };
    if home.has_orphans()? {
        runtime()?.block_on(settle(surroundings))?;
    }
    Ok(Some(home))
}
