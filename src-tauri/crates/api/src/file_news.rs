//! Changes of a workspace's files, as they are told: of each file only the newest, so
//! that a slow reader neither waits for nor misses anything that still holds.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

/// Files that are remembered at most; those that changed longest ago are forgotten.
const REMEMBERED: usize = 4_096;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A flow file.
    Flow,
    /// A flow's layout.
    Layout,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileChange {
    /// It is new.
    Created,
    /// It holds something else.
    Modified,
    /// It is gone.
    Removed,
}

/// A file of the workspace that changed, whoever changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileEvent {
    /// What the flow is known by now; of a file that is gone, what it was known by.
    pub flow: String,
    /// The file's path.
    pub file: String,
    /// Whether it is the flow's file, or its layout.
    pub kind: FileKind,
    /// What happened.
    pub change: FileChange,
    /// SHA-256 of its bytes; null where it is gone.
    pub version: Option<String>,
}

/// The newest change of each file.
#[derive(Debug)]
pub(crate) struct FileNews {
    newest: watch::Sender<u64>,
    told: Mutex<BTreeMap<String, (u64, FileEvent)>>,
}

impl FileNews {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            newest: watch::channel(0).0,
            told: Mutex::default(),
        })
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<String, (u64, FileEvent)>> {
        // A panic elsewhere leaves it whole: every change is one insertion or removal.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells changes, in order.
    pub(crate) fn tell(&self, events: Vec<FileEvent>) {
        if events.is_empty() {
            return;
        }
        let mut told = self.told();
        let mut number = *self.newest.borrow();
        for event in events {
            number += 1;
            told.insert(event.file.clone(), (number, event));
        }
        while told.len() > REMEMBERED {
            let oldest = told.iter().min_by_key(|(_, (number, _))| *number);
            let Some(file) = oldest.map(|(file, _)| file.clone()) else {
                break;
            };
            told.remove(&file);
        }
        drop(told);
        self.newest.send_replace(number);
    }

    /// Tells that something is told, from now on.
    pub(crate) fn signal(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Follows what is told from now on.
    pub(crate) fn follow(self: &Arc<Self>) -> FollowingFiles {
        let signal = self.newest.subscribe();
        let seen = *signal.borrow();
        FollowingFiles {
            seen,
            news: Arc::clone(self),
            signal,
            waiting: VecDeque::new(),
        }
    }
}

/// A reader of the changes.
#[derive(Debug)]
pub(crate) struct FollowingFiles {
    news: Arc<FileNews>,
    signal: watch::Receiver<u64>,
    seen: u64,
    waiting: VecDeque<FileEvent>,
}

impl FollowingFiles {
    /// The next change; `None` once nobody tells any more. Nothing is lost where it is
    /// dropped before it is ready.
    pub(crate) async fn next(&mut self) -> Option<FileEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            self.read();
            if self.waiting.is_empty() {
                self.signal.changed().await.ok()?;
            }
        }
    }

    fn read(&mut self) {
        let newest = *self.signal.borrow_and_update();
        let told = self.news.told();
        let is_new = |entry: &&(u64, FileEvent)| entry.0 > self.seen;
        let mut new: Vec<&(u64, FileEvent)> = told.values().filter(is_new).collect();
        new.sort_by_key(|(number, _)| *number);
        let last = new.last().map_or(newest, |(number, _)| *number);
        self.waiting
            .extend(new.into_iter().map(|(_, event)| event.clone()));
        self.seen = self.seen.max(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(file: &str, change: FileChange) -> FileEvent {
        FileEvent {
            flow: "f".to_owned(),
            file: file.to_owned(),
            kind: FileKind::Flow,
            change,
            version: None,
        }
    }

    #[tokio::test]
    async fn a_reader_gets_the_newest_of_each_file() {
        let news = FileNews::new();
        news.tell(vec![event("before", FileChange::Created)]);
        let mut reader = news.follow();
        news.tell(vec![
            event("a", FileChange::Created),
            event("b", FileChange::Created),
        ]);
        news.tell(vec![event("a", FileChange::Removed)]);
        assert_eq!(reader.next().await.unwrap().file, "b");
        let second = reader.next().await.unwrap();
        assert_eq!(
            (second.file.as_str(), second.change),
            ("a", FileChange::Removed)
        );
        let late = tokio::spawn(async move { reader.next().await });
        news.tell(vec![event("c", FileChange::Modified)]);
        assert_eq!(late.await.unwrap().unwrap().file, "c");
        for number in 0..REMEMBERED + 10 {
            news.tell(vec![event(&number.to_string(), FileChange::Created)]);
        }
        assert_eq!(news.told().len(), REMEMBERED);
    }
}
