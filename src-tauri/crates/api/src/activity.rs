//! What happened, newest first: runs that began and ended, and what people asked of
//! them.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tidemill_orchestrate::State;
use tidemill_store::{KnownRequest, RunMove, Steering};
use utoipa::ToSchema;

use crate::{Error, OpenHome, document::Moment, schemas::StateName};

/// What is looked through for a page, at most, as often as it has entries.
const LOOKED_THROUGH: usize = 20;

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Activity {
    /// The entries, newest first.
    pub entries: Vec<ActivityEntry>,
    /// Where the next page begins; null where this was the last.
    pub next: Option<String>,
}

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActivityKind {
    /// A run began, waits for an answer, or ended.
    Run,
    /// Someone asked something of a run.
    Person,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActivityEntry {
    /// What it is known by: of a run's move, the event stream's number.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// What it is of.
    pub kind: ActivityKind,
    /// The flow's name.
    pub flow: String,
    /// The run's id.
    pub run: String,
    /// What happened, in a line.
    pub title: String,
    /// Why, or what came of it.
    pub detail: Option<String>,
    /// The state that a run came to.
    #[schema(value_type = Option<StateName>)]
    pub state: Option<State>,
}

/// Where a page goes on: below these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    sequence: u64,
    request: i64,
}

impl Cursor {
    const NEWEST: Self = Self {
        sequence: u64::MAX,
        request: i64::MAX,
    };

    fn parse(text: &str) -> Result<Self, Error> {
        let numbers = text.split_once('.').and_then(|(sequence, request)| {
            Some(Self {
                sequence: sequence.parse().ok()?,
                request: request.parse().ok()?,
            })
        });
        numbers.ok_or_else(|| Error::Option {
            option: "cursor",
            message: format!("`{text}` is no cursor of activity"),
            mend: Some("use the `next` of the page before".to_owned()),
        })
    }

    fn text(self) -> String {
        format!("{}.{}", self.sequence, self.request)
    }
}

/// What happened, newest first, from a cursor that an earlier page gave; where a kind or
/// a flow is named, only of that. A page may hold fewer than asked for and go on.
///
/// # Errors
/// Where the cursor is none, or the store cannot be read.
pub fn activity(
    home: &OpenHome,
    kind: Option<ActivityKind>,
    flow: Option<&str>,
    cursor: Option<&str>,
    limit: NonZeroU32,
) -> Result<Activity, Error> {
    let reader = home.reader()?;
    let mut below = cursor.map_or(Ok(Cursor::NEWEST), Cursor::parse)?;
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let mut moves = Waiting::new(kind != Some(ActivityKind::Person));
    let mut requests = Waiting::new(kind != Some(ActivityKind::Run));
    let (mut entries, mut looked) = (Vec::new(), 0);
    let page = limit.clamp(1, 500);
    loop {
        moves.fill(page, || reader.moves_before(below.sequence, page))?;
        requests.fill(page, || reader.requests_before(below.request, page))?;
        let (moved, asked) = (moves.next(), requests.next());
        let move_first = match (moved, asked) {
            (None, None) => {
                return Ok(Activity {
                    entries,
                    next: None,
                });
            }
            (Some(moved), Some(asked)) => moved.at >= asked.request.requested_at,
            (moved, None) => moved.is_some(),
            (None, Some(_)) => false,
        };
        if entries.len() >= limit || looked >= page * LOOKED_THROUGH {
            return Ok(Activity {
                entries,
                next: Some(below.text()),
            });
        }
        looked += 1;
        if move_first {
            let Some(moved) = moves.take() else { continue };
            below.sequence = moved.sequence;
            entries.extend(of_move(&moved).filter(|entry| is_of(entry, flow)));
        } else if let Some(asked) = requests.take() {
            below.request = asked.request.id;
            entries.extend(Some(of_request(asked)).filter(|entry| is_of(entry, flow)));
        }
    }
}

/// Whether an entry is of the flow that was asked for, if one was.
fn is_of(entry: &ActivityEntry, flow: Option<&str>) -> bool {
    flow.is_none_or(|flow| entry.flow == flow)
}

/// A list that is read page by page, newest first.
struct Waiting<T> {
    /// The oldest first.
    waiting: Vec<T>,
    ended: bool,
}

impl<T> Waiting<T> {
    fn new(wanted: bool) -> Self {
        Self {
            waiting: Vec::new(),
            ended: !wanted,
        }
    }

    fn fill<E>(&mut self, page: usize, read: impl FnOnce() -> Result<Vec<T>, E>) -> Result<(), E> {
        if self.waiting.is_empty() && !self.ended {
            self.waiting = read()?;
            self.ended = self.waiting.len() < page;
            self.waiting.reverse();
        }
        Ok(())
    }

    fn next(&self) -> Option<&T> {
        self.waiting.last()
    }

