//! The stream of everything that happens in a home, whichever process it happens in:
//! the table of transitions, followed from a cursor.
//!
//! Nobody is slowed by a reader: each reads the table at its own speed, and one that
//! is too far behind is told what it missed. While nobody listens, nothing is done.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tidemill_orchestrate::{RunId, State, Subject};
use tidemill_store::{Store, TailMove};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use utoipa::ToSchema;

use crate::{
    Error,
    document::Moment,
    file_news::{FileEvent, FollowingFiles},
    schemas::StateName,
};

/// How many streams may be open at once.
const STREAMS: usize = 64;

/// How often other processes' transitions are looked for.
const LOOK: Duration = Duration::from_millis(150);

/// Between two looks, however much is committed.
const REST: Duration = Duration::from_millis(20);

/// Between two batches of a stream.
const PACE: Duration = Duration::from_millis(100);

/// At most so many moves in a batch.
const BATCH: usize = 2_000;

/// How many transitions a reader may be behind.
const BEHIND: u64 = 50_000;

/// One transition, as live views see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Move)]
pub struct MoveDocument {
    /// Its number on this device, dense: a cursor.
    pub sequence: u64,
    /// The run's id.
    pub run: String,
    /// The run's flow.
    #[schema(value_type = String)]
    pub flow: Arc<str>,
    /// The run's readable name.
    #[schema(value_type = String)]
    pub name: Arc<str>,
    /// The task run's number; 0: the run itself.
    pub number: u32,
    /// The task's place in the run's graph; null for the run itself.
    pub node: Option<u32>,
    /// The number of the task run that it stands in.
    pub parent: Option<u32>,
    /// The item's number, of an item of a mapped task.
    pub index: Option<u32>,
    /// Of a mapped task that opened into its items: how many they are.
    pub items: Option<u32>,
    /// The run attempt, from 1.
    pub attempt: u32,
    /// The state before; null for what is new.
    #[schema(value_type = Option<StateName>)]
    pub from: Option<State>,
    /// The state after.
    #[schema(value_type = StateName)]
    pub to: State,
    /// When.
    pub at: Moment,
    /// Why, for a person.
    #[schema(value_type = Option<String>)]
    pub message: Option<Arc<str>>,
}

impl From<TailMove> for MoveDocument {
    fn from(moved: TailMove) -> Self {
        Self {
            sequence: moved.sequence,
            run: moved.run.to_string(),
            flow: moved.flow,
            name: moved.name,
            number: match moved.subject {
                Subject::Run => 0,
                Subject::Task(number) => number.get(),
            },
            node: moved.task,
            parent: moved.parent.map(|parent| parent.get()),
            index: moved.item,
            items: moved.items,
            attempt: moved.run_attempt,
            from: moved.from,
            to: moved.to,
            at: Moment(moved.at),
            message: moved.message,
        }
    }
}

/// What a stream says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = StreamEvent)]
pub enum Happened {
    /// First of all: from where on it tells.
    Hello {
        /// What is told are transitions after this one.
        cursor: u64,
        /// The program's version.
        version: &'static str,
    },
    /// Transitions, in order.
    Transitions {
        /// The transitions.
        moves: Vec<MoveDocument>,
        /// From where on to follow after these.
        #[serde(skip)]
        cursor: u64,
    },
    /// A file of the workspace changed: of each file, the newest that happened to it.
    File {
        /// What happened to which file.
        #[serde(flatten)]
        file: FileEvent,
        /// Where the reader is: files do not move it.
        #[serde(skip)]
        cursor: u64,
    },
    /// The reader was too far behind: what lies between is not told.
    Missed {
        /// The last transition that was told.
        from: u64,
        /// The last that was passed over.
        to: u64,
        /// How many at most lie between.
        count: u64,
    },
}

impl Happened {
    /// The event's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Transitions { .. } => "transitions",
            Self::File { .. } => "file",
            Self::Missed { .. } => "missed",
        }
    }

    /// From where on to follow after this.
    pub fn cursor(&self) -> u64 {
        match self {
            Self::Hello { cursor, .. }
            | Self::Transitions { cursor, .. }
            | Self::File { cursor, .. } => *cursor,
            Self::Missed { to, .. } => *to,
        }
    }
}

/// Knows the newest transition while anybody listens.
pub(crate) struct Tail {
    store: Arc<Store>,
    newest: watch::Sender<u64>,
    /// Told when this process has committed something.
    committed: Arc<Notify>,
    looking: Mutex<bool>,
    permits: Arc<Semaphore>,
}

impl Tail {
    pub(crate) fn new(store: Arc<Store>) -> Arc<Self> {
        let committed = Arc::new(Notify::new());
        let told = Arc::clone(&committed);
        store.observe(move |_| told.notify_one());
        Arc::new(Self {
            store,
            newest: watch::channel(0).0,
            committed,
            looking: Mutex::new(false),
            permits: Arc::new(Semaphore::new(STREAMS)),
        })
    }

    /// How many streams are open.
    pub(crate) fn listeners(&self) -> usize {
        STREAMS.saturating_sub(self.permits.available_permits())
    }

