//! Is everything as expected? What Home shows, as one document: what broke an
//! expectation and was not put right since, what runs, how each flow went lately, what
//! comes next.

mod broken;
mod running;
mod totals;
mod upcoming;

#[cfg(test)]
mod tests;

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tidemill_store::Reader;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    catalog::FlowFile,
    document::Moment,
    flows::{self, FlowSummary},
};

pub use broken::{Broken, BrokenKind, NextStep};
pub use running::RunningRun;
pub use totals::Totals;
pub use upcoming::{NotRun, Upcoming};

/// What failed is looked for so far back: a flow that is due once a month and failed
/// is told of until it is due again.
const DAYS: i64 = 35;

/// At most so many flows are shown.
const FLOWS: usize = 100;

/// At most so many flows' runs are looked through for what failed.
const LOOKED_THROUGH: usize = 2_000;

/// At most so many runs that have not ended are shown.
const RUNNING: usize = 200;

/// What is and what should be.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// When this was so.
    pub now: Moment,
    /// Whether nothing broke an expectation.
    pub as_expected: bool,
    /// How many expectations there are: flows that ran lately or are due, and runs that
    /// go on.
    pub expectations: usize,
    /// What broke an expectation, the newest first.
    pub broken: Vec<Broken>,
    /// Runs that go on, newest first.
    pub running: Vec<RunningRun>,
    /// The flows: those of the workspace, then others that ran lately.
    pub flows: Vec<FlowSummary>,
    /// What is due within a day, in order.
    pub upcoming: Vec<Upcoming>,
    /// What was due within the last day and did not run, newest first; times that a person
    /// paused are not among them.
    pub not_run: Vec<NotRun>,
    /// The day's runs that no other run's task started.
    pub totals: Totals,
}

/// What is and what should be.
///
/// A flow's failures count until a later run of it completes. A run is slow where it
/// takes longer than twice the usual time and 30 seconds more than it; what is usual is
/// the middle of the last completed runs, of which there must be five. Runs that other
/// runs' tasks started are told of by those.
///
/// # Errors
/// Where the workspace or the store cannot be read.
pub fn overview(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    now: Timestamp,
) -> Result<Overview, Error> {
    let reader = home.reader()?;
    let files = catalog.files(surroundings, home)?;
    let since = before(now, SignedDuration::from_hours(DAYS * 24));
    let names = reader.flow_names(LOOKED_THROUGH)?;
    let mut broken = broken::failures(&reader, &names, since)?;
    let unfinished = reader.unfinished_runs(RUNNING)?;
    let mut running = Vec::with_capacity(unfinished.len());
    for run in &unfinished {
        let (known, wrong) = running::going(&reader, run, now)?;
        running.push(known);
        broken.extend(wrong);
    }
    broken.sort_by_key(|broken| std::cmp::Reverse(broken.run.created_at));
    let broken = broken::folded(broken);
    let flows = summaries(&reader, &files, &names, since, now)?;
    let upcoming = upcoming::upcoming(&reader, &files, now)?;
    let due = flows
        .iter()
        .filter(|flow| !flow.last.is_empty() || !flow.schedules.is_empty());
    Ok(Overview {
        now: Moment(now),
        as_expected: broken.is_empty(),
        expectations: due.count() + running.len(),
        broken,
        running,
        upcoming,
        not_run: upcoming::not_run(surroundings, home, &reader, now)?,
        totals: totals::totals(&reader, now)?,
        flows,
    })
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn summaries(
    reader: &Reader,
    files: &[Arc<FlowFile>],
    names: &[String],
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<FlowSummary>, Error> {
    let mut shown = HashSet::new();
    let mut flows = Vec::new();
    for file in files.iter().take(FLOWS) {
        shown.insert(file.name.as_str());
        flows.push(flows::summary(reader, file, now)?);
    }
    for name in names {
        if flows.len() >= FLOWS {
            break;
        }
        if shown.contains(name.as_str()) {
            continue;
        }
        let newest = reader.newest_of_flow(name, 1)?;
        if newest.first().is_some_and(|run| run.created_at >= since) {
            flows.push(flows::of_runs(reader, name)?);
        }
    }
    Ok(flows)
}
