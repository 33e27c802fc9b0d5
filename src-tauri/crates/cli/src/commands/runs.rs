//! `runs`: lists, and the way to what one run can be asked.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use tidemill_api::{
    ListFilter, ListSort, RunDocument, State,
    run::retry as start_again,
    runs::{ListRequest, RunList},
};

use crate::{
    arguments::{ListArguments, RetryArguments, RunsArguments, RunsCommand},
    commands::{
        logs, remote,
        run::{Answer, Form, carry},
        show, steer,
    },
    exit::Exit,
    interrupts::Interrupts,
    live::short,
    look::{Line, Look, Role},
    message::{self, Failure},
    output::Output,
    runtime::runtime,
    source::Source,
    state,
    table::{self, Column},
    time,
};

pub(crate) fn runs(
    source: &Source<'_>,
    arguments: RunsArguments,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    match arguments.command {
        None => list(source, arguments.list),
        Some(RunsCommand::Ls(list_arguments)) => list(source, list_arguments),
        Some(RunsCommand::Show(show_arguments)) => show::show(source, &show_arguments),
        Some(RunsCommand::Logs(logs_arguments)) => logs::logs(source, logs_arguments),
        Some(RunsCommand::Cancel { run }) => steer::cancel(source, &run, shows_diagnostics),
        Some(RunsCommand::Retry(retry_arguments)) => {
            retry(source, &retry_arguments, shows_diagnostics)
        }
        Some(RunsCommand::Rm { runs }) => remove(source, &runs),
    }
}

fn list(source: &Source<'_>, arguments: ListArguments) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let json = arguments.form.json;
    let request = ListRequest {
        filter: ListFilter {
            flow: arguments.flow,
            states: arguments.states,
            since: arguments.since,
            parameters: arguments.parameters,
            ..ListFilter::default()
        },
        sort: ListSort::Newest,
        limit: arguments.limit,
        cursor: arguments.cursor,
    };
    let answer = source.list(&request, now)?;
    let mut output = Output::new();
    if json {
        output.document(&answer)?;
    } else if answer.runs.is_empty() {
        message::note("no such runs");
    } else {
        let lines = list_lines(&answer, now, &TimeZone::system(), output.look());
        output.lines(&lines)?;
    }
    output.flush()?;
    if let (false, Some(next)) = (json, &answer.next) {
        message::note(&format!("there are more: --limit N, or --cursor {next}"));
    }
    Ok(Exit::Done)
}

/// A terminal that is narrower has no room for messages beside a run: they stand
/// below it.
const WIDE: usize = 120;

fn list_lines(answer: &RunList, now: Timestamp, zone: &TimeZone, look: Look) -> Vec<Line> {
    let beside = look.columns.is_none_or(|columns| columns >= WIDE);
    let mut columns = vec![
        Column::left("ID"),
        Column::left("NAME"),
        Column::shrinking("FLOW"),
        Column::left("STATE"),
        Column::left("STARTED"),
        Column::right("TOOK"),
    ];
    if beside {
        columns.push(Column::shrinking("MESSAGE"));
    }
    let rows = answer.runs.iter().map(|run| {
        vec![
            Line::of(Role::Dim, short(&run.id)),
            Line::of(Role::Strong, &run.name),
            Line::plain(&run.flow),
            state::cell(run.state, look),
            Line::plain(&started(run, now, zone, look)),
            Line::plain(&took(run, now)),
            note(run),
        ]
    });
    let rows = table::lines(&columns, rows.collect(), look);
    match look.columns {
        Some(columns) if !beside => with_notes(rows, answer, columns, look),
        _ => rows,
    }
}

/// Each run's line, and below it what is to be said of it.
fn with_notes(rows: Vec<Line>, answer: &RunList, columns: usize, look: Look) -> Vec<Line> {
    let mut lines = Vec::with_capacity(2 * rows.len());
    let mut rows = rows.into_iter();
    lines.extend(rows.next());
    for (row, run) in rows.zip(&answer.runs) {
        lines.push(row);
        let note = note(run);
        if note.width() > 0 {
            let mut below = Line::plain("    ");
            below.append(note);
            lines.push(below.cut(columns, look.ellipsis()));
        }
    }
    lines
}

/// How long ago on a terminal; the time itself on a pipe, where it stays true.
fn started(run: &RunDocument, now: Timestamp, zone: &TimeZone, look: Look) -> String {
    let at = run.started_at.unwrap_or(run.created_at).0;
    if look.is_terminal() {
        time::relative(at, now, zone)
    } else {
        time::stamp(at, zone)
    }
}

