//! `run`, and every other command that carries a run in this process: shows it,
//! hears signals, says how it ended.

use std::pin::pin;
use std::time::Duration;

use tidemill_api::{
    CarriedRun, Events, Failures, FlowChoice, GivenParameters, OpenHome, RunEnd, RunOrder,
    logs::{LogReader, LogsRequest},
    run::run as start,
    to_json,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    arguments::{FlowArguments, RunArguments},
    commands::remote,
    exit::Exit,
    interrupts::Interrupts,
    live::{Ending, Watch, summary},
    message::{self, Failure},
    output::Output,
    runtime::runtime,
    source::Source,
};

/// Between two frames.
pub(crate) const FRAME: Duration = Duration::from_millis(100);

/// At most so many failed tasks are told of at the end.
const FAILURES: usize = 5;

/// How many events are taken in before something else gets its turn.
const EVENTS_AT_ONCE: usize = 1_024;

pub(crate) fn run(
    source: &Source<'_>,
    arguments: RunArguments,
    shows_diagnostics: bool,
) -> Result<Exit, Failure> {
    let form = Form {
        answer: match (arguments.form.json, arguments.quiet) {
            (true, _) => Answer::Document,
            (false, true) => Answer::IfBad,
            (false, false) => Answer::Shown,
        },
        live: !shows_diagnostics,
    };
    let order = RunOrder {
        flow: FlowChoice::parse(&arguments.flow.flow)?,
        parameters: given(arguments.flow),
        trial: None,
    };
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(surroundings, client) => {
            return remote::run(surroundings, client, &order, form);
        }
    };
    runtime()?.block_on(async {
        let interrupts = Interrupts::new()?;
        let (carried, events) = start(surroundings, &order, form.answer.is_shown()).await?;
        carry(carried, events, form, interrupts).await
    })
}

/// The parameters as they were typed.
pub(crate) fn given(arguments: FlowArguments) -> GivenParameters {
    GivenParameters {
        pairs: arguments.parameters,
        file: arguments.file,
        ..GivenParameters::default()
    }
}

/// How a run is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// What is printed.
    pub(crate) answer: Answer,
    /// Frames may be drawn: nothing else writes to the terminal.
    pub(crate) live: bool,
}

/// What is printed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What happens while it goes on, and its end.
    Shown,
    /// Its end, unless it is good.
    IfBad,
    /// Only a document at the end.
    Document,
}

impl Answer {
    /// Where `json` asks for a document.
    pub(crate) fn of(json: bool) -> Self {
        if json { Self::Document } else { Self::Shown }
    }

    /// Whether the run is watched.
    pub(crate) fn is_shown(self) -> bool {
        self == Self::Shown
    }
}

/// One cause may send a signal twice at once, to the process and to its group: what
/// comes sooner after the first is not a second one.
pub(crate) const SAME_SIGNAL: Duration = Duration::from_millis(200);

