//! How long a flow's tasks usually take: the middle of its last runs.

use std::{collections::HashMap, time::Duration};

use tidemill_flow::Flow;
use tidemill_orchestrate::State;
use tidemill_store::{Reader, RunFilter, TaskRunFilter};

use crate::Error;

/// How many runs are looked at.
const RUNS: usize = 5;

/// How long each task took lately, by its number in the flow. Only runs of this
/// very text count, and of them what completed; items are not looked at.
pub(crate) fn durations(reader: &Reader, flow: &Flow) -> Result<Vec<Option<Duration>>, Error> {
    let filter = RunFilter {
        flow: Some(flow.name.to_string()),
        states: vec![State::Completed],
        ..RunFilter::default()
    };
    let rows = TaskRunFilter {
        states: vec![State::Completed],
        without_items: true,
        ..TaskRunFilter::default()
    };
    let mut taken: HashMap<u32, Vec<Duration>> = HashMap::new();
    for run in reader.runs(&filter, None, RUNS)?.runs {
        if run.version.as_deref() != Some(flow.version.as_str()) {
            continue;
        }
        for row in reader.task_runs(run.id, &rows, None, usize::MAX)? {
            if let (Some(start), Some(end)) = (row.started_at, row.ended_at) {
                // A clock that was set back measured nothing.
                if let Ok(took) = Duration::try_from(end.duration_since(start)) {
                    taken.entry(row.task).or_default().push(took);
                }
            }
        }
    }
    let count = u32::try_from(flow.tasks.len()).unwrap_or(u32::MAX);
    Ok((0..count).map(|task| taken.remove(&task).and_then(middle)).collect())
}

fn middle(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_stands_for_all() {
        let seconds = |list: &[u64]| list.iter().copied().map(Duration::from_secs).collect();
        assert_eq!(middle(seconds(&[9, 1, 2])), Some(Duration::from_secs(2)));
        assert_eq!(middle(seconds(&[])), None);
    }
}
