//! What the store keeps for the scheduler: which workspaces and flows may fire, how far
//! each schedule was looked at, and what became of its times.

use jiff::Timestamp;
use tidemill_orchestrate::RunId;

use crate::{
    DueReason, DueTime, Reader, Receipt, ScheduleLook, ScheduleOf, SeenSchedule, StoreError,
    StoredDueTimes, Writer,
    tables::{due_time, schedule, workspace},
};

impl Writer {
    /// Says whether a workspace's schedules and triggers may fire on this machine.
    /// Answers whether that changed.
    pub fn enable_workspace(&self, path: String, enabled: bool, at: Timestamp) -> Receipt<bool> {
        self.call(move |session| Ok(workspace::enable(&session.connection, &path, enabled, at)?))
    }

    /// Pauses a flow's schedules on this machine, or lets them go on. Answers whether
    /// that changed anything.
    pub fn pause_flow(
        &self,
        workspace: String,
        flow: String,
        paused: bool,
        at: Timestamp,
    ) -> Receipt<bool> {
        self.call(move |session| {
            let paused = paused.then_some(at);
            Ok(schedule::pause(
                &session.connection,
                &workspace,
                &flow,
                paused,
            )?)
        })
    }

    /// Records what looks at schedules found, and up to where they are dealt with: all
    /// of it, or nothing. Times that are recorded already stay as they are.
    pub fn record_looks(&self, looks: Vec<ScheduleLook>, now: Timestamp) -> Receipt {
        self.call(move |session| {
            for look in &looks {
                due_time::record(&session.connection, look, now)?;
            }
            Ok(())
        })
    }

    /// Says that no flow file has these schedules any more.
    pub fn lose_schedules(&self, keys: Vec<i64>, at: Timestamp) -> Receipt {
        self.call(move |session| {
            for key in &keys {
                schedule::lose(&session.connection, *key, at)?;
            }
            Ok(())
        })
    }

    /// Says of times that wait that they were missed, and why. Those that do not wait any
    /// more stay as they are.
    pub fn miss_times(&self, missed: Vec<(DueTime, DueReason)>, now: Timestamp) -> Receipt {
        self.call(move |session| {
            for (due, reason) in &missed {
                due_time::miss(&session.connection, *due, reason, now)?;
            }
            Ok(())
        })
    }

    /// Says why times wait.
    pub fn explain_times(&self, waiting: Vec<(DueTime, DueReason)>) -> Receipt {
        self.call(move |session| {
            for (due, reason) in &waiting {
                due_time::explain(&session.connection, *due, reason)?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// The schedules that were ever seen, as of `now`.
    pub fn schedules(&self, now: Timestamp) -> Result<Vec<SeenSchedule>, StoreError> {
        self.read(|connection, _| Ok(schedule::list(connection, now)?))
    }

    /// The flows whose schedules are paused on this machine: workspace and flow.
    pub fn paused_flows(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|connection, _| Ok(schedule::paused(connection)?))
    }

    /// Every time that waits, by schedule, oldest first.
    pub fn waiting_times(&self) -> Result<Vec<StoredDueTimes>, StoreError> {
        self.read(|connection, _| Ok(due_time::waiting(connection)?))
    }

    /// The runs of schedules that have not ended, each with its schedule's key.
    pub fn unfinished_scheduled(&self) -> Result<Vec<(i64, RunId)>, StoreError> {
        self.read(|connection, _| Ok(due_time::unfinished(connection)?))
    }

    /// What became of a schedule's times, newest first; nothing where it was never seen.
    pub fn due_times(
        &self,
        of: &ScheduleOf,
        limit: usize,
    ) -> Result<Vec<StoredDueTimes>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection, _| match schedule::key(connection, of)? {
            Some(key) => Ok(due_time::newest(connection, key, limit)?),
            None => Ok(Vec::new()),
        })
    }

    /// Times of a workspace's schedules that were missed, those whose newest is not before
    /// `since`, newest first.
    pub fn missed_times(
        &self,
        workspace: &str,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<(ScheduleOf, StoredDueTimes)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection, _| Ok(due_time::missed(connection, workspace, since, limit)?))
    }
}
