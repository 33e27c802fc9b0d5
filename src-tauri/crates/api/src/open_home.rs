//! A home's store, opened for a verb. Reading a home that is not there yet makes
//! nothing: it is as empty as a new one.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_engine::is_late;
use tidemill_store::{Home, Reader, Store, StoreError};

use crate::{Error, Surroundings, recorded::RecordedFlows};

/// A home whose store is open.
#[derive(Clone, Debug)]
pub struct OpenHome {
    store: Arc<Store>,
    flows: Arc<RecordedFlows>,
}

impl OpenHome {
    /// Opens the home's store; makes it where there is none.
    ///
    /// # Errors
    /// Where the store cannot be opened or made.
    pub fn open(surroundings: &Surroundings) -> Result<Self, Error> {
        let store = Store::open(&surroundings.home)?;
        Ok(Self::over(Arc::new(store)))
    }

    /// The home of a store that is open already.
    pub(crate) fn over(store: Arc<Store>) -> Self {
        Self {
            store,
            flows: Arc::default(),
        }
    }

    /// Waits until all lines that were handed over so far can be read.
    ///
    /// # Errors
    /// Where the logs cannot be written.
    pub fn wait_for_lines(&self) -> Result<(), Error> {
        Ok(self.store.logs().appended().wait_committed()?)
    }

    /// Opens the home's store if there is one.
    ///
    /// # Errors
    /// Where it is there and cannot be opened.
    pub fn open_existing(surroundings: &Surroundings) -> Result<Option<Self>, Error> {
        if Home::new(&surroundings.home).state().exists() {
            Self::open(surroundings).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The store, for who keeps it.
    pub(crate) fn shared_store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The flows that runs began with.
    pub(crate) fn flows(&self) -> &RecordedFlows {
        &self.flows
    }

    /// A door for reading.
    pub(crate) fn reader(&self) -> Result<Reader, Error> {
        Ok(self.store.reader()?)
    }

    /// Whether a run that has not ended has lost the process that carried it, or its
    /// time has passed: then [`crate::run::settle`] is due.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn has_orphans(&self) -> Result<bool, Error> {
        let reader = self.reader()?;
        let unfinished = reader.unfinished()?;
        let now = Timestamp::now();
        if unfinished.iter().any(|run| is_late(run, now)) {
            return Ok(true);
        }
        let mut owners = unfinished.iter().filter_map(|run| run.owner);
        Ok(owners.any(|owner| !reader.is_alive(owner)))
    }
}

/// What is said of a run that nobody knows, also where there is no home at all.
pub(crate) fn no_run(text: &str) -> Error {
    StoreError::NoRun(text.to_owned()).into()
}
