//! The index of the words that runs wrote, made behind those who write.
//!
//! Who serves the home keeps it up; where nobody does, a run that wrote much gives a
//! little of its end to it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tidemill_store::Store;

use crate::{Error, home_lock::holder, tail::blocking};

/// Between two looks at whether something was logged.
const LOOK: Duration = Duration::from_secs(1);

/// Between two looks where the index cannot be written.
const LOOK_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// How long it works at a stretch. It rests as long as it worked: the most that it
/// takes of a machine is half a core.
const STRETCH: Duration = Duration::from_millis(50);

/// Less than so many chunks are left for whoever serves the home next.
const MUCH: u64 = 64;

/// How long the end of a run is put off by it.
const AT_END: Duration = Duration::from_millis(200);

/// Indexes what is logged, by whichever process, until it is aborted.
pub(crate) async fn keep_up(store: Arc<Store>) {
    loop {
        let (started, logged) = (Instant::now(), Arc::clone(&store));
        let indexed = blocking(move || Ok(logged.logs().index_for(STRETCH)?)).await;
        let rest = match indexed {
            Ok(true) => LOOK,
            Ok(false) => started.elapsed(),
            Err(error) => {
                tracing::warn!(%error, "what was logged cannot be indexed");
                LOOK_AFTER_FAILURE
            }
        };
        tokio::time::sleep(rest).await;
    }
}

/// Indexes some of what was logged, where much is waiting and nobody serves the home.
///
/// # Errors
/// Where the logs or the index cannot be used.
pub(crate) fn at_end(store: &Store) -> Result<(), Error> {
    if store.logs().unindexed()? >= MUCH && holder(store.home().path()).is_none() {
        store.logs().index_for(AT_END)?;
    }
    Ok(())
}
