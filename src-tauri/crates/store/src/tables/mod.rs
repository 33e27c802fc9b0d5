//! One file a table: its row, its reads, its writes. Their schema stands in
//! `migrations/`.

pub(crate) mod cache;
pub(crate) mod device;
pub(crate) mod draft;
pub(crate) mod due_time;
pub(crate) mod limit;
pub(crate) mod parameters;
pub(crate) mod pin;
pub(crate) mod request;
pub(crate) mod result;
pub(crate) mod run;
pub(crate) mod run_list;
pub(crate) mod run_summary;
pub(crate) mod saved_version;
pub(crate) mod schedule;
pub(crate) mod setting;
pub(crate) mod task_run;
pub(crate) mod task_tally;
pub(crate) mod text;
pub(crate) mod transition;
pub(crate) mod variable;
pub(crate) mod wait;
pub(crate) mod workspace;