    /// A place among the streams that may be open.
    ///
    /// # Errors
    /// Where all are taken.
    pub(crate) fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        permit.map_err(|_| Error::TooMany("streams"))
    }

    /// Follows what happens after `cursor`, or from now on; in one run, or in all.
    /// It ends when `closing` says so.
    ///
    /// # Errors
    /// Where too many streams are open, or the store cannot be read.
    pub(crate) async fn follow(
        self: &Arc<Self>,
        cursor: Option<u64>,
        run: Option<RunId>,
        files: Option<FollowingFiles>,
        closing: watch::Receiver<bool>,
    ) -> Result<Following, Error> {
        let permit = self.permit()?;
        let newest = last_sequence(&self.store).await?;
        self.newest.send_if_modified(|known| {
            let is_news = newest > *known;
            *known = newest.max(*known);
            is_news
        });
        let signal = self.newest.subscribe();
        self.look();
        let cursor = cursor.unwrap_or(newest);
        Ok(Following {
            store: Arc::clone(&self.store),
            signal,
            closing,
            cursor,
            run,
            files,
            greeted: false,
            closed: false,
            not_before: Instant::now(),
            _permit: permit,
        })
    }

    /// Sees to it that somebody looks.
    fn look(self: &Arc<Self>) {
        let mut looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if !*looking {
            *looking = true;
            tokio::spawn(look(Arc::clone(self)));
        }
    }

    /// Whether the looking ends here, because nobody listens.
    fn is_unheard(&self) -> bool {
        let mut looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.newest.receiver_count() == 0 {
            *looking = false;
        }
        !*looking
    }
}

async fn look(tail: Arc<Tail>) {
    while !tail.is_unheard() {
        // Woken or not, it is time to look.
        let _ = tokio::time::timeout(LOOK, tail.committed.notified()).await;
        match last_sequence(&tail.store).await {
            Ok(newest) => {
                tail.newest
                    .send_if_modified(|known| std::mem::replace(known, newest) != newest);
            }
            Err(error) => tracing::warn!(%error, "the newest transition cannot be read"),
        }
        tokio::time::sleep(REST).await;
    }
}

async fn last_sequence(store: &Arc<Store>) -> Result<u64, Error> {
    let store = Arc::clone(store);
    blocking(move || Ok(store.reader()?.last_sequence()?)).await
}

/// Does something that may wait for a disk, on a thread for such.
pub(crate) async fn blocking<T: Send + 'static>(
    body: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(body).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Closing),
        },
    }
}

/// Waits until the host closes.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // A sender that is gone has closed too.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// The next change of a file; it stays out where nobody tells of any.
async fn next_file(files: &mut Option<FollowingFiles>) -> FileEvent {
    if let Some(following) = files
        && let Some(event) = following.next().await
    {
        return event;
    }
    std::future::pending().await
}

/// A reader of the stream.
pub struct Following {
    store: Arc<Store>,
    signal: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    cursor: u64,
    run: Option<RunId>,
    /// Changes of files; none of a stream of one run.
    files: Option<FollowingFiles>,
    greeted: bool,
    closed: bool,
    not_before: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    /// What is next; `None` once the host closes, or the store cannot be read.
    /// Nothing is read ahead of the caller.
    pub async fn next(&mut self) -> Option<Happened> {
        if !self.greeted {
            self.greeted = true;
            return Some(Happened::Hello {
                cursor: self.cursor,
                version: env!("CARGO_PKG_VERSION"),
            });
        }
        if self.closed {
            return None;
        }
        let mut closing = self.closing.clone();
        let mut files = self.files.take();
        let next = tokio::select! {
            () = closed(&mut closing) => self.last_words().await,
            file = next_file(&mut files) => Some(Happened::File {
                file,
                cursor: self.cursor,
            }),
            next = self.after_greeting() => next,
        };
        self.files = files;
        next
    }

    /// What happened until the host closed.
    async fn last_words(&mut self) -> Option<Happened> {
        self.closed = true;
        let newest = last_sequence(&self.store).await.ok()?;
        let moves = self.read(newest).await.ok()?;
        (!moves.is_empty()).then_some(Happened::Transitions {
            moves,
            cursor: self.cursor,
        })
    }

    async fn after_greeting(&mut self) -> Option<Happened> {
        tokio::time::sleep_until(self.not_before).await;
        loop {
            let newest = *self.signal.borrow_and_update();
            if newest < self.cursor || newest.saturating_sub(self.cursor) > BEHIND {
                return Some(self.pass_over(newest));
            }
            if newest > self.cursor {
                match self.read(newest).await {
                    Ok(moves) if moves.is_empty() => continue,
                    Ok(moves) => {
                        self.not_before = Instant::now() + PACE;
                        return Some(Happened::Transitions {
                            moves,
                            cursor: self.cursor,
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "an event stream ends: transitions cannot be read");
                        return None;
                    }
                }
            }
            self.signal.changed().await.ok()?;
        }
    }

    /// Goes on from the newest: the reader is too far behind, or its cursor is of
    /// another store.
    fn pass_over(&mut self, newest: u64) -> Happened {
        let from = std::mem::replace(&mut self.cursor, newest);
        self.not_before = Instant::now() + PACE;
        Happened::Missed {
            from,
            to: newest,
            count: newest.saturating_sub(from),
        }
    }

    /// The next moves up to `newest`; the cursor moves with them.
    async fn read(&mut self, newest: u64) -> Result<Vec<MoveDocument>, Error> {
        let (store, after, run) = (Arc::clone(&self.store), self.cursor, self.run);
        let moves = blocking(move || {
            let reader = store.reader()?;
            Ok(reader.moves_after(after, newest, run, BATCH)?)
        })
        .await?;
        self.cursor = match moves.last() {
            Some(last) if moves.len() >= BATCH => last.sequence,
            _ => newest,
        };
        Ok(moves.into_iter().map(MoveDocument::from).collect())
    }
}
