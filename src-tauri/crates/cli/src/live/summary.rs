//! What stands at the end of a run: its tasks, what failed and why, and what to
//! type next.

use std::time::Duration;

use tidemill_api::{FailedTask, Failures, State};

use super::{
    frame::{Layout, task_line},
    model::Model,
    short,
};
use crate::look::{Line, Look, Role};
use crate::{state, text, time};

/// How a run ended, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Ending<'r> {
    /// The run's id.
    pub(crate) id: &'r str,
    /// Its flow and its name.
    pub(crate) title: &'r str,
    /// Its state.
    pub(crate) state: State,
    /// Why.
    pub(crate) message: Option<&'r str>,
    /// From its start to its end.
    pub(crate) took: Option<Duration>,
    /// Its result as JSON; none where it is null.
    pub(crate) output: Option<String>,
    /// What failed.
    pub(crate) failures: &'r Failures,
}

/// At most so many columns of a result are shown.
const RESULT: usize = 200;

/// The lines at the end of a run. Where `model` is given, its tasks stand first, cut
/// to the terminal; the rest wraps, so that a message can be read whole and a command
/// be copied.
pub(crate) fn summary(ending: &Ending<'_>, model: Option<&Model>, look: Look) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(model) = model {
        let now = jiff::Timestamp::now();
        let columns = look.columns.unwrap_or(usize::MAX);
        let layout = Layout::new(model.tasks(), columns);
        let tasks = model.tasks().iter();
        let line = |task| task_line(task, layout, now, look).cut(columns, look.ellipsis());
        lines.extend(tasks.map(line));
    }
    lines.push(verdict(ending, look));
    if let Some(output) = &ending.output {
        let shown = text::cut(output, RESULT, look.ellipsis()).into_owned();
        lines.push(Line::of(Role::Dim, "  output  ").with(Role::Plain, &shown));
    }
    for failure in &ending.failures.tasks {
        lines.extend(failed(failure, ending.id, look));
    }
    if ending.failures.more > 0 {
        let more = format!(
            "  {} {} more failed: ",
            look.ellipsis(),
            ending.failures.more
        );
        let command = format!("tidemill runs show {}", short(ending.id));
        lines.push(Line::of(Role::Dim, &more).with(Role::Command, &command));
    }
    if let Some(next) = next(ending) {
        lines.push(Line::of(Role::Dim, "  again   ").with(Role::Command, &next));
    }
    lines
}

fn verdict(ending: &Ending<'_>, look: Look) -> Line {
    let mut line = state::cell(ending.state, look);
    line.push(Role::Plain, "  ");
    line.push(Role::Strong, ending.title);
    if let Some(took) = ending.took {
        line.push(Role::Dim, &format!("  {}", time::duration(took)));
    }
    if let Some(message) = ending.message.filter(|message| !message.is_empty()) {
        line.push(Role::Plain, &format!("  {message}"));
    }
    line
}

fn failed(failure: &FailedTask, run: &str, look: Look) -> Vec<Line> {
    let mut line = Line::plain("  ");
    line.append(state::cell(failure.state, look));
    line.push(Role::Strong, &format!("  {}", failure.path));
    let mut lines = Vec::new();
    let mut message = failure.message.lines();
    if let Some(first) = message.next() {
        line.push(Role::Plain, &format!(": {first}"));
    }
    lines.push(line);
    lines.extend(message.map(|more| Line::of(Role::Plain, &format!("      {more}"))));
    let bar = look.glyph("│", "|");
    for written in &failure.lines {
        let line = Line::of(Role::Dim, &format!("    {bar} "));
        lines.push(line.with(Role::Plain, &text::log_line(written)));
    }
    if failure.wrote_more {
        let task = text::shell_word(&failure.path);
        let command = format!("tidemill runs logs {} --task {task}", short(run));
        lines.push(Line::of(Role::Dim, "    all of it: ").with(Role::Command, &command));
    }
    lines
}

/// What a person may want to type next.
fn next(ending: &Ending<'_>) -> Option<String> {
    let id = short(ending.id);
    match ending.state {
        State::Failed | State::TimedOut | State::Crashed | State::Cancelled => {
            Some(format!("tidemill runs retry {id} --from-failed"))
        }
        State::AwaitingRetry => Some(format!("tidemill runs retry {id}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_says_what_failed_why_and_what_to_type() {
        let fetch = FailedTask {
            path: "fetch[3]".to_owned(),
            state: State::Failed,
            message: "exit code 3".to_owned(),
            lines: vec!["\x1b[31mno route\x1b[0m".to_owned()],
            wrote_more: true,
        };
        let silent = FailedTask {
            path: "send".to_owned(),
            lines: Vec::new(),
            wrote_more: false,
            ..fetch.clone()
        };
        let failures = Failures {
            tasks: vec![fetch, silent],
            more: 4,
        };
        let ending = Ending {
            id: "019a1b2c-3d4e-7000-8000-000000000000",
            title: "report brave-otter-1",
            state: State::Failed,
            message: Some("1 of 2 tasks failed"),
            took: Some(Duration::from_millis(1500)),
            output: None,
            failures: &failures,
        };
        let drawn: Vec<String> = summary(&ending, None, Look::PIPED)
            .iter()
            .map(|line| line.render(Look::PIPED))
            .collect();
        assert_eq!(
            drawn,
            [
                "✗ Failed  report brave-otter-1  1.5s  1 of 2 tasks failed",
                "  ✗ Failed  fetch[3]: exit code 3",
                "    │ no route",
                "    all of it: tidemill runs logs 019a1b2c-3d4e --task 'fetch[3]'",
                "  ✗ Failed  send: exit code 3",
                "  … 4 more failed: tidemill runs show 019a1b2c-3d4e",
                "  again   tidemill runs retry 019a1b2c-3d4e --from-failed",
            ]
        );
    }

    #[test]
    fn a_good_end_is_short() {
        let ending = Ending {
            id: "019a1b2c-3d4e-7000-8000-000000000000",
            title: "report brave-otter-1",
            state: State::Completed,
            message: None,
            took: Some(Duration::from_millis(20)),
            output: Some("{\"rows\":3}".to_owned()),
            failures: &Failures::default(),
        };
        let drawn: Vec<String> = summary(&ending, None, Look::PIPED)
            .iter()
            .map(|line| line.render(Look::PIPED))
            .collect();
        assert_eq!(
            drawn,
            [
                "✓ Completed  report brave-otter-1  20ms",
                "  output  {\"rows\":3}"
            ]
        );
    }
}
