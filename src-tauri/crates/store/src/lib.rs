//! The SQLite store: transitions, runs, logs, search, settings.
//!
//! [`Store`] opens a home. Everything is written through its [`Writer`], whose
//! [`Receipt`]s tell when a write is committed (it survives a killed process) and
//! when it is flushed (it survives a power cut), and read through a [`Reader`],
//! which cannot write. The table of transitions is the truth; runs and task runs
//! are caches of the fold over it, written in the same transaction.

mod codec;
mod connection;
mod error;
mod flow_files;
mod home;
mod lock;
mod logs;
mod migrations;
mod overview;
mod owner;
mod reader;
mod receipt;
mod schedules;
mod secrets;
mod store;
mod tables;
mod time;
mod write;
mod writer;

pub use error::{KeychainFault, SecretsFault, StoreError};
pub use home::Home;
pub use logs::{
    LogAppended, LogFilter, LogHit, LogHits, LogLine, LogLines, LogView, LogWindow, Logs, NewLine,
    RunsSaying, Stream, TaskRunSet,
};
pub use owner::Owner;
pub use reader::{History, Reader};
pub use receipt::Receipt;
pub use secrets::{KeyPlace, Secrets};
pub use store::Store;
pub use tables::{
    cache::{CacheEntry, CacheKey, Cached},
    draft::Draft,
    due_time::{DueOutcome, DueReason, DueTime, MissedTimes, ScheduleLook, StoredDueTimes},
    limit::{Limit, SlotAround, SlotHolder, Slots},
    pin::{Pin, PinnedFlow},
    request::{Answer, KnownRequest, Request, Steering},
    run::{NewRun, Parent, RequestKey, RunInputs, StoredRun, Unfinished},
    run_list::{RunFilter, RunPage, RunSort},
    run_summary::{OpenFailures, RunMove, RunSummary, VersionRuns},
    saved_version::SavedVersion,
    schedule::{ScheduleOf, SeenSchedule},
    task_run::{ItemCount, StoredTaskRun, TaskRunFilter},
    task_tally::{Tally, TaskCount, TaskRunPlace},
    transition::{Recorded, TailMove},
    wait::Knot,
    workspace::Workspace,
};
pub use write::{Answered, Batch, Writer};
pub use writer::{Commit, CommittedBatch};
