//! `metrics`: how this Tidemill fares, in the text format of Prometheus.

use std::{fmt::Write as _, path::Path, sync::Arc};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use tidemill_orchestrate::{State as RunState, StateType};
use tidemill_store::Home;
use utoipa_axum::routes;

use super::Routes;
use crate::{Error, Host, http::problem::Problem, tail::blocking};

/// The media type of the text format.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Runs made within so long are counted by their state.
const COUNTED: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(metrics))
}

/// How this Tidemill fares, for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "about",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(host): State<Arc<Host>>) -> Result<Response, Problem> {
    let text = blocking(move || measured(&host)).await?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}

/// Writes metrics, each with what it means.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn metric(&mut self, name: &str, kind: &str, help: &str, values: &[(String, f64)]) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "# HELP tidemill_{name} {help}");
        let _ = writeln!(self.text, "# TYPE tidemill_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(self.text, "tidemill_{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.metric(name, "gauge", help, &[(String::new(), value)]);
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.metric(name, "counter", help, &[(String::new(), value)]);
    }
}

fn measured(host: &Host) -> Result<String, Error> {
    let mut page = Page::default();
    let info = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    page.metric("info", "gauge", "The program.", &[(info, 1.0)]);
    let started = host.started_at().as_duration().as_secs_f64();
    page.gauge(
        "start_time_seconds",
        "When this process was opened, since 1970.",
        started,
    );
    page.gauge(
        "runs_carried",
        "Runs that this process carries.",
        host.carried() as f64,
    );
    page.counter(
        "runs_started_total",
        "Runs that were started or carried on in this process.",
        host.started() as f64,
    );
    page.gauge(
        "streams_open",
        "Streams of events and lines that are open.",
        host.listeners() as f64,
    );
    let reader = host.home().reader()?;
    page.counter(
        "transitions_total",
        "Transitions that were ever recorded in this home.",
        reader.last_sequence()? as f64,
    );
    let since = Timestamp::now()
        .saturating_sub(COUNTED)
        .unwrap_or(Timestamp::MIN);
    page.metric(
        "runs_of_last_day",
        "gauge",
        "Runs made in the last 24 hours, by the type of their state.",
        &by_type(&reader.states_since(since)?),
    );
    page.gauge(
        "runs_unfinished",
        "Runs of this home that have not ended, in any process.",
        reader.unfinished()?.len() as f64,
    );
    page.metric(
        "store_bytes",
        "gauge",
        "How large the files of the home are.",
        &sizes(host),
    );
    if let Some(bytes) = resident() {
        page.gauge(
            "process_resident_memory_bytes",
            "Memory that this process takes.",
            bytes as f64,
        );
    }
    Ok(page.text)
}

/// Every type of state with its count, those without runs too.
fn by_type(counts: &[(RunState, u64)]) -> Vec<(String, f64)> {
    let mut types: Vec<StateType> = Vec::new();
    for state in RunState::ALL {
        if !types.contains(&state.state_type()) {
            types.push(state.state_type());
        }
    }
    let count = |wanted: StateType| -> u64 {
        let of_type = counts
            .iter()
            .filter(|(state, _)| state.state_type() == wanted);
        of_type.map(|(_, count)| count).sum()
    };
    types
        .into_iter()
        .map(|kind| {
            (
                format!("{{state_type=\"{}\"}}", kind.name()),
                count(kind) as f64,
            )
        })
        .collect()
}

/// How large the databases are, with what waits to be written into them.
fn sizes(host: &Host) -> Vec<(String, f64)> {
    let home = Home::new(&host.surroundings().home);
    let size = |path: &Path| {
        let mut waiting = path.as_os_str().to_owned();
        waiting.push("-wal");
        // A file that is not there takes nothing.
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        (bytes(path) + bytes(Path::new(&waiting))) as f64
    };
    [
        ("state", home.state()),
        ("logs", home.logs()),
        ("search", home.search()),
    ]
    .into_iter()
    .map(|(name, path)| (format!("{{database=\"{name}\"}}"), size(&path)))
    .collect()
}

/// How much memory this process takes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_says_what_it_is() {
        let mut page = Page::default();
        page.metric(
            "runs",
            "gauge",
            "Runs.",
            &by_type(&[(RunState::TimedOut, 2), (RunState::Failed, 1)]),
        );
        let mut lines = page.text.lines();
        assert_eq!(lines.next(), Some("# HELP tidemill_runs Runs."));
        assert_eq!(lines.next(), Some("# TYPE tidemill_runs gauge"));
        assert!(
            page.text
                .contains("tidemill_runs{state_type=\"failed\"} 3\n")
        );
        assert!(
            page.text
                .contains("tidemill_runs{state_type=\"running\"} 0\n")
        );
    }
}
