//! `schedules`: every schedule of a workspace and what became of its times; the next
//! times of one; pausing them.

use jiff::{Timestamp, tz::TimeZone};
use tidemill_api::{
    FlowChoice,
    schedules::{
        self, LastTime, NextAnswer, NextOf, NextRequest, ScheduleDocument, SchedulesAnswer,
        TimeOutcome,
    },
};

use crate::{
    arguments::{
        JsonArguments, NextArguments, PauseArguments, SchedulesArguments, SchedulesCommand,
    },
    commands::enable::NOBODY_SERVES,
    exit::Exit,
    look::{Line, Look, Role},
    message::{self, Failure},
    output::Output,
    source::Source,
    state,
    table::{self, Column},
    time,
};

pub(crate) fn schedules(
    source: &Source<'_>,
    arguments: SchedulesArguments,
) -> Result<Exit, Failure> {
    match arguments.command {
        None => list(source, arguments.form),
        Some(SchedulesCommand::Ls(form)) => list(source, form),
        Some(SchedulesCommand::Next(next_arguments)) => next(source, next_arguments),
        Some(SchedulesCommand::Pause(flow)) => pause(source, &flow, true),
        Some(SchedulesCommand::Resume(flow)) => pause(source, &flow, false),
    }
}

/// Who lists schedules may think that they fire.
const NOT_ENABLED: &str =
    "nothing of this workspace fires on this machine: `tidemill enable` lets it";

