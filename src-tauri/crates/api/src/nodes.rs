//! How a run's tasks stand, one answer for each node of its graph, however many items
//! a mapped task has; the same over several runs of a flow.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::Serialize;
use tidemill_orchestrate::State;
use tidemill_store::{RunSummary, TaskCount};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    document::{Moment, duration},
    flows::{self, RunBar},
    runs,
    schemas::StateName,
    task_path::TaskNames,
};

/// How a run's tasks stand.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeStates {
    /// The nodes that have task runs, in the graph's order.
    pub nodes: Vec<NodeState>,
    /// The event stream's cursor from which on its events are news to this.
    pub cursor: u64,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeState {
    /// Its node in the graph.
    pub node: u32,
    /// How many of its task runs stand in which state: of a mapped task, its items.
    pub counts: BTreeMap<&'static str, u64>,
    /// Its own state; where it has several rows, the one that needs most attention.
    #[schema(value_type = Option<StateName>)]
    pub state: Option<State>,
    /// When the first of its task runs started.
    pub started_at: Option<Moment>,
    /// When the last of them ended, once all have.
    pub ended_at: Option<Moment>,
    /// The most attempts that one of them had.
    pub attempts: u32,
}

/// How a run's tasks stand.
///
/// # Errors
/// Where there is no such run, or the store cannot be read.
pub fn states(home: &OpenHome, run: &str) -> Result<NodeStates, Error> {
    let reader = home.reader()?;
    let id = runs::find_in(&reader, run)?;
    let tally = reader.tally(id)?;
    Ok(NodeStates {
        nodes: by_node(&tally.counts)
            .iter()
            .map(NodeCounts::state)
            .collect(),
        cursor: tally.sequence,
    })
}

/// The counts of one node.
struct NodeCounts<'a> {
    node: u32,
    counts: Vec<&'a TaskCount>,
}

fn by_node(counts: &[TaskCount]) -> Vec<NodeCounts<'_>> {
    let mut nodes: BTreeMap<u32, Vec<&TaskCount>> = BTreeMap::new();
    for count in counts {
        nodes.entry(count.task).or_default().push(count);
    }
    let nodes = nodes.into_iter();
    nodes
        .map(|(node, counts)| NodeCounts { node, counts })
        .collect()
}

impl NodeCounts<'_> {
    fn state(&self) -> NodeState {
        let items = self.counts.iter().any(|count| count.items);
        let mut counts = BTreeMap::new();
        for count in self.counts.iter().filter(|count| count.items == items) {
            *counts.entry(count.state.name()).or_insert(0) += count.count;
        }
        NodeState {
            node: self.node,
            counts,
            state: self.own_state(),
            started_at: self.started_at().map(Moment),
            ended_at: self.ended_at().map(Moment),
            attempts: self
                .counts
                .iter()
                .map(|count| count.attempts)
                .max()
                .unwrap_or(0),
        }
    }

    /// The state of its own rows, not of items, where it has any.
    fn own_state(&self) -> Option<State> {
        let own = self.counts.iter().filter(|count| !count.items);
        let own = own
            .map(|count| count.state)
            .max_by_key(|state| weight(*state));
        let any = self.counts.iter().map(|count| count.state);
        own.or_else(|| any.max_by_key(|state| weight(*state)))
    }

    fn started_at(&self) -> Option<jiff::Timestamp> {
        self.counts
            .iter()
            .filter_map(|count| count.started_at)
            .min()
    }

    fn ended_at(&self) -> Option<jiff::Timestamp> {
        let over = self.counts.iter().all(|count| count.state.is_terminal());
        let ended = self.counts.iter().filter_map(|count| count.ended_at).max();
        ended.filter(|_| over)
    }

    /// How many task runs it has: of a mapped task, items.
    fn count(&self) -> u64 {
        let items = self.counts.iter().any(|count| count.items);
        let shown = self.counts.iter().filter(|count| count.items == items);
        shown.map(|count| count.count).sum()
    }
}

/// How much attention a state needs, beside others of the same task: what waits for a
/// person, then what goes on, then what went wrong.
fn weight(state: State) -> u32 {
    match state {
        State::Paused => 9,
        State::Cancelling => 8,
        State::Running | State::Retrying => 7,
        State::AwaitingRetry | State::AwaitingSlot | State::Scheduled | State::Late => 6,
        State::Pending => 5,
        State::Crashed | State::Failed | State::TimedOut => 4,
        State::UpstreamFailed => 3,
        State::Cancelled => 2,
        State::Completed | State::Cached => 1,
        State::Skipped => 0,
    }
}

