//! What can be typed: every command, flag and help text, as declarations.
//!
//! Not here: what a command does (`commands`), and what its values mean (`api`).

mod home;
mod number;
mod runs;

pub(crate) use home::{LimitsCommand, SecretsCommand, SettingsCommand, VarsCommand};
pub(crate) use runs::{
    ApproveArguments, ListArguments, LogsArguments, RejectArguments, RetryArguments, RunsArguments,
    RunsCommand, ShowArguments,
};

use std::{ffi::OsString, path::PathBuf};

use number::{duration, times};

use clap::{Args, Parser, Subcommand};

/// Runs flows: tasks in files, in order, each recorded.
#[derive(Debug, Parser)]
#[command(
    name = "tidemill",
    version,
    about = "Run flows: scripts, Python, HTTP and SQL as tasks in one file, in order, each recorded",
    after_help = "\
First steps:
  tidemill new hello            write hello.flow.yaml, a small flow to start from
  tidemill run hello            run it, here and now, and watch it
  tidemill runs                 what ran, and how it ended
  tidemill runs logs last       what the newest run wrote

`tidemill COMMAND --help` shows each command with examples.
Exit codes: 0 done; 1 the run failed, or `check` found mistakes; 2 the call, the flow
file or the parameters are wrong; 3 Tidemill itself could not go on; 130 cancelled.",
    disable_help_subcommand = true,
    max_term_width = 100,
    propagate_version = false
)]
pub(crate) struct Arguments {
    /// Where Tidemill keeps its store, instead of TIDEMILL_HOME or the platform's data directory
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub(crate) home: Option<PathBuf>,

    /// The folder whose flows are meant, instead of TIDEMILL_WORKSPACE or the nearest upwards
    /// with `.tidemill/`
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub(crate) workspace: Option<PathBuf>,

    /// Show the engine's own diagnostics on standard error: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", value_parser = LEVELS, hide_possible_values = true, help_heading = GLOBAL)]
    pub(crate) log_level: Option<String>,

    /// Ask the Tidemill that serves at this address instead of the home here; flows are named,
    /// and run there
    #[arg(long, global = true, value_name = "URL", help_heading = GLOBAL)]
    pub(crate) server: Option<String>,

    /// A file with the server's token, instead of TIDEMILL_TOKEN or the token of the home here
    #[arg(long, global = true, value_name = "FILE", requires = "server", help_heading = GLOBAL)]
    pub(crate) token_file: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where options that every command takes stand in its help.
const GLOBAL: &str = "Options of every command";

/// The levels of diagnostics, the fewest first.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a flow here and now, and show it live
    #[command(after_help = "\
Examples:
  tidemill run hello                        a flow of this workspace, by name
  tidemill run ./hello.flow.yaml            a flow by its file
  tidemill run report -p day=2026-03-29 -p 'cities=[\"Oslo\", \"Rome\"]'
  tidemill run report --params values.yaml  parameters from a YAML or JSON file
  tidemill run report --json | jq .run.state
  tidemill run report --quiet               in a crontab: mail only of what went wrong

FLOW is a file if it has a path separator or ends in `.yaml`, else a name in the workspace.
Ctrl-C cancels the run and every process that it started; a second Ctrl-C kills them.
Exit codes: 0 Completed; 1 Failed, Crashed or TimedOut; 2 nothing was started; 130 cancelled.")]
    Run(RunArguments),

