//! What is recorded, where, and when: a store that fails, a slow one, and memory.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use tidemill_orchestrate::{RunId, State, Transition};
use tidemill_store::{Batch, NewRun, StoreError, Unfinished};

use crate::{
    Engine, Event, Events,
    drive::Word,
    journal::{Committing, Durability, Fold, Journal, StoreJournal},
    testbed::{PATIENCE, Testbed, close, stored, until},
};

/// A store whose writes fail from one on.
struct Failing {
    journal: StoreJournal,
    left: Arc<AtomicU64>,
}

impl Failing {
    fn gate(&self, write: impl FnOnce(&StoreJournal) -> Committing) -> Committing {
        let fails = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_err();
        match fails {
            true => Box::pin(std::future::ready(Err(StoreError::Closed))),
            false => write(&self.journal),
        }
    }
}

impl Journal for Failing {
    fn begin(&self, run: NewRun, first: Vec<Transition>, durability: Durability) -> Committing {
        self.gate(|journal| journal.begin(run, first, durability))
    }

    fn append(&self, run: RunId, batch: Batch, durability: Durability) -> Committing {
        self.gate(|journal| journal.append(run, batch, durability))
    }

    fn load(&self, run: RunId, fold: Fold<'_>) -> Result<(), StoreError> {
        self.journal.load(run, fold)
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.journal.unfinished()
    }
}

#[tokio::test]
async fn a_store_that_fails_ends_the_carrying_and_what_runs() {
    let bed = Testbed::new();
    for writes in 1..4 {
        let left = Arc::new(AtomicU64::new(writes));
        let engine = bed.engine_with(|journal| Failing {
            journal,
            left: Arc::clone(&left),
        });
        let handle = engine
            .start(bed.request(
                "
name: faulty
tasks:
  a: { shell: 'true' }
  b: { shell: 'true', needs: [a] }
  c: { shell: 'sleep 1000' }
  d: { shell: 'true', needs: [b] }
",
            ))
            .await
            .unwrap();
        let ended = tokio::time::timeout(PATIENCE, handle.ended()).await;
        assert!(ended.unwrap().is_err());
        assert!(!stored_state(&engine, handle.id).is_terminal());
        // Whoever comes next finds a run that nobody carries.
        assert_eq!(stored(&engine, handle.id).owner, None);
        left.store(u64::MAX, Ordering::Relaxed);
        close(&engine).await;
    }
}

#[tokio::test]
async fn a_run_that_is_not_recorded_is_not_told_of() {
    let bed = Testbed::new();
    let engine = bed.engine_with(|journal| Failing {
        journal,
        left: Arc::default(),
    });
    let mut events = engine.events();
    let refused = engine
        .start(bed.request("{ name: a, tasks: { a: { value: 1 } } }"))
        .await;
    assert!(refused.is_err());
    assert!(events.try_next().is_none());
    close(&engine).await;
}

/// A store whose flushes wait for a word.
struct Slow {
    journal: StoreJournal,
    gate: Arc<tokio::sync::Semaphore>,
}

impl Journal for Slow {
    fn begin(&self, run: NewRun, first: Vec<Transition>, durability: Durability) -> Committing {
        self.journal.begin(run, first, durability)
    }

    fn append(&self, run: RunId, batch: Batch, durability: Durability) -> Committing {
        let committing = self.journal.append(run, batch, durability);
        let gate = Arc::clone(&self.gate);
        match durability {
            Durability::Committed => committing,
            Durability::Flushed => Box::pin(async move {
                drop(gate.acquire().await);
                committing.await
            }),
        }
    }

    fn load(&self, run: RunId, fold: Fold<'_>) -> Result<(), StoreError> {
        self.journal.load(run, fold)
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.journal.unfinished()
    }
}

