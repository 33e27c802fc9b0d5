//! A task's edges: what has come to rest of what it waits for, and whether it may run.

use tidemill_flow::{Edge, EdgeOn, Join, Task};

use crate::State;

/// Whether an edge opens on this outcome of its upstream.
pub(crate) fn opens(on: EdgeOn, upstream: &Task, state: State) -> bool {
    match on {
        EdgeOn::Finished => state.is_terminal(),
        EdgeOn::Failed => state.is_failure(),
        EdgeOn::Succeeded => state.is_completed() || is_allowed(upstream, state),
    }
}

/// Whether the state is a failure of the task's own that is allowed.
pub(crate) fn is_allowed(task: &Task, state: State) -> bool {
    task.allow_failure && state.is_failure() && state != State::UpstreamFailed
}

/// Whether the state is a failure that counts: for the run, the group, the map around it.
pub(crate) fn counts_as_failure(task: &Task, state: State) -> bool {
    state.is_failure() && !is_allowed(task, state)
}

/// How far the upstreams of one task run are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeCount {
    join: Join,
    named: Count,
    implied: Count,
}

/// How far some edges are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    total: u32,
    settled: u32,
    open: u32,
}

/// What a task's edges say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Something that counts has not ended.
    Undecided,
    /// The task may run.
    Open,
    /// It may not.
    Closed,
}

impl EdgeCount {
    /// Of a task whose upstreams have not ended.
    pub(crate) fn new(task: &Task) -> Self {
        let mut edges = Self {
            join: task.join,
            ..Self::default()
        };
        for &edge in &task.needs {
            edges.count(edge).total += 1;
        }
        edges
    }

    fn count(&mut self, edge: Edge) -> &mut Count {
        if edge.implied {
            &mut self.implied
        } else {
            &mut self.named
        }
    }

    /// Takes note of an upstream's end.
    pub(crate) fn settle(&mut self, edge: Edge, is_open: bool) {
        let count = self.count(edge);
        count.settled += 1;
        count.open += u32::from(is_open);
    }

    /// What the edges say now. Closed edges speak only when all upstreams have
    /// ended, so that the verdict does not hang on their order.
    pub(crate) fn verdict(self) -> Verdict {
        let named_open = match self.join {
            Join::All => self.named.open == self.named.total,
            Join::Any => self.named.open > 0 || self.named.total == 0,
        };
        if named_open && self.implied.open == self.implied.total {
            Verdict::Open
        } else if self.named.is_settled() && self.implied.is_settled() {
            Verdict::Closed
        } else {
            Verdict::Undecided
        }
    }
}

impl Count {
    fn is_settled(self) -> bool {
        self.settled == self.total
    }
}
