//! What comes next, and what should have come.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;
use tidemill_store::{Reader, RunSummary};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome, Surroundings,
    catalog::{self, FlowFile},
    document::Moment,
    schedules,
};

/// At most so many times to come are told.
const UPCOMING: usize = 100;

/// A time to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Upcoming {
    /// When, RFC 3339 with the offset of the schedule's zone.
    pub at: String,
    /// The flow.
    pub flow: String,
    /// The schedule: its name, or its rule and zone; of a run that was asked for, the
    /// run's name.
    pub text: String,
    /// The run that was asked for; null where a schedule is due.
    pub run: Option<String>,
}

/// A time that passed without a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotRun {
    /// When it was due.
    pub at: Moment,
    /// The flow.
    pub flow: String,
    /// Why it did not run.
    pub reason: String,
}

/// What a person wanted not to run.
const WANTED: [&str; 2] = ["paused", "disabled"];

/// What was due within the last day in the workspace, and did not run.
pub(super) fn not_run(
    surroundings: &Surroundings,
    home: &OpenHome,
    reader: &Reader,
    now: Timestamp,
) -> Result<Vec<NotRun>, Error> {
    let Some(folder) = catalog::folder(surroundings, home)? else {
        return Ok(Vec::new());
    };
    let since = now.checked_sub(SignedDuration::from_hours(24));
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let missed = schedules::missed(reader, &folder.to_string_lossy(), since)?;
    let told = missed.into_iter();
    let told = told.filter(|row| !WANTED.contains(&row.reason.as_str()));
    let not_run = told.map(|row| NotRun {
        at: row.last,
        flow: row.flow,
        reason: match (row.times, row.counted) {
            (1, _) => row.message,
            (times, true) => format!("{times} times: {}", row.message),
            (times, false) => format!("{times} times or more: {}", row.message),
        },
    });
    Ok(not_run.collect())
}

/// What is due within a day: by schedules, and runs that were asked for.
pub(super) fn upcoming(
    reader: &Reader,
    files: &[Arc<FlowFile>],
    now: Timestamp,
) -> Result<Vec<Upcoming>, Error> {
    let end = now.checked_add(SignedDuration::from_hours(24));
    let end = end.unwrap_or(Timestamp::MAX);
    let mut times = by_schedules(files, now, end);
    for run in reader.scheduled_runs(end, UPCOMING)? {
        let due = run.scheduled_for.unwrap_or(run.created_at);
        times.push((due, asked_for(&run, due)));
    }
    times.sort_by_key(|(at, _)| *at);
    let told = times.into_iter().take(UPCOMING);
    Ok(told.map(|(_, upcoming)| upcoming).collect())
}

fn by_schedules(
    files: &[Arc<FlowFile>],
    now: Timestamp,
    end: Timestamp,
) -> Vec<(Timestamp, Upcoming)> {
    let local = TimeZone::system();
    let mut times = Vec::new();
    for file in files {
        let Some(flow) = &file.flow else { continue };
        let schedules: Vec<_> = flow
            .schedules
            .iter()
            .filter(|known| !known.schedule.paused)
            .map(|known| known.schedule.clone())
            .collect();
        let due = schedules::merged(&schedules, now, UPCOMING, &local);
        let due = due.into_iter().take_while(|time| time.at <= end);
        times.extend(due.map(|time| {
            let upcoming = Upcoming {
                at: time.text(),
                flow: file.name.clone(),
                text: time.schedule,
                run: None,
            };
            (time.at, upcoming)
        }));
    }
    times
}

fn asked_for(run: &RunSummary, due: Timestamp) -> Upcoming {
    let local = due.to_zoned_datetime(TimeZone::system());
    Upcoming {
        at: local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        flow: run.flow.clone(),
        text: run.name.clone(),
        run: Some(run.id.to_string()),
    }
}
