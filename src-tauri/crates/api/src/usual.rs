//! How long a flow's tasks usually take: the middle of its last runs.

use std::{collections::HashMap, time::Duration};

use tidemill_flow::Flow;
use tidemill_orchestrate::State;
use tidemill_store::{Reader, RunFilter};

use crate::{Error, flows::middle};

/// How many runs are looked at.
const RUNS: usize = 5;

/// How long each task took lately, by its number in the flow. Only runs of this
/// very text count, and of them what completed; neither items nor what stands in them.
pub(crate) fn durations(reader: &Reader, flow: &Flow) -> Result<Vec<Option<Duration>>, Error> {
    let filter = RunFilter {
        flow: Some(flow.name.to_string()),
        states: vec![State::Completed],
        ..RunFilter::default()
    };
    let mut taken: HashMap<u32, Vec<Duration>> = HashMap::new();
    for run in reader.runs(&filter, None, RUNS)?.runs {
        if run.version.as_deref() != Some(flow.version.as_str()) {
            continue;
        }
        for row in &reader.tally(run.id)?.counts {
            let alone = !row.items && row.state == State::Completed && row.count == 1;
            if let (true, Some(start), Some(end)) = (alone, row.started_at, row.ended_at) {
                // A clock that was set back measured nothing.
                if let Ok(took) = Duration::try_from(end.duration_since(start)) {
                    taken.entry(row.task).or_default().push(took);
                }
            }
        }
    }
    let count = u32::try_from(flow.tasks.len()).unwrap_or(u32::MAX);
    Ok((0..count)
        .map(|task| taken.remove(&task).and_then(middle))
        .collect())
}