#[tokio::test]
async fn an_end_is_told_after_its_flush_even_where_the_engine_lets_go() {
    let bed = Testbed::new();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let engine = bed.engine_with(|journal| Slow {
        journal,
        gate: Arc::clone(&gate),
    });
    let text = "{ name: a, tasks: { a: { shell: 'true' } } }";
    let handle = engine.start(bed.request(text)).await.unwrap();
    until("its end is on its way", || {
        stored_state(&engine, handle.id).is_terminal()
    })
    .await;
    handle.words.send(Word::LetGo).unwrap();
    let soon = std::time::Duration::from_millis(100);
    let early = tokio::time::timeout(soon, handle.ended()).await;
    assert!(early.is_err(), "{early:?}");
    gate.add_permits(1);
    bed.ended(&engine, &handle).await.is(State::Completed);
    close(&engine).await;
}

fn stored_state(engine: &Engine, run: RunId) -> State {
    stored(engine, run).state
}

/// A journal in memory, whose writes are done when they are let through.
#[derive(Clone)]
struct Memory {
    recorded: Arc<Mutex<Vec<Transition>>>,
    open: Arc<tokio::sync::Semaphore>,
}

impl Memory {
    /// One that lets so many writes through.
    fn open(writes: usize) -> Self {
        Self {
            recorded: Arc::default(),
            open: Arc::new(tokio::sync::Semaphore::new(writes)),
        }
    }

    fn write(&self, transitions: Vec<Transition>) -> Committing {
        let memory = self.clone();
        Box::pin(async move {
            memory.open.acquire().await.unwrap().forget();
            memory.recorded.lock().unwrap().extend(transitions);
            Ok(())
        })
    }

    fn count(&self) -> usize {
        self.recorded.lock().unwrap().len()
    }
}

impl Journal for Memory {
    fn begin(&self, _: NewRun, first: Vec<Transition>, _: Durability) -> Committing {
        self.write(first)
    }

    fn append(&self, _: RunId, batch: Batch, _: Durability) -> Committing {
        self.write(batch.transitions)
    }

    fn load(&self, _: RunId, fold: Fold<'_>) -> Result<(), StoreError> {
        fold(&mut self.recorded.lock().unwrap().clone().into_iter());
        Ok(())
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn nothing_is_carried_out_or_told_before_it_is_committed() {
    let bed = Testbed::new();
    let memory = Memory::open(1);
    let engine = bed.engine_with(|_| memory.clone());
    let text = "
name: held
tasks:
  a: { shell: touch a }
  b: { needs: [a], shell: touch b }
";
    let mut events = engine.events();
    let handle = engine.start(bed.request(text)).await.unwrap();
    until("a runs", || bed.file("a").exists()).await;
    // The end of `a` is decided upon, and held back with the start of `b`.
    let told = |events: &mut Events| {
        let mut count = 0;
        while let Some(event) = events.try_next() {
            if let Event::Moves { moves, .. } = event {
                count += moves.len();
            }
        }
        count
    };
    let mut seen = told(&mut events);
    for _ in 0..20 {
        tokio::task::yield_now().await;
        seen += told(&mut events);
        assert_eq!(seen, memory.count());
        assert!(!bed.file("b").exists());
    }
    memory.open.add_permits(100);
    let end = tokio::time::timeout(PATIENCE, handle.ended());
    assert_eq!(end.await.unwrap().unwrap().state, State::Completed);
    assert!(bed.file("b").exists());
    // The fold of what was recorded stands where the run stood.
    let start = tidemill_orchestrate::RunStart {
        flow: bed.flow(text).flow,
        id: handle.id,
        name: handle.name.to_string(),
        parameters: tidemill_flow::Value::from(()),
        variables: tidemill_flow::Value::from(()),
        environment: tidemill_flow::Value::from(()),
        scheduled_for: None,
        trigger: tidemill_flow::Value::from(()),
        directory: String::new(),
        trial: None,
        zone: jiff::tz::TimeZone::UTC,
        slots: std::num::NonZeroU32::MIN,
    };
    let recorded = memory.recorded.lock().unwrap().clone();
    let run = tidemill_orchestrate::Run::recover(start, recorded).unwrap();
    assert_eq!(run.state(), State::Completed);
    close(&engine).await;
}
