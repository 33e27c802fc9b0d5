//! What one process, or a person, wants of a run that another process carries:
//! a row that the run's owner acts on and answers, woken by a socket in the
//! home, or by looking.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tidemill_orchestrate::{Happening, RunId, State};
use tidemill_store::{Answer, Owner, Request, RunFilter, Steering, StoredRun};
use tokio::{
    net::UnixDatagram,
    sync::oneshot,
    task::{AbortHandle, JoinHandle},
};

use crate::{
    drive::{Asked, Asker, Word},
    engine::{Engine, Shared, blocking},
    error::EngineError,
    handle::RunHandle,
    run_facts::RunFacts,
};

/// How often requests are looked for where the socket wakes us.
const LOOK: Duration = Duration::from_secs(1);

/// How often they are looked for where there is no socket.
const LOOK_WITHOUT_SOCKET: Duration = Duration::from_millis(200);

/// How often an answer is looked for.
const LOOK_FOR_ANSWER: Duration = Duration::from_millis(10);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// How long an answer is looked for once the run is not its owner's any more.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// How many processes are asked in turn, where the run goes from one to another meanwhile.
const OWNERS: usize = 3;

/// What answers a request that nobody has answered in time.
const TAKEN_BACK: &str = "taken back: nobody answered";

/// What came of steering a run.
#[derive(Debug)]
pub enum Steered {
    /// The process that carries it has done it.
    Done,
    /// Nobody carried it: this engine does now, and has done it.
    Carried(RunHandle),
}

impl Engine {
    /// Has something done to a run, whichever process carries it. `by` says who
    /// wants it, for people.
    ///
    /// # Errors
    /// When the run has ended, no such approval is open, the fields do not fit, or
    /// the process that carries the run does not answer.
    pub async fn steer(
        &self,
        run: RunId,
        steering: Steering,
        by: &str,
    ) -> Result<Steered, EngineError> {
        for _ in 1..OWNERS {
            let before = self.shared.stored(run).await?.owner;
            let steered = self.steer_once(run, steering.clone(), by).await;
            let undone = matches!(
                steered,
                Err(EngineError::NoAnswer { .. }
                    | EngineError::Refused(_)
                    | EngineError::Owned { .. })
            );
            if !undone {
                return steered;
            }
            let stored = self.shared.stored(run).await?;
            if stored.owner == before || stored.state.is_terminal() {
                return steered;
            }
        }
        self.steer_once(run, steering, by).await
    }

    /// Has it done by who carries the run just now.
    async fn steer_once(
        &self,
        run: RunId,
        steering: Steering,
        by: &str,
    ) -> Result<Steered, EngineError> {
        let shared = &self.shared;
        if let Some(handle) = shared.carried(run) {
            act(&handle, steering, by, None).await?;
            return Ok(Steered::Done);
        }
        let mut stored = shared.stored(run).await?;
        if stored
            .owner
            .is_none_or(|owner| !shared.store.is_alive(owner))
            && !stored.state.is_terminal()
        {
            shared.settle_one(&stored).await?;
            stored = shared.stored(run).await?;
        }
        if stored.state.is_terminal() {
            return Err(EngineError::RunEnded {
                run: stored.name,
                state: stored.state.name(),
            });
        }
        if stored.version.is_none() {
            return Err(EngineError::RecordedCommand { run: stored.name });
        }
        match stored.owner {
            Some(owner) => {
                shared.ask(&stored, owner, steering, by).await?;
                Ok(Steered::Done)
            }
            None => shared.take_over_and_act(&stored, steering, by).await,
        }
    }
}

impl Shared {
    /// Asks the process that carries the run, and waits for its answer.
    async fn ask(
        self: &Arc<Self>,
        run: &StoredRun,
        owner: Owner,
        steering: Steering,
        by: &str,
    ) -> Result<(), EngineError> {
        let writer = self.store.writer();
        let request = writer.request(run.id, &steering, by.to_owned(), Timestamp::now());
        let id = request.flushed().await?;
        let sockets = self.home.join(SOCKETS);
        let mut until = Instant::now() + ANSWER;
        wake(&sockets, owner).await;
        while Instant::now() < until && self.store.is_alive(owner) {
            if let Some(answer) = self.answer_to(id).await? {
                return told(answer);
            }
            if self.stored(run.id).await?.owner != Some(owner) {
                // Its answer may be on its way.
                until = until.min(Instant::now() + LAST_LOOK);
            }
            tokio::time::sleep(LOOK_FOR_ANSWER).await;
        }
        self.take_back(id).await?;
        match self.answer_to(id).await? {
            Some(answer) if answer.message != TAKEN_BACK => told(answer),
            _ => self.unanswered(run, owner, &steering).await,
        }
    }