fn took(run: &RunDocument, now: Timestamp) -> String {
    match (run.duration_ms, run.started_at) {
        (Some(milliseconds), _) => time::duration(Duration::from_millis(milliseconds)),
        (None, Some(started)) if !run.state.is_terminal() => {
            time::duration(time::between(started.0, now))
        }
        (None, _) => String::new(),
    }
}

/// Why, and beside what waits for someone to carry it on, how that is done.
fn note(run: &RunDocument) -> Line {
    let mut line = Line::new();
    if run.state == State::AwaitingRetry {
        let command = format!("tidemill runs retry {}", short(&run.id));
        line.push(Role::Command, &command);
        line.push(Role::Plain, "  ");
    }
    let message = run.message.as_deref().unwrap_or_default();
    line.push(Role::Plain, message.lines().next().unwrap_or_default());
    line
}

fn retry(
    source: &Source<'_>,
    arguments: &RetryArguments,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    let form = Form {
        answer: Answer::of(arguments.form.json),
        live: !shows_diagnostics,
    };
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(_, client) => {
            return remote::retry(client, &arguments.run, arguments.from_failed, form);
        }
    };
    runtime()?.block_on(async {
        let interrupts = Interrupts::new()?;
        let again = start_again(
            surroundings,
            &arguments.run,
            arguments.from_failed,
            form.answer.is_shown(),
        );
        let (carried, events) = again.await?;
        carry(carried, events, form, interrupts).await
    })
}

fn remove(source: &Source<'_>, named: &[String]) -> Result<Exit, Failure> {
    let mut output = Output::new();
    source.remove(named, |name| {
        output.line(&Line::plain("removed ").with(Role::Strong, name))?;
        Ok(())
    })?;
    output.flush()?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use tidemill_api::Moment;

    use super::*;

    fn run(state: State, message: Option<&str>) -> RunDocument {
        let at = |text: &str| Moment(text.parse().unwrap());
        RunDocument {
            id: "019a1b2c-3d4e-7000-8000-000000000000".to_owned(),
            name: "brave-otter-1".to_owned(),
            flow: "report".to_owned(),
            version: None,
            state,
            state_type: state.state_type(),
            message: message.map(str::to_owned),
            parameters: serde_json::Value::Null,
            output: serde_json::Value::Null,
            created_at: at("2026-03-29T11:59:00Z"),
            started_at: Some(at("2026-03-29T11:59:00Z")),
            ended_at: None,
            duration_ms: state.is_terminal().then_some(1_500),
        }
    }

    fn check(look: Look, expected: &[&str]) {
        let answer = RunList {
            runs: vec![
                run(State::AwaitingRetry, Some("the process ended")),
                run(State::Failed, Some("task `x` failed\x1b[31m\nmore")),
            ],
            ..RunList::default()
        };
        let now = "2026-03-29T12:00:00Z".parse().unwrap();
        let drawn: Vec<String> = list_lines(&answer, now, &TimeZone::UTC, look)
            .iter()
            .map(|line| line.render(look))
            .collect();
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_list_on_a_pipe_has_times_that_stay_true() {
        check(
            Look::PIPED,
            &[
                "ID             NAME           FLOW    STATE            STARTED                          TOOK  MESSAGE",
                "019a1b2c-3d4e  brave-otter-1  report  ↻ AwaitingRetry  2026-03-29T11:59:00.000+00:00  1m 00s  tidemill runs retry 019a1b2c-3d4e  the process ended",
                "019a1b2c-3d4e  brave-otter-1  report  ✗ Failed         2026-03-29T11:59:00.000+00:00    1.5s  task `x` failed\\x1b[31m",
            ],
        );
    }

    #[test]
    fn a_list_on_a_terminal_fits_it() {
        let look = Look {
            columns: Some(80),
            ..Look::PIPED
        };
        check(
            look,
            &[
                "ID             NAME           FLOW    STATE            STARTED    TOOK",
                "019a1b2c-3d4e  brave-otter-1  report  ↻ AwaitingRetry  1m ago   1m 00s",
                "    tidemill runs retry 019a1b2c-3d4e  the process ended",
                "019a1b2c-3d4e  brave-otter-1  report  ✗ Failed         1m ago     1.5s",
                "    task `x` failed\\x1b[31m",
            ],
        );
    }
}
