//! A run as plain lines, for pipes and log files: time, task, state, message;
//! and what tasks write, each line with its task in front.
//!
//! The items of mapped tasks have no lines of their own unless something went
//! wrong with them: their count is said now and then, and when they are done.

use std::io::{self, Write};
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use tidemill_api::{Move, State, Subject};

use super::model::Model;
use crate::{text, time};

/// How long a mapped task is silent about its count.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// Where plain lines go.
#[derive(Debug)]
pub(crate) struct Plain<W> {
    output: W,
    zone: TimeZone,
    counted: Option<Timestamp>,
}

impl<W: Write> Plain<W> {
    /// Lines go to `output`, their times in `zone`.
    pub(crate) fn new(output: W, zone: TimeZone) -> Self {
        Self {
            output,
            zone,
            counted: None,
        }
    }

    /// The line of a transition, if it has one. The model has followed it already;
    /// `prefix` stands in front of its tasks' labels, `title` for the run itself.
    pub(crate) fn step(
        &mut self,
        prefix: &str,
        model: &Model,
        title: &str,
        step: &Move,
    ) -> io::Result<()> {
        let message = step.message.as_deref().unwrap_or("");
        let label = |number| format!("{prefix}{}", model.label(number));
        match step.subject {
            // That something is new and waits is told by what becomes of it.
            _ if step.from.is_none() || (step.to == State::Pending && message.is_empty()) => Ok(()),
            Subject::Run => self.line(step.at, title, step.to.name(), message),
            Subject::Task(number) if model.is_counted(number) => {
                let telling = step.to.is_failure()
                    || matches!(
                        step.to,
                        State::AwaitingRetry | State::Paused | State::Cancelled
                    );
                if telling {
                    self.line(step.at, &label(number), step.to.name(), message)?;
                }
                self.count(prefix, model, step)
            }
            Subject::Task(number) => self.line(step.at, &label(number), step.to.name(), message),
        }
    }

    /// Says now and then how far a mapped task is.
    fn count(&mut self, prefix: &str, model: &Model, step: &Move) -> io::Result<()> {
        let Subject::Task(number) = step.subject else {
            return Ok(());
        };
        let since = *self.counted.get_or_insert(step.at);
        if !step.to.is_terminal() || time::between(since, step.at) < COUNT_EVERY {
            return Ok(());
        }
        let Some(task) = model.task_of(number) else {
            return Ok(());
        };
        self.counted = Some(step.at);
        let ended = task.ended_count();
        let message = format!("{ended} of {}", task.expected.max(ended));
        let name = format!("{prefix}{}", task.name);
        self.line(step.at, &name, State::Running.name(), &message)
    }

    /// A line that a task wrote.
    pub(crate) fn log(&mut self, at: Timestamp, label: &str, line: &str) -> io::Result<()> {
        let stamp = time::stamp(at, &self.zone);
        writeln!(self.output, "{stamp} {} | {line}", text::harmless(label))
    }

    fn line(&mut self, at: Timestamp, who: &str, state: &str, message: &str) -> io::Result<()> {
        let stamp = time::stamp(at, &self.zone);
        write!(self.output, "{stamp} {} {state}", text::harmless(who))?;
        if !message.is_empty() {
            write!(self.output, ": {}", text::harmless(message))?;
        }
        self.output.write_all(b"\n")
    }

    /// Hands on what is held back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{created, number, outline, step};
    use super::*;

    #[test]
    fn transitions_and_lines_are_written() {
        let mut model = Model::new(&outline());
        let mut bytes = Vec::new();
        let mut plain = Plain::new(&mut bytes, TimeZone::UTC);
        let failed = Move {
            message: Some("exit code 3\nand more".into()),
            ..step(1, Some(State::Running), State::Failed, 61)
        };
        for step in [
            created(1, 0, None, None),
            step(1, Some(State::Pending), State::Running, 60),
            failed,
        ] {
            model.apply(&step);
            plain.step("", &model, "sample", &step).unwrap();
        }
        plain
            .log(Timestamp::UNIX_EPOCH, &model.label(number(1)), "hello")
            .unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "1970-01-01T00:01:00.000+00:00 one Running\n\
             1970-01-01T00:01:01.000+00:00 one Failed: exit code 3\\nand more\n\
             1970-01-01T00:00:00.000+00:00 one | hello\n"
        );
    }

    #[test]
    fn items_that_do_well_are_only_counted() {
        let mut model = Model::new(&outline());
        let mut bytes = Vec::new();
        let mut plain = Plain::new(&mut bytes, TimeZone::UTC);
        let mut steps = vec![created(1, 1, None, None)];
        for item in 0..100 {
            steps.push(created(10 + item, 1, Some(1), Some(item)));
            steps.push(step(
                10 + item,
                Some(State::Pending),
                State::Running,
                i64::from(item),
            ));
            let end = if item == 7 {
                State::Failed
            } else {
                State::Completed
            };
            steps.push(step(10 + item, Some(State::Running), end, i64::from(item)));
        }
        for step in &steps {
            model.apply(step);
            plain.step("", &model, "sample", step).unwrap();
        }
        let written = String::from_utf8(bytes).unwrap();
        assert!(written.contains("many[7] Failed"), "{written}");
        assert!(written.lines().count() < 25, "{written}");
    }
}
