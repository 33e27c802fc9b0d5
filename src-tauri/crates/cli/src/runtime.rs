//! The runtime of those commands that carry runs. Others start none.

use tokio::runtime::{Builder, Runtime};

use crate::message::Failure;

/// Few threads: what a run does happens in other processes.
const WORKERS: usize = 2;

/// A runtime.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)
}