    /// What became of a request that nobody has answered and nobody will: the run may
    /// have ended by itself, as it was to.
    async fn unanswered(
        self: &Arc<Self>,
        run: &StoredRun,
        owner: Owner,
        steering: &Steering,
    ) -> Result<(), EngineError> {
        let state = self.stored(run.id).await?.state;
        let run = run.name.clone();
        match (state, steering) {
            (State::Cancelled, Steering::Cancel { .. }) => Ok(()),
            (state, _) if state.is_terminal() => Err(EngineError::RunEnded {
                run,
                state: state.name(),
            }),
            _ => Err(EngineError::NoAnswer {
                run,
                owner: owner.to_string(),
            }),
        }
    }

    async fn answer_to(self: &Arc<Self>, id: i64) -> Result<Option<Answer>, EngineError> {
        let store = Arc::clone(&self.store);
        blocking(move || Ok(store.reader()?.answer(id)?)).await
    }

    /// Takes back a request that nobody has answered: nobody shall do it once who
    /// asked was told that it is not done.
    async fn take_back(&self, id: i64) -> Result<(), EngineError> {
        let answer = Answer {
            accepted: false,
            message: TAKEN_BACK.to_owned(),
        };
        let writer = self.store.writer();
        let taken = writer.answer_request(id, &answer, Timestamp::now());
        taken.flushed().await?;
        Ok(())
    }

    async fn take_over_and_act(
        self: &Arc<Self>,
        run: &StoredRun,
        steering: Steering,
        by: &str,
    ) -> Result<Steered, EngineError> {
        // A run that is to end does not go on first.
        let first = match &steering {
            Steering::Cancel { reason } | Steering::Kill { reason } => Happening::CancelRequested {
                reason: reason.clone(),
            },
            Steering::Approve { .. } | Steering::Reject { .. } => Happening::Start,
        };
        let handle = self.carry_on(run.id, 0, first).await?;
        if matches!(steering, Steering::Approve { .. } | Steering::Reject { .. }) {
            act(&handle, steering, by, None).await?;
        }
        Ok(Steered::Carried(handle))
    }

