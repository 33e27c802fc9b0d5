//! Shows a run while it goes on, in one of three ways: live on a terminal, as
//! plain lines on a pipe, or not at all where a program waits for the document.

use std::collections::HashMap;
use std::io::{self, BufWriter, Stdout};
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use tidemill_api::logs::LogEntry;
use tidemill_api::{EarlierTaskRun, Event, LogLine, Move, Outline, RunId, RunNews, State, Subject};

use super::{
    frame::{FrameSize, frame},
    model::Model,
    plain::Plain,
    screen::Screen,
};
use crate::look::{self, Look};
use crate::text;

/// Shows a run.
pub(crate) struct Watch {
    run: RunId,
    title: String,
    model: Model,
    /// Runs that the run's tasks called, with what stands in front of their tasks' labels.
    children: HashMap<RunId, (String, Model)>,
    note: Option<String>,
    /// How many events came too fast.
    missed: u64,
    /// How many lines of each task were written, so that none is written twice when
    /// the rest is read from the record.
    written: HashMap<String, u64>,
    way: Way,
}

/// How it is shown.
enum Way {
    /// Frames on a terminal.
    Live(Screen<Stdout>, Look),
    /// Lines.
    Plain(Plain<BufWriter<Stdout>>),
    /// Nothing, since nobody looks, or nobody looks any more.
    Silent,
}

impl Watch {
    /// A run that is to be shown on standard output. `live` where frames may be drawn.
    pub(crate) fn new(run: RunId, title: &str, outline: &Outline, live: bool) -> Self {
        let look = Look::of_output();
        let way = if live && look.is_terminal() {
            Way::Live(Screen::new(io::stdout()), look)
        } else {
            Way::Plain(Plain::new(BufWriter::new(io::stdout()), TimeZone::system()))
        };
        Self {
            run,
            title: title.to_owned(),
            model: Model::new(outline),
            children: HashMap::new(),
            note: None,
            missed: 0,
            written: HashMap::new(),
            way,
        }
    }

    /// Takes in how the run stood before this process carried it.
    pub(crate) fn set_earlier(&mut self, earlier: &[EarlierTaskRun]) {
        for task in earlier {
            self.model.begin_with(task);
        }
    }

