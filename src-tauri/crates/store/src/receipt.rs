//! Receipts: how one waits until a write is committed, or flushed to the disk.
//!
//! They depend on no runtime: each wait exists blocking and as a future.

use std::{
    future::poll_fn,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

use crate::{StoreError, writer::Shared};

/// Locks a mutex. A panic elsewhere leaves what it guards whole: every change
/// under these locks is one assignment or one push.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A promise of the writer: that a write will be committed, or that it failed.
///
/// Dropping it withdraws nothing: the write goes on.
#[derive(Debug)]
pub struct Receipt<T = ()> {
    ticket: Arc<Ticket<T>>,
    shared: Arc<Shared>,
}

/// The writer's side of a receipt.
#[derive(Debug)]
pub(crate) struct Ticket<T> {
    state: Mutex<Settling<T>>,
    settled: Condvar,
    /// Someone already waits for the disk, so the commit itself may flush.
    wants_flush: AtomicBool,
}

#[derive(Debug)]
struct Settling<T> {
    /// The write's answer, and the number of the commit that holds it.
    outcome: Option<Result<(T, u64), StoreError>>,
    wakers: Vec<Waker>,
}

impl<T> Ticket<T> {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(Settling {
                outcome: None,
                wakers: Vec::new(),
            }),
            settled: Condvar::new(),
            wants_flush: AtomicBool::new(false),
        }
    }

    /// Tells everyone who waits; the first outcome stands.
    pub(crate) fn settle(&self, outcome: Result<(T, u64), StoreError>) {
        let mut state = lock(&self.state);
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.settled.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether someone waits for the disk.
    pub(crate) fn wants_flush(&self) -> bool {
        self.wants_flush.load(Ordering::Acquire)
    }
}

impl<T: Clone> Receipt<T> {
    pub(crate) fn new(ticket: Arc<Ticket<T>>, shared: Arc<Shared>) -> Self {
        Self { ticket, shared }
    }

    /// Waits until the write is committed, and gives its answer: from then on it
    /// survives this process. Blocks the thread.
    pub fn wait_committed(&self) -> Result<T, StoreError> {
        self.wait_settled().map(|(value, _)| value)
    }

    /// As [`Receipt::wait_committed`], as a future.
    pub async fn committed(&self) -> Result<T, StoreError> {
        self.settled().await.map(|(value, _)| value)
    }

    /// Waits until the write is on the disk, and gives its answer: from then on
    /// it survives a power cut. Asks the writer to flush now. Blocks the thread.
    pub fn wait_flushed(&self) -> Result<T, StoreError> {
        self.ticket.wants_flush.store(true, Ordering::Release);
        let (value, commit) = self.wait_settled()?;
        self.shared.wait_flushed(commit)?;
        Ok(value)
    }

    /// As [`Receipt::wait_flushed`], as a future.
    pub async fn flushed(&self) -> Result<T, StoreError> {
        self.ticket.wants_flush.store(true, Ordering::Release);
        let (value, commit) = self.settled().await?;
        self.shared.flushed(commit).await?;
        Ok(value)
    }

    fn wait_settled(&self) -> Result<(T, u64), StoreError> {
        let mut state = lock(&self.ticket.state);
        loop {
            match &state.outcome {
                Some(outcome) => return outcome.clone(),
                None => {
                    state = self
                        .ticket
                        .settled
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    async fn settled(&self) -> Result<(T, u64), StoreError> {
        poll_fn(|context| {
            let mut state = lock(&self.ticket.state);
            match &state.outcome {
                Some(outcome) => Poll::Ready(outcome.clone()),
                None => {
                    remember(&mut state.wakers, context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Keeps a waker once.
pub(crate) fn remember(wakers: &mut Vec<Waker>, waker: &Waker) {
    if !wakers.iter().any(|kept| kept.will_wake(waker)) {
        wakers.push(waker.clone());
    }
}