fn list(source: &Source<'_>, form: JsonArguments) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let answer = source.schedules(now)?;
    for note in &answer.notes {
        message::warn(note);
    }
    let mut output = Output::new();
    if form.json {
        output.document(&answer)?;
    } else {
        show(&answer, now, &mut output)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn show(answer: &SchedulesAnswer, now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    if answer.schedules.is_empty() {
        message::note("no flow of this workspace has a schedule");
    } else {
        let lines = table_lines(answer, now, output.look());
        output.lines(&lines)?;
    }
    if !answer.missed.is_empty() {
        output.line(&Line::new())?;
        let lines = missed_lines(answer, output.look());
        output.lines(&lines)?;
    }
    if answer.schedules.is_empty() {
        return Ok(());
    }
    match (answer.enabled, answer.served) {
        (false, _) => message::note(NOT_ENABLED),
        (true, false) => message::note(NOBODY_SERVES),
        (true, true) => {}
    }
    Ok(())
}

fn table_lines(answer: &SchedulesAnswer, now: Timestamp, look: Look) -> Vec<Line> {
    let mut columns = vec![
        Column::left("FLOW"),
        Column::shrinking("SCHEDULE"),
        Column::left("NEXT"),
    ];
    if look.is_terminal() {
        columns.push(Column::left("IN"));
    }
    columns.push(Column::left("LAST"));
    let rows = answer.schedules.iter().map(|schedule| {
        let (next, until) = match (&schedule.next, schedule.paused) {
            (_, true) => (Line::of(Role::Warning, paused(schedule)), Line::new()),
            (Some(next), false) => (Line::plain(&next.text()), until(next.at, now, look)),
            (None, false) => (Line::of(Role::Dim, "never"), Line::new()),
        };
        let name = Line::of(Role::Strong, &schedule.flow);
        let mut row = vec![name, Line::plain(&schedule.schedule), next];
        if look.is_terminal() {
            row.push(until);
        }
        let last = schedule.last.as_ref().map(|last| became(last, look));
        row.push(last.unwrap_or_else(Line::new));
        row
    });
    table::lines(&columns, rows.collect(), look)
}

fn paused(schedule: &ScheduleDocument) -> &'static str {
    match schedule.paused_here {
        true => "paused here",
        false => "paused",
    }
}

/// What became of the newest time, in a word or two.
fn became(last: &LastTime, look: Look) -> Line {
    let reason = last.reason.as_deref().unwrap_or_default();
    match last.outcome {
        TimeOutcome::Run => match last.state {
            Some(state) => state::cell(state, look),
            None => Line::of(Role::Dim, "removed"),
        },
        // For runs before it, or its delay: as it should.
        TimeOutcome::Waits if reason == "waits" => Line::of(Role::Dim, "waits"),
        TimeOutcome::Waits => Line::of(Role::Warning, &format!("waits: {reason}")),
        TimeOutcome::Missed => Line::of(Role::Warning, &format!("missed: {reason}")),
    }
}

/// What was missed lately, and why.
fn missed_lines(answer: &SchedulesAnswer, look: Look) -> Vec<Line> {
    let columns = [
        Column::left("MISSED"),
        Column::left("TIMES"),
        Column::left("LAST DUE"),
        Column::shrinking("WHY"),
    ];
    let rows = answer.missed.iter().map(|row| {
        let more = if row.counted { "" } else { "+" };
        let due = row.last.0.to_zoned_datetime(TimeZone::system());
        vec![
            Line::of(Role::Strong, &row.flow),
            Line::plain(&format!("{}{more}", row.times)),
            Line::plain(&due.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            Line::plain(&row.message),
        ]
    });
    table::lines(&columns, rows.collect(), look)
}

fn pause(source: &Source<'_>, arguments: &PauseArguments, paused: bool) -> Result<Exit, Failure> {
    let answer = source.pause(&FlowChoice::parse(&arguments.flow)?, paused)?;
    let mut output = Output::new();
    if arguments.form.json {
        output.document(&answer)?;
    } else {
        let word = match (answer.paused, answer.changed) {
            (true, true) => "paused on this machine: ",
            (true, false) => "paused on this machine already: ",
            (false, true) => "goes on: ",
            (false, false) => "not paused on this machine: ",
        };
        output.line(&Line::plain(word).with(Role::Strong, &answer.flow))?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

/// How long until a time; nothing on a pipe, where only the time itself stays true.
fn until(at: Timestamp, now: Timestamp, look: Look) -> Line {
    if look.is_terminal() {
        Line::of(Role::Dim, &time::duration(time::between(now, at)))
    } else {
        Line::new()
    }
}

fn next(source: &Source<'_>, arguments: NextArguments) -> Result<Exit, Failure> {
    let of = match (arguments.cron, arguments.flow) {
        (Some(expression), _) => NextOf::Cron {
            expression,
            timezone: arguments.timezone,
        },
        // Without an expression there is a flow: the declaration demands one of them.
        (None, flow) => NextOf::Flow(FlowChoice::parse(&flow.unwrap_or_default())?),
    };
    let request = NextRequest {
        of,
        from: arguments.from,
        count: arguments.count as usize,
    };
    let now = Timestamp::now();
    let answer = source.next_times(&request, now)?;
    for note in &answer.notes {
        message::note(note);
    }
    let mut output = Output::new();
    if arguments.form.json {
        output.document(&answer)?;
    } else {
        let lines = next_lines(&answer, now, output.look());
        output.lines(&lines)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

/// A time a line; on a terminal with its weekday, how far it is, and whose it is.
fn next_lines(answer: &NextAnswer, now: Timestamp, look: Look) -> Vec<Line> {
    let several = answer.times.iter().any(|time| {
        answer
            .times
            .first()
            .is_some_and(|first| first.schedule != time.schedule)
    });
    let line = |next: &schedules::ZonedTime| {
        let mut line = Line::plain(&next.text());
        if look.is_terminal() {
            let day = next.zone.to_datetime(next.at).strftime("%a").to_string();
            let until = time::duration(time::between(now, next.at));
            line.push(Role::Dim, &format!("  {day}  in {until}"));
        }
        if several {
            line.push(Role::Dim, &format!("  {}", next.schedule));
        }
        line
    };
    answer.times.iter().map(line).collect()
}
