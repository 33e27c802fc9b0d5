//! What can happen to a run: the only input of [`Run::step`](crate::Run::step).
//!
//! Not here: what follows from it.

use jiff::Timestamp;
use tidemill_flow::Value;

use crate::{Failure, TaskRunNumber};

/// One thing that happened.
///
/// What comes too late (an end of a task run that has ended, a timer whose
/// reason is gone) changes nothing and is no error.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The run goes on in this process: first start of a new run, or carrying on
    /// of one that was recovered.
    Start,
    /// The rest of a decision that said `more`.
    Continue,
    /// Attempts ended.
    Ended(Vec<(TaskRunNumber, Outcome)>),
    /// The limits that an attempt asked for are taken.
    SlotsTaken(TaskRunNumber),
    /// The answer to [`Effect::LookUpCache`](crate::Effect::LookUpCache); `None`: nothing stands there.
    CacheAnswered(TaskRunNumber, Option<CachedResult>),
    /// What an attempt asked for by [`Effect::TakeSlots`](crate::Effect::TakeSlots) or
    /// [`Effect::LookUpCache`](crate::Effect::LookUpCache) is not to be had: it fails.
    Refused(TaskRunNumber, Failure),
    /// A timer's time has come. This is taken at its word, whatever the clock says.
    Due(Timer),
    /// A person answered an approval.
    Answered(Answer),
    /// Someone wants the run to end.
    CancelRequested {
        /// For people: who, or why.
        reason: String,
    },
    /// The process that carried the run went away. Only for a run that was just
    /// recovered. What can still go on does so at the next [`Happening::Start`].
    OwnerLost,
    /// A person wants an ended run to run again: a new run attempt, which starts at once.
    RetryRequested {
        /// Whether what completed stays; else everything runs anew.
        from_failed: bool,
    },
    /// The new run waits for its turn.
    Queued {
        /// For people: what it waits for.
        reason: String,
        /// When it is due, where it waits for a time.
        due: Option<Timestamp>,
    },
    /// The time at which the run was to start has passed, and it has not started.
    Late {
        /// For people: why.
        reason: String,
    },
    /// The run is not to run: it is recorded as Skipped.
    Skipped {
        /// For people: why.
        reason: String,
    },
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It did what it should.
    Completed {
        /// Its output, as JSON can say it.
        output: Value,
        /// What a person should know about it, such as that its output was too large to keep.
        message: Option<String>,
    },
    /// It failed.
    Failed(Failure),
    /// Its time was over.
    TimedOut(Failure),
    /// It was lost with what carried it, such as a child run that ended Crashed.
    /// (A worker's death alone is [`Outcome::Failed`] of kind `crashed`.)
    Crashed(Failure),
    /// It was ended, as [`Effect::Stop`](crate::Effect::Stop) asked.
    Cancelled,
}

impl Outcome {
    /// Completed with this output, and nothing to say about it.
    pub fn completed(output: impl Into<Value>) -> Self {
        Self::Completed {
            output: output.into(),
            message: None,
        }
    }
}

/// An earlier result that stands for a new one.
#[derive(Clone, Debug)]
pub struct CachedResult {
    /// The output.
    pub output: Value,
    /// For people: where it comes from, such as `run brisk-otter of 2026-03-01`.
    pub origin: String,
}

/// A person's answer to an approval.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The approval.
    pub task: TaskRunNumber,
    /// Yes or no.
    pub approved: bool,
    /// What the person entered, already checked against the approval's fields;
    /// null where nothing was asked.
    pub fields: Value,
    /// Who answered, for people.
    pub by: Option<String>,
}

/// Why a run wants to be told when a time has come. One of a kind for a task run:
/// setting it again replaces the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// The next attempt, or the next turn of `repeat`.
    Attempt(TaskRunNumber),
    /// The end of a `wait`.
    Wait(TaskRunNumber),
    /// An approval expires.
    Expiry(TaskRunNumber),
    /// The time of a group, a wait or an approval is over.
    Timeout(TaskRunNumber),
    /// The run's time is over.
    RunTimeout,
}