    /// Whether frames are drawn: then [`Watch::draw`] is due now and then.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.way, Way::Live(..))
    }

    /// What is known of the run.
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// Takes in how long the tasks usually take.
    pub(crate) fn set_usual(&mut self, usual: &[Option<Duration>]) {
        self.model.set_usual(usual);
    }

    /// Takes in what happened.
    pub(crate) fn take_in(&mut self, event: &Event) {
        match event {
            Event::Run(news) => self.child(news),
            Event::Moves { run, moves } => {
                for step in moves.iter() {
                    self.step(*run, step);
                }
            }
            Event::Line(line) => self.line(line),
            Event::Missed(count) => self.missed += count,
        }
    }

    fn child(&mut self, news: &RunNews) {
        if let Some((parent, task)) = news.parent {
            let prefix = match (parent == self.run, self.children.get(&parent)) {
                (true, _) => self.model.label(task),
                (false, Some((prefix, model))) => format!("{prefix}/{}", model.label(task)),
                (false, None) => return,
            };
            let model = Model::new(&Outline::of(&news.flow.flow));
            self.children.insert(news.id, (prefix, model));
        }
    }

    fn step(&mut self, run: RunId, step: &Move) {
        if run == self.run {
            self.model.apply(step);
            self.ask(step);
            let title = self.title.clone();
            let Self { model, way, .. } = self;
            if let Way::Plain(plain) = way {
                let written = plain.step("", model, &title, step);
                self.settle(written);
            }
            return;
        }
        let Self { children, way, .. } = self;
        let Some((prefix, model)) = children.get_mut(&run) else {
            return;
        };
        model.apply(step);
        if let Way::Plain(plain) = way {
            let written = plain.step(&format!("{prefix}/"), model, prefix, step);
            self.settle(written);
        }
        if matches!(step.subject, Subject::Run) && step.to.is_terminal() {
            self.children.remove(&run);
        }
    }

    /// Says how to answer, where a task waits for a person.
    fn ask(&mut self, step: &Move) {
        if let (Subject::Task(task), State::Paused) = (step.subject, step.to) {
            let label = self.model.label(task);
            let run = super::short(&self.run.to_string()).to_owned();
            let task = text::shell_word(&label).into_owned();
            self.note(format!(
                "`{label}` waits for an answer: tidemill approve {run} {task}"
            ));
        }
    }

    fn line(&mut self, line: &LogLine) {
        let label = if line.run == self.run {
            self.model.label(line.task)
        } else {
            match self.children.get(&line.run) {
                Some((prefix, model)) => format!("{prefix}/{}", model.label(line.task)),
                None => return,
            }
        };
        let shown = text::log_line(&line.text);
        match &mut self.way {
            Way::Live(..) => self.model.log(label, shown),
            Way::Plain(_) if self.missed > 0 && line.run == self.run => {
                // From the first loss on, all lines are read from the record.
            }
            Way::Plain(plain) => {
                let written = plain.log(line.at, &label, &shown);
                if line.run == self.run {
                    *self.written.entry(label).or_default() += 1;
                }
                self.settle(written);
            }
            Way::Silent => {}
        }
    }

    /// Whether lines have to be read from the record: some came too fast.
    pub(crate) fn is_behind(&self) -> bool {
        self.missed > 0 && matches!(self.way, Way::Plain(_))
    }

    /// Takes in lines from the run's record, from its beginning on; those that were
    /// written already are passed over.
    pub(crate) fn catch_up(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            let label = entry.path.as_deref().unwrap_or_default();
            if let Some(written) = self.written.get_mut(label).filter(|written| **written > 0) {
                *written -= 1;
                continue;
            }
            let Way::Plain(plain) = &mut self.way else {
                return;
            };
            let line = text::log_line(&String::from_utf8_lossy(&entry.bytes));
            let done = plain.log(entry.at.0, label, &line);
            self.settle(done);
        }
    }

    /// Takes in lines that a server tells, which come by the path of their task.
    pub(crate) fn lines(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            let label = entry.path.as_deref().unwrap_or_default();
            let line = text::log_line(&String::from_utf8_lossy(&entry.bytes));
            match &mut self.way {
                Way::Live(..) => self.model.log(label.to_owned(), line),
                Way::Plain(plain) => {
                    let written = plain.log(entry.at.0, label, &line);
                    self.settle(written);
                }
                Way::Silent => return,
            }
        }
    }

    /// Says something that a person should know, at once.
    pub(crate) fn note(&mut self, note: String) {
        if self.is_live() {
            self.note = Some(note);
            self.draw();
        } else {
            self.flush();
            crate::message::note(&note);
        }
    }

    /// Draws the run as it is now, where frames are drawn.
    pub(crate) fn draw(&mut self) {
        let Way::Live(screen, look) = &mut self.way else {
            return;
        };
        let (columns, rows) = look::size();
        let size = FrameSize {
            columns,
            lines: rows.saturating_sub(1),
        };
        let note = self.note.as_deref();
        let lines = frame(
            &self.title,
            &self.model,
            note,
            Timestamp::now(),
            size,
            *look,
        );
        let drawn = screen.draw(&lines, *look, (columns, rows));
        self.settle(drawn);
    }

    /// Hands on what is held back.
    pub(crate) fn flush(&mut self) {
        if let Way::Plain(plain) = &mut self.way {
            let flushed = plain.flush();
            self.settle(flushed);
        }
    }

    /// Takes the frame away; what is written next stands in its place.
    pub(crate) fn end(&mut self) {
        let ended = match &mut self.way {
            Way::Live(screen, _) => screen.erase(look::size()),
            Way::Plain(plain) => plain.flush(),
            Way::Silent => Ok(()),
        };
        self.settle(ended);
        if self.missed > 0 {
            let run = super::short(&self.run.to_string()).to_owned();
            crate::message::note(&format!(
                "too much happened at once: some changes of state may not be shown; \
                 `tidemill runs show {run} --transitions` has all"
            ));
        }
    }

    /// Whether the frames showed the whole run, so that its tasks can stand at its end.
    pub(crate) fn shows_all(&self) -> bool {
        self.is_live() && self.missed == 0
    }

    /// Whether anyone still looks.
    pub(crate) fn is_seen(&self) -> bool {
        !matches!(self.way, Way::Silent)
    }

    /// A run goes on, whoever reads of it: where standard output fails, nothing
    /// more is shown.
    fn settle(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            if error.kind() != io::ErrorKind::BrokenPipe {
                crate::message::warn(&format!("standard output: {error}; the run goes on unseen"));
            }
            self.way = Way::Silent;
        }
    }
}
