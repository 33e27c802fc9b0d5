//! Where a run's transitions are recorded and found again: the store, and in
//! tests memory or a store that fails.
//!
//! Not here: what else the store keeps (limits, variables, logs).

use std::{future::Future, pin::Pin, sync::Arc};

use tidemill_orchestrate::{RunId, Transition};
use tidemill_store::{Batch, NewRun, Receipt, Store, StoreError, Unfinished};

/// A write on its way. Dropping it withdraws nothing.
pub(crate) type Committing = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// What takes in a run's transitions.
pub(crate) type Fold<'a> = &'a mut dyn FnMut(&mut dyn Iterator<Item = Transition>);

/// What a write is to survive before it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The end of this process.
    Committed,
    /// A power cut.
    Flushed,
}

/// Where a run's transitions are recorded. Writes of one run are done in the
/// order in which they are handed in, and a write's future resolves no earlier
/// than those of the writes before it.
pub(crate) trait Journal: Send + Sync {
    /// Records a new run with its first transitions.
    fn begin(&self, run: NewRun, first: Vec<Transition>, durability: Durability) -> Committing;

    /// Records what happened to a run.
    fn append(&self, run: RunId, batch: Batch, durability: Durability) -> Committing;

    /// Gives `fold` all transitions of a run, in order, as they are read; an error
    /// ends them early. May block.
    fn load(&self, run: RunId, fold: Fold<'_>) -> Result<(), StoreError>;

    /// The runs that have not ended, oldest first. May block.
    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError>;
}

/// The store as a journal.
pub(crate) struct StoreJournal {
    store: Arc<Store>,
}

impl StoreJournal {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

impl Journal for StoreJournal {
    fn begin(&self, run: NewRun, first: Vec<Transition>, durability: Durability) -> Committing {
        settled(self.store.writer().begin_run(run, first), durability)
    }

    fn append(&self, run: RunId, batch: Batch, durability: Durability) -> Committing {
        settled(self.store.writer().append(run, batch), durability)
    }

    fn load(&self, run: RunId, fold: Fold<'_>) -> Result<(), StoreError> {
        let reader = self.store.reader()?;
        let mut failed = None;
        let mut history = reader.transitions(run)?.map_while(|read| match read {
            Ok((_, transition)) => Some(transition),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        fold(&mut history);
        drop(history);
        failed.map_or(Ok(()), Err)
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.store.reader()?.unfinished()
    }
}

fn settled(receipt: Receipt, durability: Durability) -> Committing {
    Box::pin(async move {
        match durability {
            Durability::Committed => receipt.committed().await,
            Durability::Flushed => receipt.flushed().await,
        }
    })
}