/// Shows a run to its end.
pub(crate) async fn carry(
    carried: CarriedRun,
    events: Option<Events>,
    form: Form,
    interrupts: Interrupts,
) -> Result<Exit, Failure> {
    for warning in &carried.warnings {
        message::warn(warning);
    }
    let title = format!("{} {}", carried.outline.flow, carried.name);
    let mut watch = match events {
        Some(events) => {
            let mut watch = Watch::new(carried.id, &title, &carried.outline, form.live);
            watch.set_earlier(&carried.earlier);
            Some((watch, events))
        }
        None => None,
    };
    let home = carried.home();
    let ended = wait(&carried, &home, &mut watch, interrupts).await;
    if let Some((watch, _)) = &mut watch {
        watch.end();
    }
    let end = match ended {
        Ok(end) => end,
        Err(error) => {
            // What made the run end like this is worth more than what follows from it.
            let _ = carried.close().await;
            return Err(error.into());
        }
    };
    let said = match &watch {
        Some((watch, _)) if watch.is_seen() => say_end(&carried, &title, &end, Some(watch)),
        Some(_) => Ok(()),
        None if form.answer == Answer::Document => say_document(&carried),
        None if Exit::of_run(end.state) == Exit::Done => Ok(()),
        None => say_end(&carried, &title, &end, None),
    };
    carried.close().await?;
    match said {
        Err(Failure::Stream(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(Exit::of_run(end.state))
}

/// Waits for the run's end, and meanwhile shows it and hears signals.
async fn wait(
    carried: &CarriedRun,
    home: &OpenHome,
    watch: &mut Option<(Watch, Events)>,
    mut interrupts: Interrupts,
) -> Result<RunEnd, tidemill_api::Error> {
    let mut ended = pin!(carried.ended());
    let mut ticks = interval_at(Instant::now() + FRAME, FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard: Vec<Instant> = Vec::new();
    let mut usual_asked = false;
    let mut record = Record::new(carried, home);
    let end = loop {
        let shown = watch.is_some();
        let next = async {
            match watch.as_mut() {
                Some((_, events)) => events.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            why = interrupts.next() => {
                if heard.last().is_none_or(|last| last.elapsed() > SAME_SIGNAL) {
                    heard.push(Instant::now());
                    interrupt(carried, watch, heard.len(), why);
                }
            }
            _ = ticks.tick(), if shown => {
                if let Some((watch, _)) = watch {
                    if watch.is_live() && !usual_asked {
                        usual_asked = true;
                        ask_usual(carried, watch);
                    }
                    watch.draw();
                    record.catch_up(watch)?;
                    watch.flush();
                }
            }
            event = next => {
                if let (Some((watch, events)), Some(event)) = (watch.as_mut(), event) {
                    watch.take_in(&event);
                    take_in_waiting(watch, events, EVENTS_AT_ONCE);
                }
            }
            end = &mut ended => break end,
        }
    };
    if let Some((watch, events)) = watch {
        take_in_waiting(watch, events, usize::MAX);
        if watch.is_behind() {
            home.wait_for_lines()?;
            record.catch_up(watch)?;
        }
    }
    end
}

/// The run's record, for lines that came too fast as events. Nothing is read
/// unless there are some.
struct Record<'h> {
    home: &'h OpenHome,
    request: LogsRequest,
    reader: Option<LogReader<'h>>,
}

impl<'h> Record<'h> {
    fn new(carried: &CarriedRun, home: &'h OpenHome) -> Self {
        let request = LogsRequest {
            run: carried.id.to_string(),
            since: Some(carried.since),
            ..LogsRequest::default()
        };
        Self {
            home,
            request,
            reader: None,
        }
    }

    fn catch_up(&mut self, watch: &mut Watch) -> Result<(), tidemill_api::Error> {
        if !watch.is_behind() {
            return Ok(());
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(LogReader::open(self.home, &self.request)?),
        };
        loop {
            let page = reader.next_page()?;
            if page.is_empty() {
                return Ok(());
            }
            watch.catch_up(&page);
        }
    }
}

fn take_in_waiting(watch: &mut Watch, events: &mut Events, most: usize) {
    for _ in 0..most {
        match events.try_next() {
            Some(event) => watch.take_in(&event),
            None => break,
        }
    }
}

/// How long tasks usually take helps to judge, and nothing depends on it.
fn ask_usual(carried: &CarriedRun, watch: &mut Watch) {
    if let Ok(usual) = carried.usual() {
        watch.set_usual(&usual);
    }
}

/// The first signal cancels the run, the next kills what still runs, one more ends
/// this process whatever it waits for.
fn interrupt(carried: &CarriedRun, watch: &mut Option<(Watch, Events)>, times: usize, why: &str) {
    let note = match times {
        1 => {
            carried.cancel(why);
            "cancelling: what runs has 5 seconds to end; Ctrl-C again kills it"
        }
        2 => {
            carried.kill(why);
            "killing what still runs"
        }
        // The guard ends what this process leaves; the record is settled later.
        _ => std::process::exit(i32::from(Exit::Cancelled.code())),
    };
    match watch {
        Some((watch, _)) => watch.note(note.to_owned()),
        None => message::note(note),
    }
}

fn say_document(carried: &CarriedRun) -> Result<(), Failure> {
    let report = carried.report()?;
    let mut output = Output::new();
    output.document(&report)?;
    output.flush()?;
    Ok(())
}

fn say_end(
    carried: &CarriedRun,
    title: &str,
    end: &RunEnd,
    watch: Option<&Watch>,
) -> Result<(), Failure> {
    let failures = if end.state.is_failure() {
        carried.failures(FAILURES)?
    } else {
        Failures::default()
    };
    let output_json = to_json(&end.output);
    let ending = Ending {
        id: &carried.id.to_string(),
        title,
        state: end.state,
        message: end.message.as_deref(),
        took: watch.and_then(took),
        output: (!output_json.is_null()).then(|| output_json.to_string()),
        failures: &failures,
    };
    say_ending(&ending, watch)
}

/// How long a run took that was watched.
pub(crate) fn took(watch: &Watch) -> Option<Duration> {
    let model = watch.model();
    let end = model.ended.unwrap_or_else(jiff::Timestamp::now);
    Some(crate::time::between(model.started?, end))
}

/// Says how a run ended, its tasks first where the frames showed them all.
pub(crate) fn say_ending(ending: &Ending<'_>, watch: Option<&Watch>) -> Result<(), Failure> {
    let mut output = Output::new();
    let model = watch.filter(|watch| watch.shows_all()).map(Watch::model);
    let lines = summary(ending, model, output.look());
    output.lines(&lines)?;
    output.flush()?;
    Ok(())
}
