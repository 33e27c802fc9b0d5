//! What can be typed about runs: `runs …`, `approve`, `reject`.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};

use super::{JsonArguments, number::one_or_more};

/// `runs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsArguments {
    /// What to do; `ls` where nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// Filters of `ls`, which may be left out.
    #[command(flatten)]
    pub(crate) list: ListArguments,
}

impl RunsArguments {
    /// The filters, where listing is meant.
    #[cfg(test)]
    pub(crate) fn listing(&self) -> Option<&ListArguments> {
        match &self.command {
            None => Some(&self.list),
            Some(RunsCommand::Ls(list)) => Some(list),
            Some(_) => None,
        }
    }
}

/// The commands of `runs`.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, the newest first
    Ls(ListArguments),
    /// Show all about one run
    Show(ShowArguments),
    /// Print what a run's tasks wrote
    #[command(after_help = "\
Examples:
  tidemill runs logs last
  tidemill runs logs last --task fetch -f      one task, as it goes on
  tidemill runs logs 0192f3ab --grep timeout   lines that hold a text

On a pipe the bytes are those that the tasks wrote; on a terminal each line begins
with its time and task.")]
    Logs(LogsArguments),
    /// End a run and every process that it started
    Cancel {
        /// The run: an id (cut short while unique), a name, or `last`
        run: String,
    },
    /// Run a run again, with the flow text and parameters of its start
    #[command(after_help = "\
Examples:
  tidemill runs retry last                  everything again
  tidemill runs retry last --from-failed    only what did not complete")]
    Retry(RetryArguments),
    /// Forget a run that has ended: its record, its logs, its results
    Rm {
        /// The runs: ids (cut short while unique), names, or `last`
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
    },
}

/// `runs ls`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only runs of this flow
    #[arg(long, value_name = "NAME")]
    pub(crate) flow: Option<String>,

    /// Only runs in this state: a name (`TimedOut`), or a type (`failed`: all that failed)
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',')]
    pub(crate) states: Vec<String>,

    /// Only runs made since then: a duration back from now (`2h`, `7d`), or a time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Only runs whose parameter has this value; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,

    /// At most so many
    #[arg(long, value_name = "N", default_value = "20", value_parser = one_or_more)]
    pub(crate) limit: NonZeroU32,

    /// Go on where an earlier answer's `next` says
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `runs show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The run: an id (cut short while unique), a name, or `last`
    pub(crate) run: String,

    /// Every recorded transition, too
    #[arg(long)]
    pub(crate) transitions: bool,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `runs logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// The run: an id (cut short while unique), a name, or `last`
    pub(crate) run: String,

    /// Go on with what comes until the run ends
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Only lines that hold this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) grep: Option<String>,

    /// Only this task: `fetch`, `group/inner`, or one item as in `fetch[3]`
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,

    /// The form of the answer: one document; with `--follow` one a line.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `runs retry`.
#[derive(Debug, Args)]
pub(crate) struct RetryArguments {
    /// The run: an id (cut short while unique), a name, or `last`
    pub(crate) run: String,

    /// Keep what completed
    #[arg(long)]
    pub(crate) from_failed: bool,

    /// The form of the answer.
    #[command(flatten)]
    pub(crate) form: JsonArguments,
}

/// `approve`.
#[derive(Debug, Args)]
pub(crate) struct ApproveArguments {
    /// The run: an id (cut short while unique), a name, or `last`
    pub(crate) run: String,

    /// The task that asks; needed where several do
    pub(crate) task: Option<String>,

    /// A field's value, as the question's schema says; may be given several times
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
}

/// `reject`.
#[derive(Debug, Args)]
pub(crate) struct RejectArguments {
    /// The run: an id (cut short while unique), a name, or `last`
    pub(crate) run: String,

    /// The task that asks; needed where several do
    pub(crate) task: Option<String>,
}
