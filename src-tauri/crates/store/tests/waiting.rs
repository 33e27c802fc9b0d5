//! Receipts: as futures and blocking, committed and flushed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use sample::*;
use tempfile::TempDir;
use tidemill_orchestrate::State;
use tidemill_store::{NewLine, Store, StoreError, Stream};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn receipts_are_futures() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let run = new_run(1);
    let id = run.id;
    let first = vec![run_to(None, State::Pending)];
    let begun = store.writer().begin_run(run, first);
    block_on(begun.committed()).unwrap();
    block_on(begun.flushed()).unwrap();
    for n in 1..100 {
        let receipt = store.writer().append(id, whole(n, n).into());
        block_on(receipt.flushed()).unwrap();
        receipt.wait_flushed().unwrap();
    }
    let refused = store.writer().begin_run(new_run(1), vec![]);
    let error = block_on(refused.flushed()).unwrap_err();
    assert!(matches!(error, StoreError::RunExists(_)));
}

#[test]
fn lines_are_handed_over_by_a_future() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let run = new_run(1).id;
    block_on(async {
        for n in 0..300 {
            let line = NewLine {
                at: at(n),
                stream: Stream::Stderr,
                task: None,
                attempt: 1,
                bytes: vec![b'x'; 100_000],
                open: false,
            };
            store.logs().append_when_free(run, line).await.unwrap();
        }
        store.logs().appended().committed().await.unwrap();
    });
    let mut lines = store.logs().lines(run, Default::default());
    let mut count = 0;
    loop {
        let page = lines.next_page().unwrap();
        if page.is_empty() {
            break;
        }
        count += page.len();
    }
    assert_eq!(count, 600, "two pieces a line");
}
