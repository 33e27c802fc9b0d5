//! What a task run writes: masked, shown to who watches, and kept in the log.
//!
//! Not here: how lines are cut, and how the log is kept.

use std::sync::{Mutex, PoisonError};

use tidemill_orchestrate::{Assignment, RunId, TaskRunNumber};

use crate::{
    attempt::RunFacts,
    engine::Shared,
    event::{Announcer, Event, Line as LineEvent},
    mask::{Mask, MaskStream},
    process::{Line, LineSink, Stream, Taken},
};

/// Where the lines of one attempt go.
pub(crate) struct TaskLog {
    run: RunId,
    task: TaskRunNumber,
    attempt: u32,
    mask: Mask,
    /// The long lines that came in part, of each stream.
    long: Mutex<LongLines>,
    announcer: Announcer,
}

#[derive(Default)]
struct LongLines {
    stdout: Option<MaskStream>,
    stderr: Option<MaskStream>,
}

impl TaskLog {
    pub(crate) fn new(shared: &Shared, facts: &RunFacts, assignment: &Assignment) -> Self {
        Self {
            run: facts.id,
            task: assignment.id.number().unwrap_or(TaskRunNumber::FIRST),
            attempt: assignment.attempt,
            mask: facts.secrets.mask.clone(),
            long: Mutex::default(),
            announcer: shared.announcer.clone(),
        }
    }

    /// The lines without secrets, also those that lie across pieces of a long line.
    fn masked(&self, mut lines: Vec<Line>) -> Vec<Line> {
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
        let lines = self.masked(lines);
        for line in &lines {
            self.show(line);
        }
        Box::pin(std::future::ready(()))
    }
}
