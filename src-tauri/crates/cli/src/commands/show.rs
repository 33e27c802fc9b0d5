//! `runs show`: all about one run.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value as Json;
use tidemill_api::{
    Moment, RunDocument, State, TaskDocument,
    runs::{RunDetail, ShowRequest, TransitionDocument},
};

use crate::{
    arguments::ShowArguments,
    exit::Exit,
    live::short,
    look::{Line, Look, Role},
    message::Failure,
    output::Output,
    source::Source,
    state,
    table::{self, Column},
    text, time,
};

/// At most so many task runs are listed for people.
const TASKS: usize = 500;

/// At most so many transitions are.
const TRANSITIONS: usize = 1_000;

/// No value takes more columns.
const WIDEST_VALUE: usize = 200;

pub(crate) fn show(source: &Source<'_>, arguments: &ShowArguments) -> Result<Exit, Failure> {
    let mut output = Output::new();
    if arguments.form.json {
        source.write_report(&arguments.run, arguments.transitions, &mut output)?;
    } else {
        let request = ShowRequest {
            run: arguments.run.clone(),
            // One more than is shown tells that there are more.
            transitions: if arguments.transitions {
                TRANSITIONS + 1
            } else {
                0
            },
            tasks: TASKS + 1,
        };
        let detail = source.show(&request)?;
        let lines = detail_lines(&detail, &TimeZone::system(), output.look());
        output.lines(&lines)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn detail_lines(detail: &RunDetail, zone: &TimeZone, look: Look) -> Vec<Line> {
    let run = &detail.report.run;
    let mut lines = vec![heading(run, look)];
    lines.extend(facts(detail, zone));
    if let Json::Object(parameters) = &run.parameters {
        for (name, value) in parameters {
            lines.push(fact(
                "parameter",
                &format!("{name} = {}", shown(value, look)),
            ));
        }
    }
    if !run.output.is_null() {
        lines.push(fact("output", &shown(&run.output, look)));
    }
    if !is_command(run) {
        lines.push(Line::new());
        lines.extend(tasks(&detail.report.tasks, look));
    }
    if let Some(record) = &detail.record {
        lines.push(Line::new());
        lines.extend(transition_lines(&record.transitions, zone, look));
    }
    let next = next(run);
    if !next.is_empty() {
        lines.push(Line::new());
    }
    for command in next {
        lines.push(Line::of(Role::Dim, "next  ").with(Role::Command, &command));
    }
    lines
}

fn heading(run: &RunDocument, look: Look) -> Line {
    let mut line = state::cell(run.state, look);
    line.push(Role::Plain, "  ");
    line.push(Role::Strong, &format!("{} {}", run.flow, run.name));
    if let Some(message) = run
        .message
        .as_deref()
        .and_then(|message| message.lines().next())
    {
        line.push(Role::Plain, &format!("  {message}"));
    }
    line
}

fn fact(name: &str, value: &str) -> Line {
    let mut line = Line::of(Role::Dim, &format!("  {name}"));
    line.pad_to(13);
    line.with(Role::Plain, value)
}

fn facts(detail: &RunDetail, zone: &TimeZone) -> Vec<Line> {
    let (run, known) = (&detail.report.run, &detail.facts);
    let at = |moment: Moment| time::stamp(moment.0, zone);
    let mut facts = vec![fact("id", &run.id), fact("made", &at(run.created_at))];
    facts.extend(run.started_at.map(|moment| fact("started", &at(moment))));
    facts.extend(run.ended_at.map(|moment| fact("ended", &at(moment))));
    facts
        .extend(run.duration_ms.map(|milliseconds| {
            fact("took", &time::duration(Duration::from_millis(milliseconds)))
        }));
    if known.attempt > 1 {
        facts.push(fact("attempt", &known.attempt.to_string()));
    }
    facts.extend(known.scheduled_for.map(|moment| fact("due", &at(moment))));
    facts.extend(
        known
            .parent
            .as_ref()
            .map(|parent| fact("called by", parent)),
    );
    facts.extend(known.file.as_ref().map(|file| fact("file", file)));
    facts.extend(
        known
            .workspace
            .as_ref()
            .map(|folder| fact("workspace", folder)),
    );
    facts.extend(run.version.as_ref().map(|version| fact("version", version)));
    facts
}

/// A value in one line, short.
fn shown(value: &Json, look: Look) -> String {
    let text = value.to_string();
    text::cut(&text, WIDEST_VALUE, look.ellipsis()).into_owned()
}

fn tasks(tasks: &[TaskDocument], look: Look) -> Vec<Line> {
    let columns = [
        Column::left("TASK"),
        Column::left("STATE"),
        Column::right("TOOK"),
        Column::right("ATTEMPTS"),
        Column::shrinking("MESSAGE OR OUTPUT"),
    ];
    let now = Timestamp::now();
    let rows = tasks.iter().take(TASKS).map(|task| {
        vec![
            Line::of(Role::Strong, &indented(task)),
            state::cell(task.state, look),
            Line::plain(&took(task, now)),
            Line::plain(&task.attempts.to_string()),
            told(task, look),
        ]
    });
    let mut lines = table::lines(&columns, rows.collect(), look);
    if tasks.len() > TASKS {
        lines.push(more(look));
    }
    lines
}

/// The last part of a path, below what it stands in.
fn indented(task: &TaskDocument) -> String {
    let depth = task.path.matches('/').count() + usize::from(task.index.is_some());
    let last = task.path.rsplit('/').next().unwrap_or(&task.path);
    format!("{}{last}", "  ".repeat(depth))
}

fn took(task: &TaskDocument, now: Timestamp) -> String {
    match (task.duration_ms, task.started_at) {
        (Some(milliseconds), _) => time::duration(Duration::from_millis(milliseconds)),
        (None, Some(started)) if !task.state.is_terminal() => {
            time::duration(time::between(started.0, now))
        }
        (None, _) => String::new(),
    }
}

fn told(task: &TaskDocument, look: Look) -> Line {
    if let Some(message) = &task.message {
        let role = if task.state.is_failure() {
            Role::Bad
        } else {
            Role::Plain
        };
        return Line::of(role, message.lines().next().unwrap_or_default());
    }
    if task.output.is_null() {
        return Line::new();
    }
    Line::of(Role::Dim, &shown(&task.output, look))
}

fn transition_lines(transitions: &[TransitionDocument], zone: &TimeZone, look: Look) -> Vec<Line> {
    let columns = [
        Column::left("AT"),
        Column::left("TASK"),
        Column::left("FROM"),
        Column::left("TO"),
        Column::shrinking("MESSAGE"),
    ];
    // The day stands above, among the facts.
    let at = |moment: Moment| match look.is_terminal() {
        true => time::time_of_day(moment.0, zone),
        false => time::stamp(moment.0, zone),
    };
    let rows = transitions.iter().take(TRANSITIONS).map(|transition| {
        let from = match transition.from {
            Some(from) => Line::of(Role::Dim, from.name()),
            None => Line::of(Role::Dim, look.glyph("–", "-")),
        };
        vec![
            Line::of(Role::Dim, &at(transition.at)),
            Line::plain(transition.path.as_deref().unwrap_or("(run)")),
            from,
            state::cell(transition.to, look),
            Line::plain(transition.message.as_deref().unwrap_or_default()),
        ]
    });
    let mut lines = table::lines(&columns, rows.collect(), look);
    if transitions.len() > TRANSITIONS {
        lines.push(more(look));
    }
    lines
}

/// What stands below a list that was cut.
fn more(look: Look) -> Line {
    Line::of(
        Role::Dim,
        &format!("{} more; --json has all", look.ellipsis()),
    )
}

/// Whether the run is a recorded command: it has no flow, no tasks, and only its caller
/// runs it again.
fn is_command(run: &RunDocument) -> bool {
    run.version.is_none()
}

/// What a person may want to type next.
fn next(run: &RunDocument) -> Vec<String> {
    let id = short(&run.id);
    let words: &[&str] = match run.state {
        _ if is_command(run) => &["runs logs ID"],
        State::Failed | State::TimedOut | State::Crashed | State::Cancelled => {
            &["runs logs ID", "runs retry ID --from-failed"]
        }
        State::AwaitingRetry => &["runs retry ID"],
        State::Scheduled | State::Late => &["runs cancel ID"],
        State::Paused => &["approve ID", "reject ID"],
        State::Running | State::Retrying => &["runs logs ID -f", "runs cancel ID"],
        _ => &[],
    };
    let command = |words: &&str| format!("tidemill {}", words.replace("ID", id));
    words.iter().map(command).collect()
}
