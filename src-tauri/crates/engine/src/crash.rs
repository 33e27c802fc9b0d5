//! For tests of the built program: it ends itself, as `kill -9` would, at a
//! commit that the environment names.
//!
//! `TIDEMILL_TEST_CRASH` is `commit:N` (right after this process's Nth commit of
//! transitions), `before-commit:N` (when the Nth batch is handed to the store)
//! or `count:FILE` (nothing is ended; at the engine's close FILE is given the
//! number of commits). Anything else is ignored. Processes that tasks start do
//! not see the variable.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tidemill_orchestrate::{RunId, Transition};
use tidemill_store::{Batch, NewRun, Store, StoreError, Unfinished};

use crate::journal::{Committing, Durability, Fold, Journal};

/// The environment variable that says where.
pub(crate) const VARIABLE: &str = "TIDEMILL_TEST_CRASH";

/// Where the process is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Crash {
    AfterCommit(u64),
    BeforeBatch(u64),
    Count(PathBuf),
}

/// Counts, and ends the process when its time has come.
#[derive(Clone)]
pub(crate) struct CrashSwitch {
    crash: Crash,
    commits: Arc<AtomicU64>,
    batches: Arc<AtomicU64>,
}

impl CrashSwitch {
    /// The switch that the environment asks for.
    pub(crate) fn from_environment(store: &Store) -> Option<Self> {
        let crash = parse(&std::env::var(VARIABLE).ok()?)?;
        let switch = Self {
            crash,
            commits: Arc::default(),
            batches: Arc::default(),
        };
        let counting = switch.clone();
        store.observe(move |_| counting.committed());
        Some(switch)
    }

    /// A journal that counts what is handed to it.
    pub(crate) fn guard(&self, journal: Arc<dyn Journal>) -> Arc<dyn Journal> {
        Arc::new(Counting {
            switch: self.clone(),
            journal,
        })
    }

    /// Writes how many commits there were, if that was asked for.
    pub(crate) fn write_count(&self) {
        let Crash::Count(path) = &self.crash else {
            return;
        };
        let text = format!("{}\n", self.commits.load(Ordering::Relaxed));
        if let Err(error) = std::fs::write(path, text) {
            tracing::warn!(%error, "the count of commits cannot be written");
        }
    }

    fn committed(&self) {
        let number = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if self.crash == Crash::AfterCommit(number) {
            end_process();
        }
    }

    fn batch(&self) {
        let number = self.batches.fetch_add(1, Ordering::Relaxed) + 1;
        if self.crash == Crash::BeforeBatch(number) {
            end_process();
        }
    }
}

fn parse(text: &str) -> Option<Crash> {
    let (what, which) = text.split_once(':')?;
    match what {
        "commit" => which.parse().ok().map(Crash::AfterCommit),
        "before-commit" => which.parse().ok().map(Crash::BeforeBatch),
        "count" => Some(Crash::Count(which.into())),
        _ => None,
    }
}

/// Ends this process with no chance to do anything more.
fn end_process() {
    // It cannot fail for one's own process; the process is gone before it returns.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}

struct Counting {
    switch: CrashSwitch,
    journal: Arc<dyn Journal>,
}

impl Journal for Counting {
    fn begin(&self, run: NewRun, first: Vec<Transition>, durability: Durability) -> Committing {
        self.switch.batch();
        self.journal.begin(run, first, durability)
    }

    fn append(&self, run: RunId, batch: Batch, durability: Durability) -> Committing {
        self.switch.batch();
        self.journal.append(run, batch, durability)
    }

    fn load(&self, run: RunId, fold: Fold<'_>) -> Result<(), StoreError> {
        self.journal.load(run, fold)
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.journal.unfinished()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_says_where() {
        let check = |text: &str, expected: Option<Crash>| assert_eq!(parse(text), expected);
        check("commit:3", Some(Crash::AfterCommit(3)));
        check("before-commit:1", Some(Crash::BeforeBatch(1)));
        check("count:/tmp/n", Some(Crash::Count("/tmp/n".into())));
        check("commit:x", None);
        check("commit", None);
        check("", None);
    }
}
