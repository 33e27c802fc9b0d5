//! `schedules`: every schedule of a workspace; the next times of one.

use jiff::Timestamp;
use tidemill_api::{
    FlowChoice,
    schedules::{self, NextAnswer, NextOf, NextRequest, SchedulesAnswer},
};

use crate::{
    arguments::{JsonArguments, NextArguments, SchedulesArguments, SchedulesCommand},
    exit::Exit,
    look::{Line, Look, Role},
    message::{self, Failure},
    output::Output,
    source::Source,
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
    }
}

/// Who lists schedules may think that they are kept.
const NOTHING_FIRES: &str = "nothing fires by itself yet: put `tidemill run FLOW` into the crontab";

fn list(source: &Source<'_>, form: JsonArguments) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let answer = source.schedules(now)?;
    for note in &answer.notes {
        message::warn(note);
    }
    let mut output = Output::new();
    if form.json {
        output.document(&answer)?;
    } else if answer.schedules.is_empty() {
        message::note("no flow of this workspace has a schedule");
    } else {
        let lines = table_lines(answer, now, output.look());
        output.lines(&lines)?;
        message::note(NOTHING_FIRES);
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn table_lines(answer: SchedulesAnswer, now: Timestamp, look: Look) -> Vec<Line> {
    let mut columns = vec![
        Column::left("FLOW"),
        Column::shrinking("SCHEDULE"),
        Column::left("NEXT"),
    ];
    if look.is_terminal() {
        columns.push(Column::left("IN"));
    }
    let rows = answer.schedules.into_iter().map(|schedule| {
        let (next, until) = match (&schedule.next, schedule.paused) {
            (_, true) => (Line::of(Role::Warning, "paused"), Line::new()),
            (Some(next), false) => (Line::plain(&next.text()), until(next.at, now, look)),
            (None, false) => (Line::of(Role::Dim, "never"), Line::new()),
        };
        let name = Line::of(Role::Strong, &schedule.flow);
        vec![name, Line::plain(&schedule.schedule), next, until]
    });
    table::lines(&columns, rows.collect(), look)
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