    /// Check flow files and say every mistake with its place
    #[command(after_help = "\
Examples:
  tidemill check hello.flow.yaml
  tidemill check flows/*.flow.yaml --json

Each mistake is one line on standard output: path:line:column: error: text.
Exit codes: 0 no mistake (there may be warnings); 1 mistakes; 2 a file cannot be read.")]
    Check(CheckArguments),

    /// Show what would run, in what order, cached or not; run nothing
    #[command(after_help = "\
Examples:
  tidemill plan report -p day=2026-03-29
  tidemill plan ./report.flow.yaml --json")]
    Plan(PlanArguments),

    /// Print the flow file's JSON Schema, for editors
    #[command(after_help = "\
Example:
  tidemill schema > tidemill.schema.json
Then let the first line of a flow file say:
  # yaml-language-server: $schema=tidemill.schema.json")]
    Schema(SchemaArguments),

    /// Serve the engine, the API and the studio, without a window, until it is stopped
    #[command(after_help = "\
Examples:
  tidemill serve                            prints the address that opens the studio
  tidemill serve --open                     opens it in the browser
  tidemill serve --listen 127.0.0.1:0       on any port that is free
  tidemill serve --listen 0.0.0.0:4600      reachable from other machines

The address holds a token once; the browser keeps it as a cookie. Programs send it as
`Authorization: Bearer TOKEN`; it stands in the file `token` of the home.
Ctrl-C or SIGTERM: nothing new is started, what runs has --grace to end, and what still
runs then is let go of and carried on by the next serve; a second one lets go at once.")]
    Serve(ServeArguments),

    /// Open the studio: the desktop app where it is installed, else in the browser
    #[command(after_help = "\
Examples:
  tidemill studio                           the studio on this workspace
  tidemill studio --browser                 in the browser, also where the app is installed
  tidemill studio tidemill://run/last       at the newest run

In the browser it is served by this process until Ctrl-C, as by `tidemill serve`; its
address is printed.")]
    Studio(StudioArguments),

    /// Record any command as a run: its output, exit code and duration
    #[command(after_help = "\
Examples:
  tidemill exec -- ./backup.sh /data
  tidemill exec --name backup -- rsync -a src/ dst/    a name to find it by

In a crontab, put it before the command. The command's input, output and exit code pass
through unchanged (128 + signal where a signal ended it), and the command runs even if
nothing can be recorded.")]
    Exec(ExecArguments),

    /// Look at runs and steer them
    #[command(after_help = "\
Examples:
  tidemill runs                                   the newest runs
  tidemill runs --state failed --since 7d         what failed this week
  tidemill runs --flow report --param day=2026-03-29
  tidemill runs show last                         all about the newest run
  tidemill runs logs last -f                      follow what it writes
  tidemill runs retry 0192f3ab --from-failed      what failed, again

A run is named by its id (cut short while unique), by its readable name, or by `last`.")]
    Runs(RunsArguments),

    /// When flows are due
    #[command(after_help = "\
Examples:
  tidemill schedules                              every schedule of this workspace
  tidemill schedules next report                  the next times of a flow
  tidemill schedules pause report                 none of its times runs it, here
  tidemill schedules next --cron '5 7 * * mon-fri' --timezone Europe/Berlin --count 3")]
    Schedules(SchedulesArguments),

    /// Let a workspace's schedules fire on this machine
    #[command(after_help = "\
Examples:
  tidemill enable                                 the workspace here
  tidemill enable ~/flows

They fire while `tidemill serve` or the desktop app runs on this home.")]
    Enable(EnableArguments),

    /// Let a workspace's schedules fire on this machine no more
    Disable(EnableArguments),

    /// Answer a run that waits for an approval: yes
    #[command(after_help = "\
Examples:
  tidemill approve last
  tidemill approve brave-otter-42 release --field version=1.2.0")]
    Approve(ApproveArguments),

    /// Answer a run that waits for an approval: no
    #[command(after_help = "\
Example:
  tidemill reject brave-otter-42 release")]
    Reject(RejectArguments),

    /// Values that flows read as `secrets.NAME` and that no log shows
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tidemill secrets set API_TOKEN            asks for the value, without showing it
  pass show api | tidemill secrets set API_TOKEN
  tidemill secrets ls"
    )]
    Secrets(TableArguments<SecretsCommand>),

    /// Values that flows read as `vars.NAME`
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tidemill vars set THRESHOLD 20            a number: JSON where it parses, else text
  tidemill vars set VERSION '\"1.10\"'        quotes make it text
  tidemill vars ls"
    )]
    Vars(TableArguments<VarsCommand>),

    /// How many tasks at once may take a slot of a name, over all runs of this home
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tidemill limits set database 4            tasks with `limits: [database]`, four at once
  tidemill limits ls"
    )]
    Limits(TableArguments<LimitsCommand>),

    /// How Tidemill behaves on this machine
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tidemill settings                           every setting, its value and its meaning
  tidemill settings set parallelism 8
  tidemill settings set secrets.key keychain  moves the key of the secrets there
  tidemill settings rm parallelism            back to the default"
    )]
    Settings(TableArguments<SettingsCommand>),

    /// Write a small flow to start from
    #[command(after_help = "\
Examples:
  tidemill new report                       writes report.flow.yaml
  tidemill new report --from retries        begins from an example
  tidemill new --list                       names the examples")]
    New(NewArguments),

    /// Look whether all that Tidemill needs is there
    Doctor(JsonArguments),

    /// Print the completion script for a shell
    #[command(after_help = "\
Examples:
  tidemill completions bash > ~/.local/share/bash-completion/completions/tidemill
  tidemill completions zsh > ~/.zfunc/_tidemill
  tidemill completions fish > ~/.config/fish/completions/tidemill.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Whether a program reads the answer.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct JsonArguments {
    /// Print one JSON document on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// A flow with its parameters.
#[derive(Debug, Args)]
pub(crate) struct FlowArguments {
    /// The flow: a file, or a name in the workspace
    pub(crate) flow: String,

    /// A parameter's value; may be given several times
    #[arg(short, long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,

    /// A YAML or JSON file with parameters; `-p` wins over it
    #[arg(long = "params", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The flow.
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    /// Print nothing of a run that ends well, and of another only how it ended
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `schema`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Print the OpenAPI document of the HTTP API instead
    #[arg(long)]
    pub(crate) api: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The flow files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The flow.
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen: ADDRESS:PORT, or a port of this machine only
    #[arg(long, value_name = "ADDRESS", default_value = tidemill_api::http::listen::DEFAULT_ADDRESS)]
    pub(crate) listen: String,

    /// How long what runs is waited for when it is stopped, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) grace: std::time::Duration,

    /// Open the studio in the browser
    #[arg(long)]
    pub(crate) open: bool,
}

impl ServeArguments {
    /// As `studio` serves: on whatever port is free, and with the browser.
    pub(crate) fn for_browser() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            grace: std::time::Duration::from_secs(10),
            open: true,
        }
    }
}

/// `studio`.
#[derive(Debug, Args)]
pub(crate) struct StudioArguments {
    /// In the browser, also where the desktop app is installed
    #[arg(long)]
    pub(crate) browser: bool,

    /// What the app shows first: a flow file, or a link such as tidemill://run/ID
    #[arg(value_name = "FILE|LINK", conflicts_with = "browser")]
    pub(crate) show: Option<String>,
}

/// `exec`.
#[derive(Debug, Args)]
pub(crate) struct ExecArguments {
    /// What the run's flow is called; by default the program's name
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// The command and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// `schedules`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SchedulesArguments {
    /// What to do; `ls` where nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<SchedulesCommand>,
    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// The commands of `schedules`.
#[derive(Debug, Subcommand)]
pub(crate) enum SchedulesCommand {
    /// List every schedule of the workspace, its next time, what became of the last, and
    /// what was missed lately
    Ls(JsonArguments),
    /// Show the next times of a flow, or of a cron expression
    #[command(
        override_usage = "\
tidemill schedules next [OPTIONS] <FLOW>
       tidemill schedules next [OPTIONS] --cron <EXPR>",
        after_help = "\
Examples:
  tidemill schedules next report
  tidemill schedules next --cron '0 9 * * mon' --timezone Europe/Berlin
  tidemill schedules next --cron @daily --from 2026-03-28T12:00 --count 3 --json"
    )]
    Next(NextArguments),
    /// Let none of a flow's times run it on this machine; its file stays as it is
    Pause(PauseArguments),
    /// Let a flow's times run it again
    Resume(PauseArguments),
}

/// `schedules pause` and `schedules resume`.
#[derive(Debug, Args)]
pub(crate) struct PauseArguments {
    /// The flow: a file, or a name in the workspace
    pub(crate) flow: String,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `enable` and `disable`.
#[derive(Debug, Args)]
pub(crate) struct EnableArguments {
    /// The workspace's folder, or one in it; by default the workspace here
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `schedules next`.
#[derive(Debug, Args)]
pub(crate) struct NextArguments {
    /// The flow: a file, or a name in the workspace
    #[arg(required_unless_present = "cron", conflicts_with = "cron")]
    pub(crate) flow: Option<String>,

    /// A crontab expression instead of a flow
    #[arg(long, value_name = "EXPR")]
    pub(crate) cron: Option<String>,

    /// The zone in which the expression is read: an IANA name, or `local`
    #[arg(long, value_name = "TZ", requires = "cron")]
    pub(crate) timezone: Option<String>,

    /// Only times strictly after this one; now by default
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,

    /// How many times
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = times)]
    pub(crate) count: u32,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// A table of the home: `secrets`, `vars`, `limits`, `settings`.
#[derive(Debug, Args)]
pub(crate) struct TableArguments<C: Subcommand> {
    /// What to do; `ls` where nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<C>,
    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The flow's name; the file is NAME.flow.yaml in the current folder
    #[arg(required_unless_present = "list")]
    pub(crate) name: Option<String>,

    /// The example to begin from
    #[arg(long, value_name = "EXAMPLE")]
    pub(crate) from: Option<String>,

    /// Name the examples
    #[arg(long, conflicts_with_all = ["name", "from"])]
    pub(crate) list: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declarations_fit_together() {
        Arguments::command().debug_assert();
    }

    fn parse(line: &str) -> Arguments {
        Arguments::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn lists_are_what_a_noun_does_by_itself() {
        for line in [
            "tidemill runs --state failed",
            "tidemill runs ls --state failed",
        ] {
            let Command::Runs(runs) = parse(line).command else {
                panic!("{line}");
            };
            assert_eq!(
                runs.listing().map(|list| list.states.len()),
                Some(1),
                "{line}"
            );
        }
        parse("tidemill schedules");
        parse("tidemill schedules ls --json");
        for noun in ["settings", "secrets", "vars", "limits"] {
            parse(&format!("tidemill {noun}"));
            parse(&format!("tidemill {noun} --json"));
        }
    }

    #[test]
    fn what_follows_two_dashes_is_the_command_s() {
        let Command::Exec(exec) = parse("tidemill exec --name x -- ls --help -la").command else {
            panic!();
        };
        assert_eq!(exec.command, ["ls", "--help", "-la"]);
        assert_eq!(exec.name.as_deref(), Some("x"));
    }

    #[test]
    fn wrong_calls_are_told_apart() {
        for line in [
            "tidemill",
            "tidemill run",
            "tidemill check",
            "tidemill exec",
            "tidemill schedules next",
            "tidemill schedules next flow --cron *",
            "tidemill rnu x",
            "tidemill approve",
            "tidemill limits set x many",
        ] {
            let error = Arguments::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
