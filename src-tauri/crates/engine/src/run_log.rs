//! What a task run writes: masked, shown to who watches, and kept in the log.
//!
//! Not here: how lines are cut, and how the log is kept.

use std::sync::{Arc, Mutex, PoisonError};

use tidemill_orchestrate::{Assignment, RunId, TaskRunNumber};
use tidemill_store::{NewLine, Store};

use crate::{
    engine::Shared,
    event::{Announcer, Event, Line as LineEvent},
    mask::{Mask, MaskStream},
    process::{Line, LineSink, Stream, Taken},
    run_facts::RunFacts,
};

/// Where the lines of one attempt go.
pub(crate) struct TaskLog {
    run: RunId,
    task: TaskRunNumber,
    attempt: u32,
    mask: LineMask,
    announcer: Announcer,
    store: Arc<Store>,
}

/// Masks the lines of one process.
#[derive(Default)]
pub(crate) struct LineMask {
    mask: Mask,
    /// The long lines that came in part, of each stream.
    long: Mutex<LongLines>,
}

#[derive(Default)]
struct LongLines {
    stdout: Option<MaskStream>,
    stderr: Option<MaskStream>,
}

impl LineMask {
    pub(crate) fn new(mask: Mask) -> Self {
        Self {
            mask,
            long: Mutex::default(),
        }
    }

    /// The lines without secrets, also those that lie across pieces of a long line.
    pub(crate) fn masked(&self, mut lines: Vec<Line>) -> Vec<Line> {
        // What a panicked holder left is at worst a line whose end is missing.
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        for line in &mut lines {
            let part = match line.stream {
                Stream::Stdout => &mut long.stdout,
                Stream::Stderr => &mut long.stderr,
            };
            mask(&self.mask, part, line);
        }
        lines
    }
}

impl TaskLog {
    pub(crate) fn new(shared: &Shared, facts: &RunFacts, assignment: &Assignment) -> Self {
        Self {
            run: facts.id,
            task: assignment.id.number().unwrap_or(TaskRunNumber::FIRST),
            attempt: assignment.attempt,
            mask: LineMask::new(facts.secrets.mask.clone()),
            announcer: shared.announcer.clone(),
            store: Arc::clone(&shared.store),
        }
    }

    /// Keeps the line; waits while the log is behind.
    async fn keep(&self, line: Line) {
        let line = NewLine {
            at: line.at,
            stream: match line.stream {
                Stream::Stdout => tidemill_store::Stream::Stdout,
                Stream::Stderr => tidemill_store::Stream::Stderr,
            },
            task: Some(self.task),
            attempt: self.attempt,
            bytes: line.bytes,
            open: line.continues,
        };
        if let Err(error) = self.store.logs().append_when_free(self.run, line).await {
            // A task does not fail for its log; the log itself counts what it lost.
            tracing::warn!(%error, "a line is not in the log");
        }
    }

    fn show(&self, line: &Line) {
        self.announcer.announce(|| {
            Event::Line(LineEvent {
                run: self.run,
                task: self.task,
                attempt: self.attempt,
                error: line.stream == Stream::Stderr,
                at: line.at,
                text: String::from_utf8_lossy(&line.bytes).into(),
            })
        });
    }
}

/// Masks a line, or a piece of a long one, of which `part` is what came before.
fn mask(mask: &Mask, part: &mut Option<MaskStream>, line: &mut Line) {
    if part.is_none() && !line.continues {
        if let std::borrow::Cow::Owned(masked) = mask.bytes(&line.bytes) {
            line.bytes = masked;
        }
        return;
    }
    let stream = part.get_or_insert_with(|| mask.stream());
    let mut masked = stream.push(&line.bytes).into_owned();
    if !line.continues {
        masked.extend(stream.end());
        *part = None;
    }
    line.bytes = masked;
}

impl LineSink for TaskLog {
    fn take(&self, lines: Vec<Line>) -> Taken<'_> {
        let lines = self.mask.masked(lines);
        Box::pin(async move {
            for line in lines {
                self.show(&line);
                self.keep(line).await;
            }
        })
    }
}