    /// Cancels the oldest run of the flow that holds a turn.
    pub(crate) async fn cancel_oldest(
        self: &Arc<Self>,
        facts: &RunFacts,
    ) -> Result<(), EngineError> {
        let filter = RunFilter {
            flow: Some(facts.flow.flow.name.to_string()),
            workspace: Some(facts.flow.workspace.to_string_lossy().into_owned()),
            states: vec![State::Running, State::Retrying, State::Paused],
            ..RunFilter::default()
        };
        let (store, own) = (Arc::clone(&self.store), facts.id);
        let oldest = blocking(move || {
            let page = store.reader()?.runs(&filter, None, 1_000)?;
            Ok(page.runs.into_iter().rev().find(|run| run.id != own))
        })
        .await?;
        let Some(oldest) = oldest else {
            return Ok(());
        };
        let reason = format!("run {} takes its place", facts.name);
        let engine = Engine {
            shared: Arc::clone(self),
        };
        let steering = Steering::Cancel { reason };
        match engine.steer(oldest.id, steering, "Tidemill").await {
            // It has ended by itself, or is not to be had: the turn is waited for.
            Ok(_) | Err(EngineError::RunEnded { .. } | EngineError::NoAnswer { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Acts on what others ask of the runs that are carried here.
    async fn serve_requests(self: &Arc<Self>) -> Result<(), EngineError> {
        let store = Arc::clone(&self.store);
        let requests = blocking(move || Ok(store.reader()?.requests(Owner::current())?)).await?;
        for request in requests {
            self.serve(request).await?;
        }
        Ok(())
    }

    async fn serve(self: &Arc<Self>, request: Request) -> Result<(), EngineError> {
        // Another engine of this process may carry it: it looks too.
        let Some(handle) = self.carried(request.run) else {
            return Ok(());
        };
        let Request {
            id,
            steering,
            requested_by,
            ..
        } = request;
        // What was done was answered with it; a cancel that comes too late was not.
        let answer = match act(&handle, steering, &requested_by, Some(id)).await {
            Ok(()) => done(),
            Err(error) => Answer {
                accepted: false,
                message: error.to_string(),
            },
        };
        let writer = self.store.writer();
        let answered = writer.answer_request(id, &answer, Timestamp::now());
        answered.flushed().await?;
        Ok(())
    }
}

/// The answer to a request that was done.
pub(crate) fn done() -> Answer {
    Answer {
        accepted: true,
        message: "done".to_owned(),
    }
}

fn told(answer: Answer) -> Result<(), EngineError> {
    match answer.accepted {
        true => Ok(()),
        false => Err(EngineError::Refused(answer.message)),
    }
}

/// What came of a cancel that a run which is gone did not hear.
async fn unheard(run: &RunHandle) -> Result<(), EngineError> {
    match run.ended().await {
        Ok(end) if end.state == State::Cancelled => Ok(()),
        Ok(end) if end.state.is_terminal() => Err(EngineError::RunEnded {
            run: run.name.to_string(),
            state: end.state.name(),
        }),
        Ok(_) | Err(_) => Err(EngineError::NoAnswer {
            run: run.name.to_string(),
            owner: Owner::current().to_string(),
        }),
    }
}

/// Has something done to a run that is carried here; on the disk when this returns.
async fn act(
    run: &RunHandle,
    steering: Steering,
    by: &str,
    request: Option<i64>,
) -> Result<(), EngineError> {
    let (told, answered) = oneshot::channel();
    let asker = Asker { told, request };
    let word = match steering {
        Steering::Cancel { reason } => Word::Cancel {
            reason: reason.into(),
            at_once: false,
            asker: Some(asker),
        },
        Steering::Kill { reason } => Word::Cancel {
            reason: reason.into(),
            at_once: true,
            asker: Some(asker),
        },
        Steering::Approve { task, fields } => Word::Answer(Box::new(Asked {
            task,
            approved: true,
            fields,
            by: Some(by.to_owned()),
            asker,
        })),
        Steering::Reject { task, reason } => Word::Answer(Box::new(Asked {
            task,
            approved: false,
            fields: serde_json::Value::Null,
            by: Some(match reason.is_empty() {
                true => by.to_owned(),
                false => format!("{by}: {reason}"),
            }),
            asker,
        })),
    };
    let is_cancel = matches!(word, Word::Cancel { .. });
    // A run that is gone drops what it was told, which is found below.
    let _ = run.words.send(word);
    match answered.await {
        Ok(answer) => answer,
        Err(_) if is_cancel => unheard(run).await,
        Err(_) => Err(EngineError::NotAsked {
            run: run.name.to_string(),
        }),
    }
}

/// The folder of the sockets in a home.
const SOCKETS: &str = "sockets";

/// Looks for requests while an engine carries runs.
pub(crate) struct Listener {
    task: JoinHandle<()>,
    abort: AbortHandle,
    socket: Option<PathBuf>,
}

impl Listener {
    /// Starts to look. Where there can be no socket, it looks more often.
    pub(crate) fn start(shared: &Arc<Shared>) -> Self {
        let bound = bind(&shared.home.join(SOCKETS));
        let (socket, path) = match bound {
            Ok((socket, path)) => (Some(socket), Some(path)),
            Err(error) => {
                tracing::info!(%error, "no socket to be woken by; requests are looked for");
                (None, None)
            }
        };
        let task = tokio::spawn(listen(Arc::downgrade(shared), socket));
        Self {
            abort: task.abort_handle(),
            task,
            socket: path,
        }
    }

    /// Stops looking.
    pub(crate) fn close(&self) {
        self.abort.abort();
        if let Some(path) = &self.socket {
            remove(path);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !self.task.is_finished() {
            self.close();
        }
    }
}

async fn listen(shared: Weak<Shared>, socket: Option<UnixDatagram>) {
    let look = match socket {
        Some(_) => LOOK,
        None => LOOK_WITHOUT_SOCKET,
    };
    let mut byte = [0];
    loop {
        let woken = async {
            match &socket {
                // What it says does not matter: it wakes.
                Some(socket) => drop(socket.recv(&mut byte).await),
                None => std::future::pending().await,
            }
        };
        // Late is as good as woken: both look.
        let _ = tokio::time::timeout(look, woken).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if shared.all_carried().is_empty() {
            continue;
        }
        if let Err(error) = shared.serve_requests().await {
            tracing::warn!(%error, "requests cannot be read");
        }
    }
}

/// A socket of this process's. Its path may be too long for the system.
fn bind(folder: &Path) -> std::io::Result<(UnixDatagram, PathBuf)> {
    make_private_folder(folder)?;
    for _ in 0..8 {
        let name = format!("{}-{:08x}", std::process::id(), fastrand::u32(..));
        let path = folder.join(name);
        match UnixDatagram::bind(&path) {
            Ok(socket) => return Ok((socket, path)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AddrInUse.into())
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Wakes a process, and removes the sockets of processes that are gone.
async fn wake(folder: &Path, owner: Owner) {
    // Nothing here must succeed: who is not woken looks by itself.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let Ok(socket) = UnixDatagram::unbound() else {
        return;
    };
    let wanted = format!("{}-", owner.pid());
    for entry in entries.flatten() {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(&wanted) {
            remove_if_stale(&path);
        } else if let Err(error) = socket.send_to(&[1], &path).await
            && error.kind() == std::io::ErrorKind::ConnectionRefused
        {
            remove(&path);
        }
    }
}

/// Removes a socket that nobody listens on.
fn remove_if_stale(path: &Path) {
    let Ok(socket) = std::os::unix::net::UnixDatagram::unbound() else {
        return;
    };
    if let Err(error) = socket.connect(path)
        && error.kind() == std::io::ErrorKind::ConnectionRefused
    {
        remove(path);
    }
}

fn remove(path: &Path) {
    // It may be gone already; a socket that stays is harmless.
    let _ = std::fs::remove_file(path);
}
