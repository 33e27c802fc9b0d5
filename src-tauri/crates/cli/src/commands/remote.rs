//! Runs that a server carries, shown here as if this process did.

use std::time::Duration;

use tidemill_api::{
    Error, Event, Failures, RunDocument, RunOrder, Surroundings,
    client::{Client, RemoteRun, ServerError, Streamed},
    logs::LogsRequest,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use crate::{
    commands::run::{Answer, FRAME, Form, SAME_SIGNAL, say_ending, took},
    exit::Exit,
    interrupts::Interrupts,
    live::{Ending, Watch},
    message::{self, Failure},
    output::Output,
    runtime::runtime,
    source,
};

/// How long the last lines of a run that has ended may take.
const LAST_LINES: Duration = Duration::from_secs(10);

/// Starts a run there, and shows it.
pub(crate) fn run(
    surroundings: &Surroundings,
    client: &Client,
    order: &RunOrder,
    form: Form,
) -> Result<Exit, Failure> {
    let flow = source::name(&order.flow)?;
    runtime()?.block_on(async {
        let interrupts = Interrupts::new()?;
        let run = client.start(surroundings, &flow, &order.parameters).await?;
        show(client, &run, form, interrupts).await
    })
}

/// Runs a run again there, and shows it.
pub(crate) fn retry(
    client: &Client,
    run: &str,
    from_failed: bool,
    form: Form,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let interrupts = Interrupts::new()?;
        let run = client.retry(run, from_failed).await?;
        show(client, &run, form, interrupts).await
    })
}

/// Shows a run to its end.
async fn show(
    client: &Client,
    started: &RunDocument,
    form: Form,
    interrupts: Interrupts,
) -> Result<Exit, Failure> {
    let run = RemoteRun::open(client.clone(), &started.id).await?;
    let title = format!("{} {}", run.outline.flow, started.name);
    let mut shown = None;
    if form.answer.is_shown() {
        let mut watch = Watch::new(run.id, &title, &run.outline, form.live);
        watch.set_earlier(&run.earlier);
        let usual: Vec<_> = run.outline.tasks.iter().map(|task| task.usual).collect();
        watch.set_usual(&usual);
        let request = LogsRequest {
            run: started.id.clone(),
            ..LogsRequest::default()
        };
        shown = Some((watch, client.lines(&request, true).await?));
    }
    let watched = watch_to_end(client, run, &mut shown, interrupts).await;
    if let Some((watch, _)) = &mut shown {
        watch.end();
    }
    if let Watched::LeftAlone = watched? {
        message::note(&format!("run {} goes on on the server", started.name));
        return Ok(Exit::Cancelled);
    }
    let (ended, failures) = client.ended(&started.id).await?;
    if form.answer == Answer::Document {
        let mut output = Output::new();
        source::write_report(client, &ended.id, false, &mut output).await?;
        output.flush()?;
    } else if form.answer.is_shown() || Exit::of_run(ended.state) != Exit::Done {
        say(
            &title,
            &ended,
            &failures,
            shown.as_ref().map(|(watch, _)| watch),
        )?;
    }
    Ok(Exit::of_run(ended.state))
}

/// What came of watching.
enum Watched {
    /// The run has ended.
    Ended,
    /// A third signal: nobody watches any more.
    LeftAlone,
}

/// What happens in a run, told by a task of its own: what it waits for is not broken
/// off by what else happens here. It ends with the run.
fn told(mut run: RemoteRun) -> mpsc::Receiver<Result<Vec<Event>, Error>> {
    let (sender, told) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let news = match run.next().await {
                Ok(Some(events)) => Ok(events),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let failed = news.is_err();
            // Who does not listen any more has left the run alone.
            if sender.send(news).await.is_err() || failed {
                return;
            }
        }
    });
    told
}

async fn watch_to_end(
    client: &Client,
    run: RemoteRun,
    shown: &mut Option<(Watch, Streamed)>,
    mut interrupts: Interrupts,
) -> Result<Watched, Error> {
    let mut ticks = interval_at(Instant::now() + FRAME, FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard: Vec<Instant> = Vec::new();
    let id = run.id.to_string();
    let mut told = told(run);
    let mut lines_ended = shown.is_none();
    loop {
        let lines = async {
            match shown.as_mut() {
                Some((_, lines)) if !lines_ended => lines.next().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            why = interrupts.next() => {
                if heard.last().is_some_and(|last| last.elapsed() <= SAME_SIGNAL) {
                    continue;
                }
                heard.push(Instant::now());
                if heard.len() > 2 {
                    return Ok(Watched::LeftAlone);
                }
                interrupt(client, &id, shown, heard.len(), why).await?;
            }
            _ = ticks.tick() => {
                if let Some((watch, _)) = shown.as_mut() {
                    watch.draw();
                    watch.flush();
                }
            }
            entries = lines => {
                match (entries, shown.as_mut()) {
                    (Ok(Some(entries)), Some((watch, _))) => watch.lines(&entries),
                    // Its lines are in the record; whether it goes on, the events say.
                    _ => lines_ended = true,
                }
            }
            events = told.recv() => {
                let Some(events) = events else {
                    break;
                };
                let events = events?;
                if let Some((watch, _)) = shown.as_mut() {
                    events.iter().for_each(|event| watch.take_in(event));
                }
            }
        }
    }
    if let Some((watch, lines)) = shown.as_mut().filter(|_| !lines_ended) {
        let rest = async {
            while let Ok(Some(entries)) = lines.next().await {
                watch.lines(&entries);
            }
        };
        // Who waits for the end has waited long enough.
        let _ = timeout(LAST_LINES, rest).await;
    }
    Ok(Watched::Ended)
}

/// The first signal cancels the run there, the next kills what still runs of it.
async fn interrupt(
    client: &Client,
    run: &str,
    shown: &mut Option<(Watch, Streamed)>,
    times: usize,
    why: &str,
) -> Result<(), Error> {
    let kills = times > 1;
    match kills {
        false => note(
            shown,
            &format!("{why}: cancelling: what runs has 5 seconds to end; Ctrl-C again kills it"),
        ),
        true => note(
            shown,
            "killing what still runs; Ctrl-C again stops watching",
        ),
    }
    match client.cancel(run, kills).await {
        // It ended on its own before the second word came.
        Err(Error::Server(ServerError::Refused { status: 409, .. })) if kills => Ok(()),
        other => other.map(drop),
    }
}

fn note(shown: &mut Option<(Watch, Streamed)>, text: &str) {
    match shown {
        Some((watch, _)) => watch.note(text.to_owned()),
        None => message::note(text),
    }
}

fn say(
    title: &str,
    run: &RunDocument,
    failures: &Failures,
    watch: Option<&Watch>,
) -> Result<(), Failure> {
    let ending = Ending {
        id: &run.id,
        title,
        state: run.state,
        message: run.message.as_deref(),
        took: run
            .duration_ms
            .map(Duration::from_millis)
            .or_else(|| watch.and_then(took)),
        output: (!run.output.is_null()).then(|| run.output.to_string()),
        failures,
    };
    say_ending(&ending, watch)
}
