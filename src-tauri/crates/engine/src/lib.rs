//! Carries the orchestrator's effects out: processes, timers, requests.
//!
//! An [`Engine`] is opened on a home and carries runs in the process that opened
//! it; other processes may do the same on the same home. It decides nothing of
//! what a run does next: that is the orchestrator's. Whatever happens is
//! committed to the store before its consequence starts and before anyone sees it.
//!
//! Everything is async on the caller's tokio runtime. [`guard::run_if_asked`] must
//! stand first in the program's `main`: the engine starts the program again as its
//! guard.

mod attempt;
mod cache;
mod crash;
mod drive;
mod due;
mod engine;
mod error;
mod event;
mod exec;
pub mod guard;
mod handle;
mod hindrance;
pub mod interpreter;
mod journal;
mod kinds;
mod limits;
mod mask;
mod plan;
pub mod process;
pub mod python;
mod recovery;
mod removal;
mod request;
mod run_facts;
mod run_log;
mod run_name;
mod scheduler;
mod secrets;
mod steering;
mod stop;
mod tls;
mod turn;

#[cfg(test)]
mod rehearsal;
#[cfg(test)]
mod testbed;

pub use due::{Due, is_late};
pub use engine::{Close, Engine, EngineOptions, PARALLELISM_SETTING};
pub use error::EngineError;
pub use event::{Event, Events, Line, Move, MoveNews, RunNews};
pub use exec::{ExecEnd, ExecRequest, exec};
pub use handle::{RunEnd, RunHandle};
pub use hindrance::{Hindrance, hindrances};
pub use kinds::http::{client as http_client, reason as http_reason};
pub use plan::{Outlook, PlannedTask};
pub use recovery::Settled;
pub use removal::remove_run;
pub use request::{FlowReference, LoadError, LoadFlow, LoadedFlow, RunRequest};
pub use scheduler::{Looked, ScheduledFlow, ScheduledWorkspace, Scheduler};
pub use steering::Steered;
