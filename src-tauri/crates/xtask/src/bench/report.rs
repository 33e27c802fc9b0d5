//! The table, for people and as JSON.

use std::{fs::File, io::Write, time::Instant};

use super::{measure::median, rows::Row, stage::Stage};
use crate::{failure::Failure, step};

/// What a row came to.
pub(super) struct Outcome {
    /// What is held against the bound: a ratio, or a rate.
    pub(super) value: f64,
    /// The median of ours, in seconds.
    pub(super) ours: f64,
    /// The median of the yardstick's, in seconds; `None` where there is none.
    pub(super) yardstick: Option<f64>,
    /// What else was seen.
    pub(super) beside: String,
}

/// All rows so far.
pub(super) struct Report {
    flush: f64,
    machine: String,
    rows: Vec<(&'static Row, Outcome)>,
}

impl Report {
    /// A report for this machine and the disk below `stage`.
    pub(super) fn new(stage: &Stage) -> Result<Self, Failure> {
        Ok(Self {
            flush: flush_time(stage)?,
            machine: machine(),
            rows: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, row: &'static Row, outcome: Outcome) {
        self.rows.push((row, outcome));
    }

    /// Prints the newest row, and before the first one the head.
    pub(super) fn print_last(&self) {
        if self.rows.len() == 1 {
            step::say(&format!(
                "{}; a flush takes {:.2} ms",
                self.machine,
                self.flush * 1e3
            ));
            step::say("row             value    bound  verdict       ours  yardstick  beside");
        }
        if let Some((row, outcome)) = self.rows.last() {
            step::say(&line(row, outcome));
        }
    }

    /// The whole report as one JSON document.
    pub(super) fn json(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|(row, outcome)| object(row, outcome))
            .collect();
        format!(
            "{{\"machine\": {:?}, \"flush_ms\": {:.3}, \"rows\": [{}]}}",
            self.machine,
            self.flush * 1e3,
            rows.join(", ")
        )
    }
}

fn line(row: &Row, outcome: &Outcome) -> String {
    let verdict = if row.holds(outcome.value) {
        "holds"
    } else {
        "missed"
    };
    let yardstick = match outcome.yardstick {
        Some(seconds) => format!("{:.1} ms", seconds * 1e3),
        None => "–".to_owned(),
    };
    format!(
        "{:<14} {:>6.2} {:>8} {:>8} {:>8.1} ms {:>10}  {}",
        row.name,
        outcome.value,
        row.bound_text(),
        verdict,
        outcome.ours * 1e3,
        yardstick,
        outcome.beside
    )
}

fn object(row: &Row, outcome: &Outcome) -> String {
    let yardstick = match outcome.yardstick {
        Some(seconds) => format!("{:.3}", seconds * 1e3),
        None => "null".to_owned(),
    };
    format!(
        "{{\"row\": {:?}, \"value\": {:.4}, \"bound\": {}, \"holds\": {}, \"ours_ms\": {:.3}, \"yardstick_ms\": {yardstick}, \"beside\": {:?}}}",
        row.name,
        outcome.value,
        row.bound,
        row.holds(outcome.value),
        outcome.ours * 1e3,
        outcome.beside
    )
}

/// The median time that writing a page and flushing it takes, in seconds.
fn flush_time(stage: &Stage) -> Result<f64, Failure> {
    let path = stage.folder().join("flush");
    let fault = |error| Failure::Io(path.display().to_string(), error);
    let mut file = File::create(&path).map_err(fault)?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let started = Instant::now();
        file.write_all(&[0; 4096]).map_err(fault)?;
        file.sync_data().map_err(fault)?;
        times.push(started.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    format!("{processors} × {model}")
}