    fn take(&mut self) -> Option<T> {
        self.waiting.pop()
    }
}

/// What a run's move is to people; nothing where it says nothing to them.
fn of_move(moved: &RunMove) -> Option<ActivityEntry> {
    let did = match moved.to {
        State::Running if moved.from == Some(State::Paused) => "went on",
        State::Running | State::Retrying => "began",
        State::Paused => "waits for an answer",
        State::AwaitingRetry => "waits to be carried on",
        State::Completed | State::Cached => "completed",
        State::Skipped => "was skipped",
        State::Failed | State::UpstreamFailed => "failed",
        State::TimedOut => "ran out of time",
        State::Crashed => "crashed",
        State::Cancelled => "was cancelled",
        State::Scheduled
        | State::Late
        | State::AwaitingSlot
        | State::Pending
        | State::Cancelling => return None,
    };
    Some(ActivityEntry {
        sequence: moved.sequence,
        at: Moment(moved.at),
        kind: ActivityKind::Run,
        title: format!("`{}` {did}", moved.name),
        flow: moved.flow.clone(),
        run: moved.run.to_string(),
        detail: moved.message.clone(),
        state: Some(moved.to),
    })
}

fn of_request(asked: KnownRequest) -> ActivityEntry {
    let (wanted, why) = match asked.request.steering {
        Steering::Cancel { reason } => ("cancel", Some(reason)),
        Steering::Kill { reason } => ("kill", Some(reason)),
        Steering::Approve { .. } => ("approve", None),
        Steering::Reject { reason, .. } => ("reject", Some(reason)),
    };
    let answer = asked.answer.map(|answer| match answer.accepted {
        true => answer.message,
        false => format!("refused: {}", answer.message),
    });
    ActivityEntry {
        sequence: asked.request.id.unsigned_abs(),
        at: Moment(asked.request.requested_at),
        kind: ActivityKind::Person,
        title: format!(
            "{} asked to {wanted} `{}`",
            asked.request.requested_by, asked.run_name
        ),
        flow: asked.flow,
        run: asked.request.run.to_string(),
        detail: answer.filter(|said| !said.is_empty()).or(why),
        state: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tidemill_flow::Value;
    use tidemill_orchestrate::{Detail, RunId, Subject, Transition};
    use tidemill_store::NewRun;

    use super::*;
    use crate::Surroundings;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn begin(home: &OpenHome, n: i64) -> RunId {
        let made = at(n * 10);
        let id = RunId::new(u64::try_from(made.as_millisecond()).unwrap(), 1 << 40);
        let run = NewRun {
            id,
            name: format!("run-{n}"),
            flow: "job".to_owned(),
            flow_text: None,
            file: None,
            workspace: None,
            parameters: Value::from(()),
            trigger: Value::from(()),
            variables: Value::from(()),
            environment: None,
            trial: None,
            parent: None,
            scheduled_for: None,
            owner: None,
            created_at: made,
            request: None,
            due: None,
        };
        let step = |from: Option<State>, to: State, second: i64| Transition {
            subject: Subject::Run,
            run_attempt: 1,
            from,
            to,
            at: at(n * 10 + second),
            message: None,
            detail: Detail::None,
        };
        let steps = vec![
            step(None, State::Pending, 0),
            step(Some(State::Pending), State::Running, 1),
            step(Some(State::Running), State::Completed, 2),
        ];
        let writer = home.store().writer();
        writer.begin_run(run, steps).wait_flushed().unwrap();
        id
    }

    #[test]
    fn what_happened_is_told_newest_first_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let home = OpenHome::open(&Surroundings::rooted(folder.path())).unwrap();
        let first = begin(&home, 1);
        let reason = "enough".to_owned();
        let writer = home.store().writer();
        writer
            .request(
                first,
                &Steering::Cancel { reason },
                "the studio".to_owned(),
                at(15),
            )
            .wait_flushed()
            .unwrap();
        begin(&home, 2);
        let page = |kind, cursor: Option<&str>| {
            activity(&home, kind, None, cursor, NonZeroU32::new(2).unwrap()).unwrap()
        };
        let mut titles = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let read = page(None, cursor.as_deref());
            titles.extend(read.entries.into_iter().map(|entry| entry.title));
            cursor = read.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(
            titles,
            [
                "`run-2` completed",
                "`run-2` began",
                "the studio asked to cancel `run-1`",
                "`run-1` completed",
                "`run-1` began",
            ]
        );
        let asked = page(Some(ActivityKind::Person), None);
        assert_eq!((asked.entries.len(), asked.next), (1, None));
        let of = |flow| activity(&home, None, Some(flow), None, NonZeroU32::new(9).unwrap());
        assert_eq!(of("job").unwrap().entries.len(), 5);
        assert_eq!(of("another").unwrap().entries, []);
        assert!(activity(&home, None, None, Some("x"), NonZeroU32::MIN).is_err());
    }
}
