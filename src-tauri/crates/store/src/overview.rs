//! What can be asked of a reader about many runs at once, or about many task runs of
//! one: counts, summaries, places. Each answer is bounded, by a limit or by its nature.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tidemill_orchestrate::{RunId, State, TaskRunNumber, Transition};

use crate::{
    KnownRequest, OpenFailures, Reader, RunFilter, RunMove, RunSummary, StoreError, StoredTaskRun,
    Tally, TaskRunPlace, VersionRuns,
    reader::known,
    tables::{request, run_list, run_summary, task_run, task_tally, transition},
};

/// A limit as a column.
fn column(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Reader {
    /// The names of the flows that runs are of, in order.
    pub fn flow_names(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        self.read(|connection, _| Ok(run_summary::flows(connection, column(limit))?))
    }

    /// A run in few words.
    pub fn summary(&self, run: RunId) -> Result<Option<RunSummary>, StoreError> {
        self.read(|connection, _| Ok(run_summary::one(connection, run)?))
    }

    /// A flow's newest runs, newest first.
    pub fn newest_of_flow(&self, flow: &str, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection, _| Ok(run_summary::of_flow(connection, flow, column(limit))?))
    }

    /// The newest run that no other run's task started.
    pub fn newest_on_top(&self) -> Result<Option<RunId>, StoreError> {
        self.read(|connection, _| Ok(run_summary::newest_on_top(connection)?))
    }

    /// Runs that go on, newest first, in few words: that have not ended, and do not wait
    /// for their time.
    pub fn unfinished_runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection, _| Ok(run_summary::unfinished(connection, column(limit))?))
    }

    /// Runs that wait for a time up to `until`, in order of their times.
    pub fn scheduled_runs(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection, _| Ok(run_summary::scheduled(connection, until, column(limit))?))
    }

    /// How many runs of a flow go on.
    pub fn unfinished_of_flow(&self, flow: &str) -> Result<u64, StoreError> {
        self.read(|connection, _| Ok(run_summary::running(connection, flow)?))
    }

    /// How long a flow's last completed runs took, newest first; a clock that was set
    /// back measured nothing.
    pub fn durations_of_flow(&self, flow: &str, limit: usize) -> Result<Vec<Duration>, StoreError> {
        let took =
            self.read(|connection, _| Ok(run_summary::took(connection, flow, column(limit))?))?;
        let duration = |nanoseconds: i64| u64::try_from(nanoseconds).ok();
        Ok(took
            .into_iter()
            .filter_map(duration)
            .map(Duration::from_nanos)
            .collect())
    }

    /// What failed of a flow since then, was nobody's child, and was followed by no
    /// completed run.
    pub fn open_failures(
        &self,
        flow: &str,
        since: Timestamp,
    ) -> Result<Option<OpenFailures>, StoreError> {
        self.read(|connection, _| Ok(run_summary::open_failures(connection, flow, since)?))
    }

    /// How many runs that no other started stand in which state, of those made since.
    pub fn states_since(&self, since: Timestamp) -> Result<Vec<(State, u64)>, StoreError> {
        self.read(|connection, _| Ok(run_summary::states_since(connection, since)?))
    }

    /// Calls `each` with the time when a run was made, in milliseconds since 1970, and
    /// its state, for every run that a filter lets through, in no order.
    pub fn for_each_run(
        &self,
        filter: &RunFilter,
        each: impl FnMut(u64, State),
    ) -> Result<(), StoreError> {
        self.read(|connection, results| run_list::for_each(connection, results, filter, each))
    }

    /// The newest runs whose name or flow holds a text, whatever the case, looked for
    /// among the newest `among`.
    pub fn runs_holding(
        &self,
        text: &str,
        among: usize,
        limit: usize,
    ) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection, _| {
            let (among, limit) = (column(among), column(limit));
            Ok(run_summary::holding(connection, text, among, limit)?)
        })
    }

    /// The run that a task run started last.
    pub fn child_of(&self, run: RunId, task: TaskRunNumber) -> Result<Option<RunId>, StoreError> {
        self.read(|connection, _| Ok(run_summary::child(connection, run, task.get())?))
    }

    /// The versions of a flow that its runs had, that of the newest run first.
    pub fn flow_versions(&self, flow: &str) -> Result<Vec<VersionRuns>, StoreError> {
        self.read(|connection, _| Ok(run_summary::versions(connection, flow)?))
    }

    /// What happened to runs before the transition with this number, newest first.
    pub fn moves_before(&self, sequence: u64, limit: usize) -> Result<Vec<RunMove>, StoreError> {
        let before = i64::try_from(sequence).unwrap_or(i64::MAX);
        self.read(|connection, _| run_summary::moves(connection, before, column(limit)))
    }

    /// What was asked of runs' owners before the request with this number, newest first.
    pub fn requests_before(
        &self,
        request: i64,
        limit: usize,
    ) -> Result<Vec<KnownRequest>, StoreError> {
        self.read(|connection, _| Ok(request::before(connection, request, column(limit))?))
    }

    /// How a run's tasks stand: only the newest of every path. Of a run with very
    /// many task runs, how they stood a moment ago.
    pub fn tally(&self, run: RunId) -> Result<Arc<Tally>, StoreError> {
        self.read(|connection, _| {
            let key = known(connection, run)?;
            Ok(self.readers.remembered.tally(connection, key)?)
        })
    }

    /// Where a task run stands.
    pub fn place(
        &self,
        run: RunId,
        number: TaskRunNumber,
    ) -> Result<Option<TaskRunPlace>, StoreError> {
        self.read(|connection, _| {
            let key = known(connection, run)?;
            Ok(task_tally::place(connection, key, number)?)
        })
    }

    /// Where the task runs of a task stand that are its item with this number (`None`:
    /// that are no item), in order of number, after `after`, at most `limit`; those that
    /// newer ones stand for too.
    pub fn places_of(
        &self,
        run: RunId,
        task: u32,
        item: Option<u32>,
        after: Option<TaskRunNumber>,
        limit: usize,
    ) -> Result<Vec<TaskRunPlace>, StoreError> {
        self.read(|connection, _| {
            let key = known(connection, run)?;
            let limit = column(limit);
            Ok(task_tally::places_of_item(
                connection,
                key,
                (task, item),
                after,
                limit,
            )?)
        })
    }

    /// Calls `each` with where every task run of a run stands, in order of number: only
    /// the newest of every path, unless those that newer ones stand for are wanted too
    /// (what such a row says of its parent is as it was written).
    pub fn for_each_place(
        &self,
        run: RunId,
        superseded: bool,
        each: impl FnMut(TaskRunPlace),
    ) -> Result<(), StoreError> {
        self.read(|connection, _| {
            let key = known(connection, run)?;
            let standing = match superseded {
                true => Arc::default(),
                false => self.readers.remembered.standing(connection, key)?,
            };
            Ok(task_tally::for_each_place(
                connection, key, &standing, each,
            )?)
        })
    }

    /// The task runs with these numbers, in their order; without those that are not
    /// there. What a row says of its parent is as it was written.
    pub fn task_runs_numbered(
        &self,
        run: RunId,
        numbers: &[TaskRunNumber],
        outputs: bool,
    ) -> Result<Vec<StoredTaskRun>, StoreError> {
        self.read(|connection, results| {
            let key = known(connection, run)?;
            task_run::several(connection, results, (run, key), numbers, outputs)
        })
    }

    /// The transitions of some of a run's task runs, in order. Goes through the run's
    /// whole record.
    pub fn transitions_of(
        &self,
        run: RunId,
        numbers: &[TaskRunNumber],
    ) -> Result<Vec<(u64, Transition)>, StoreError> {
        self.read(|connection, results| {
            let key = known(connection, run)?;
            transition::of_task_runs(connection, results, key, numbers)
        })
    }
}
