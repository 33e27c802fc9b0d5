//! What live views see: committed transitions and lines of output, as they come.
//!
//! A reader that is too slow is told how much it missed, and never slows the
//! engine; the store has it all. Values do not pass through here.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_orchestrate::{Creation, Detail, RunId, State, Subject, TaskRunNumber, Transition};
use tokio::sync::broadcast;

use crate::request::LoadedFlow;

/// How many events a reader may be behind.
const EVENTS: usize = 4_096;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A run is known to this engine: it is new, or it is carried on.
    Run(Arc<RunNews>),
    /// Transitions were committed, in this order.
    Moves {
        /// The run that they are of.
        run: RunId,
        /// The transitions.
        moves: Arc<[Move]>,
    },
    /// Something was written.
    Line(Line),
    /// This reader was too slow: so many events are lost to it.
    Missed(u64),
}

/// A run that is new to this engine.
#[derive(Clone, Debug)]
pub struct RunNews {
    /// Its id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// Its flow.
    pub flow: LoadedFlow,
    /// The run and the task run that called it, if a task did.
    pub parent: Option<(RunId, TaskRunNumber)>,
}

/// A transition, without what it carries.
#[derive(Clone, Debug)]
pub struct Move {
    /// What moved.
    pub subject: Subject,
    /// The run attempt that it belongs to, from 1.
    pub run_attempt: u32,
    /// The state before; `None`: it is new.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// When, by the wall clock.
    pub at: Timestamp,
    /// Why, for a person.
    pub message: Option<Arc<str>>,
    /// What it says of the task run.
    pub news: MoveNews,
}

/// What a transition says of its task run.
#[derive(Clone, Copy, Debug)]
pub enum MoveNews {
    /// Nothing that a view needs.
    None,
    /// It is new.
    Created(Creation),
    /// An attempt, counted from 1, starts.
    Attempt(u32),
    /// It opened into `count` items, whose task runs are numbered from `first`.
    Expanded {
        /// The first item's task run.
        first: TaskRunNumber,
        /// How many items.
        count: u32,
    },
    /// It waits until then.
    Due(Timestamp),
}

impl From<&Transition> for Move {
    fn from(transition: &Transition) -> Self {
        let news = match &transition.detail {
            Detail::Created(creation) => MoveNews::Created(*creation),
            Detail::Attempt(attempt) => MoveNews::Attempt(*attempt),
            Detail::Expanded(expansion) => MoveNews::Expanded {
                first: expansion.first,
                count: expansion.count,
            },
            Detail::Due(due) | Detail::Retry(_, due) => MoveNews::Due(*due),
            _ => MoveNews::None,
        };
        Self {
            subject: transition.subject,
            run_attempt: transition.run_attempt,
            from: transition.from,
            to: transition.to,
            at: transition.at,
            message: transition.message.clone(),
            news,
        }
    }
}

/// A line of output, secrets masked.
#[derive(Clone, Debug)]
pub struct Line {
    /// The run.
    pub run: RunId,
    /// The task run that wrote it.
    pub task: TaskRunNumber,
    /// Which attempt of it, from 1.
    pub attempt: u32,
    /// Whether it came by standard error.
    pub error: bool,
    /// When it was read.
    pub at: Timestamp,
    /// Without its line end; bytes that are not UTF-8 are replaced.
    pub text: Arc<str>,
}

/// The engine's side: hands events to whoever reads.
#[derive(Clone, Debug)]
pub(crate) struct Announcer {
    sender: broadcast::Sender<Event>,
}

impl Announcer {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::channel(EVENTS).0,
        }
    }

    /// Whether anyone reads: what nobody reads is not made.
    pub(crate) fn is_heard(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Hands on the event that `make` makes, if anyone reads.
    pub(crate) fn announce(&self, make: impl FnOnce() -> Event) {
        if self.is_heard() {
            // It fails only where the last reader has just gone: nobody misses it.
            let _ = self.sender.send(make());
        }
    }

    pub(crate) fn listen(&self) -> Events {
        Events {
            receiver: self.sender.subscribe(),
        }
    }
}

/// A reader of events, from when it was made on.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
}

impl Events {
    /// The next event; `None` once the engine is gone. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Event::Missed(count)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        match self.receiver.try_recv() {
            Ok(event) => Some(event),
            Err(broadcast::error::TryRecvError::Lagged(count)) => Some(Event::Missed(count)),
            Err(
                broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed,
            ) => None,
        }
    }
}