/// A flow's tasks over its newest runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Grid {
    /// The runs, newest first.
    pub runs: Vec<RunBar>,
    /// The tasks, those of the file as it is now first, then those that only runs had.
    pub tasks: Vec<GridTask>,
}

/// A task over several runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GridTask {
    /// Its name with those of the groups around it.
    pub path: String,
    /// Its name.
    pub name: String,
    /// How many groups stand around it.
    pub depth: usize,
    /// How it stood, one for each run; null where a run did not have it.
    pub cells: Vec<Option<GridCell>>,
}

/// How a task stood in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GridCell {
    /// Its state.
    #[schema(value_type = StateName)]
    pub state: State,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
    /// How many task runs it had: of a mapped task, items.
    pub count: u64,
}

/// A flow's tasks over its newest runs.
///
/// # Errors
/// Where neither a file nor a run is of this flow, or the store cannot be read.
pub fn grid(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    flow: &str,
    limit: NonZeroU32,
) -> Result<Grid, Error> {
    let reader = home.reader()?;
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let newest = reader.newest_of_flow(flow, limit)?;
    let file = match flows::file(surroundings, home, catalog, flow) {
        Err(error) if newest.is_empty() => return Err(error),
        file => file.ok(),
    };
    let now = file.and_then(|file| file.flow.as_deref().map(runs::names_of));
    let mut tasks: Vec<GridTask> = Vec::new();
    let mut places = BTreeMap::new();
    for names in now.iter().flatten() {
        row(&mut tasks, &mut places, names, newest.len());
    }
    for (column, run) in newest.iter().enumerate() {
        for (names, cell) in cells(home, &reader, run)? {
            let place = row(&mut tasks, &mut places, &names, newest.len());
            let cells = tasks.get_mut(place).map(|task| &mut task.cells);
            if let Some(place) = cells.and_then(|cells| cells.get_mut(column)) {
                *place = Some(cell);
            }
        }
    }
    Ok(Grid {
        runs: newest.iter().map(RunBar::of).collect(),
        tasks,
    })
}

/// The place of a task's row; it is added where it is not there yet.
fn row(
    tasks: &mut Vec<GridTask>,
    places: &mut BTreeMap<String, usize>,
    names: &TaskNames,
    columns: usize,
) -> usize {
    let next = tasks.len();
    let place = *places.entry(names.path.to_string()).or_insert(next);
    if place == next {
        tasks.push(GridTask {
            path: names.path.to_string(),
            name: names.name.clone(),
            depth: names.path.matches('/').count(),
            cells: vec![None; columns],
        });
    }
    place
}

fn cells(
    home: &OpenHome,
    reader: &tidemill_store::Reader,
    run: &RunSummary,
) -> Result<Vec<(TaskNames, GridCell)>, Error> {
    let recorded = home.flows().of_id(reader, run.id)?;
    let tally = reader.tally(run.id)?;
    let mut cells = Vec::new();
    for node in by_node(&tally.counts) {
        let names = recorded.names.get(node.node as usize).cloned();
        if let (Some(names), Some(state)) = (names, node.own_state()) {
            let cell = GridCell {
                state,
                duration_ms: duration(node.started_at(), node.ended_at()),
                count: node.count(),
            };
            cells.push((names, cell));
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(task: u32, items: bool, state: State, count: u64) -> TaskCount {
        TaskCount {
            task,
            items,
            state,
            count,
            started_at: None,
            ended_at: None,
            attempts: 1,
        }
    }

    #[test]
    fn a_node_stands_as_its_own_row_and_counts_its_items() {
        let counts = [
            count(0, false, State::Completed, 1),
            count(1, false, State::Running, 1),
            count(1, true, State::Completed, 5),
            count(1, true, State::Failed, 1),
            count(2, false, State::Completed, 3),
            count(2, false, State::Failed, 1),
        ];
        let states: Vec<NodeState> = by_node(&counts).iter().map(NodeCounts::state).collect();
        let told: Vec<_> = states
            .iter()
            .map(|node| (node.state, node.counts.clone()))
            .collect();
        assert_eq!(
            told,
            [
                (Some(State::Completed), [("Completed", 1)].into()),
                (
                    Some(State::Running),
                    [("Completed", 5), ("Failed", 1)].into()
                ),
                (
                    Some(State::Failed),
                    [("Completed", 3), ("Failed", 1)].into()
                ),
            ]
        );
        assert_eq!(by_node(&counts)[1].count(), 6);
    }
}
