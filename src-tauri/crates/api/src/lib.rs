//! The verbs of Tidemill: each a function from a typed request to a typed answer.
//!
//! Here a person's words become typed requests: which home and which workspace
//! are meant, which flow, which run, which parameters. Nothing here prints, and
//! nothing knows by which way a request came. Lists and tables are plain
//! functions over an [`OpenHome`]; what carries runs is async, on the caller's
//! tokio runtime.

pub mod activity;
mod answers;
mod callers;
mod catalog;
pub mod check;
pub mod client;
pub mod compare;
pub mod delete;
mod disk_file;
pub mod doctor;
mod document;
pub mod drafts;
mod due;
pub mod duplicate;
mod earlier;
mod error;
pub mod exec;
mod failure;
mod file_changes;
mod file_news;
mod flow_file;
mod flow_target;
pub mod flows;
pub mod graph;
pub mod graph_diff;
pub mod histogram;
mod home_lock;
mod host;
pub mod http;
mod indexing;
mod inside;
pub mod layout;
mod log_authors;
pub mod log_file;
pub mod log_window;
mod login_path;
pub mod logs;
pub mod new;
pub mod nodes;
mod open_home;
mod outline;
pub mod overview;
mod parameters;
pub mod pins;
pub mod plan;
pub mod preview;
pub mod record;
mod recorded;
mod references;
pub mod rename;
mod report;
pub mod run;
pub mod run_detail;
mod run_filter;
pub mod runs;
pub mod save;
pub mod schedules;
mod scheduling;
mod schemas;
pub mod search;
pub mod settings;
pub mod standing;
pub mod steer;
mod surroundings;
pub mod tables;
mod tail;
mod task_path;
pub mod task_runs;
pub mod timeline;
mod trial;
mod upkeep;
mod usual;
pub mod versions;
mod watch;
mod workspace;
pub mod workspaces;

pub use answers::{ChangedFile, FileDiagnostics, FlowCaller};
pub use catalog::FlowCatalog;
pub use document::{Moment, RunDocument, RunReport, TaskDocument};
pub use error::{Error, ErrorKind};
pub use failure::{FailedTask, Failures};
pub use file_news::{FileChange, FileEvent, FileKind};
pub use home_lock::{Holder, holder};
pub use host::Host;
pub use login_path::take_login_path;
pub use open_home::OpenHome;
pub use outline::{Outline, OutlineTask};
pub use parameters::GivenParameters;
pub use report::RunStream;
pub use run::{CarriedRun, EarlierTaskRun, RunOrder};
pub use run_filter::{ListFilter, ListSort};
pub use surroundings::Surroundings;
pub use tail::{Following, Happened, MoveDocument};
pub use tidemill_engine::{Close, Event, Events, Line as LogLine, Move, MoveNews, RunEnd, RunNews};
pub use tidemill_flow::{Diagnostic, Place, Severity, schema, template::to_json};
pub use tidemill_orchestrate::{Creation, Part, RunId, State, StateType, Subject, TaskRunNumber};
pub use trial::TrialOrder;
pub use workspace::FlowChoice;

/// If this process was started as an engine's guard, does its work and gives the
/// code to leave `main` with. To be called first thing in `main`.
pub fn guard_if_asked() -> Option<std::process::ExitCode> {
    tidemill_engine::guard::run_if_asked()
}

/// A duration as it is typed everywhere, such as `30s` or `1h30m`.
///
/// # Errors
/// What is wrong with it, and how to write one.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    tidemill_schedule::duration::parse(text).map_err(|error| format!("{error}; {}", error.mend()))
}
