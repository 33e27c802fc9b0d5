//! A run's workers: who gets which task, when another is started, and what
//! happens when one ends.

use std::{
    future::Future,
    io,
    os::fd::OwnedFd,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use tidemill_flow::Value;
use tokio::{net::UnixDatagram, runtime::Handle, sync::oneshot, task::JoinHandle};

use super::{
    attendant::Attendant,
    live::{Job, Live},
    messages::{DATAGRAM, TaskMessage},
    output::NONCE,
    placing::{LONG, State},
    task::{Attempted, Part, PythonFailure, PythonTask, WorkerSettings},
};
use crate::process::{self, Command, Exit, LineSink, ProcessError, RunProcesses, Targets};

/// The worker's program. It is sent over the socket, so that a list of
/// processes shows a short line.
const SOURCE: &str = include_str!("worker.py");

// It goes in one datagram.
const _: () = assert!(SOURCE.len() < DATAGRAM);

/// Reads the program and starts it, in a namespace that user code does not see.
const BOOTSTRAP: &str = "import os;exec(compile(os.read(0,32768),'<tidemill worker>','exec'),\
                         {'__name__':'tidemill_worker'})";

/// How long a worker may take to leave at the run's end.
const LEAVING: Duration = Duration::from_secs(5);

/// The workers of one run. Dropped without [`close`](Self::close), they are
/// killed.
pub struct Workers {
    pool: Arc<Pool>,
}

impl Workers {
    /// No workers yet. To be called within a runtime.
    pub fn new(processes: RunProcesses, settings: WorkerSettings) -> Self {
        Self {
            pool: Arc::new(Pool {
                processes,
                settings,
                runtime: Handle::current(),
                state: Mutex::default(),
            }),
        }
    }

    /// Starts an interpreter ahead, if none of this kind runs. To be called as
    /// soon as a run is known to have a Python task.
    pub fn warm(&self, interpreter: &Path) {
        let mut state = self.pool.lock();
        let known = state
            .workers
            .iter()
            .any(|live| live.interpreter == interpreter && !live.isolated);
        if !known {
            // Whatever is wrong comes up again with the first task, which says it.
            let _later = self.pool.start(&mut state, interpreter, None);
        }
    }

    /// Runs a task, hands its output to `sink`, and returns after its last line
    /// was handed on.
    ///
    /// When `stop` resolves first, the task is ended with all that it started:
    /// SIGTERM, `grace`, SIGKILL; a task that had not begun just does not. When
    /// the future is dropped, likewise without a grace.
    pub async fn run<T>(
        &self,
        task: PythonTask,
        sink: Arc<dyn LineSink>,
        grace: Duration,
        stop: impl Future<Output = T>,
    ) -> Attempted<T> {
        let (answer, mut answered) = oneshot::channel();
        let number = self.pool.submit(task, sink, answer);
        let abandoned = Abandoned {
            pool: &self.pool,
            number,
        };
        let stopped = tokio::select! {
            biased;
            answer = &mut answered => {
                std::mem::forget(abandoned);
                return told(answer);
            }
            reason = stop => reason,
        };
        std::mem::forget(abandoned);
        self.pool.stop(number, grace);
        // Whatever it came to meanwhile: it was stopped.
        let _ended = answered.await;
        Attempted::Stopped(stopped)
    }

    /// Ends all workers: to be called at the run's end, when no task runs.
    pub async fn close(&self) {
        let attendants = self.pool.dismiss_all();
        for attendant in attendants {
            // An attendant that panicked has let its worker be killed.
            let _ended = attendant.await;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.closing = true;
        for attendant in state.attendants.drain(..) {
            attendant.abort();
        }
    }
}

/// Ends a task whose future was dropped.
struct Abandoned<'a> {
    pool: &'a Arc<Pool>,
    number: u64,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        self.pool.stop(self.number, Duration::ZERO);
    }
}

fn told<T>(
    answer: Result<Result<Value, PythonFailure>, oneshot::error::RecvError>,
) -> Attempted<T> {
    match answer {
        Ok(Ok(value)) => Attempted::Returned(value),
        Ok(Err(failure)) => Attempted::Failed(failure),
        Err(_) => Attempted::Failed(PythonFailure::NotStarted(
            "the run's Python workers were ended".to_owned(),
        )),
    }
}

/// What the run and its attendants share.
pub(super) struct Pool {
    processes: RunProcesses,
    settings: WorkerSettings,
    /// Where it was made: a task may be dropped elsewhere.
    runtime: Handle,
    state: Mutex<State>,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(
        self: &Arc<Self>,
        task: PythonTask,
        sink: Arc<dyn LineSink>,
        answer: oneshot::Sender<Result<Value, PythonFailure>>,
    ) -> u64 {
        let mut state = self.lock();
        let number = state.next_job;
        state.next_job += 1;
        if state.closing {
            return number;
        }
        let environment = state.encode(&task.environment);
        let message = TaskMessage::new(&task, environment.number);
        let job = Job {
            number,
            task,
            message,
            environment,
            sink,
            answer,
        };
        if job.task.isolate {
            self.run_isolated(&mut state, job);
        } else {
            state.lane(&job.task.interpreter.clone()).push_back(job);
            self.dispatch(&mut state);
        }
        number
    }

    fn run_isolated(self: &Arc<Self>, state: &mut State, job: Job) {
        let interpreter = job.task.interpreter.clone();
        if let Err(error) = self.start(state, &interpreter, Some(&job.task)) {
            job.tell(Err(PythonFailure::NotStarted(error.to_string())));
            return;
        }
        if let Some(live) = state.workers.last_mut() {
            // A new socket has room for a task.
            let _full = live.hand(job);
        }
    }

    /// Hands waiting jobs to workers, and starts workers where it is worth it.
    fn dispatch(self: &Arc<Self>, state: &mut State) {
        if state.closing {
            return;
        }
        state.assign();
        while let Some(interpreter) = state.wants_worker(self.settings.limit.get()) {
            if let Err(error) = self.start(state, &interpreter, None) {
                let waiting = std::mem::take(state.lane(&interpreter));
                fail(waiting, &error.to_string());
                return;
            }
            state.assign();
        }
        if !state.ticking && state.backlog() > 0 {
            state.ticking = true;
            self.runtime.spawn(tick(Arc::clone(self)));
        }
    }

    /// Starts a worker; `alone` is the task that has it for itself.
    fn start(
        self: &Arc<Self>,
        state: &mut State,
        interpreter: &Path,
        alone: Option<&PythonTask>,
    ) -> Result<(), ProcessError> {
        let _runtime = self.runtime.enter();
        let nonce = new_nonce();
        let command = self.command(interpreter, alone, &nonce);
        let failed = |source| ProcessError::Start {
            program: interpreter.into(),
            source,
        };
        let (socket, inbox, theirs) = new_socket().map_err(failed)?;
        let mark = self.processes.new_mark();
        let mut spawn = process::prepare(&command, &mark)?;
        spawn
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (child, tree) = self.processes.spawn(&mut spawn, &command, mark)?;
        let number = state.next_worker;
        state.next_worker += 1;
        let mut live = Live::new(
            number,
            interpreter.to_owned(),
            Arc::clone(&socket),
            inbox,
            tree.targets(),
        );
        live.isolated = alone.is_some();
        live.send(SOURCE.as_bytes());
        state.workers.push(live);
        let attendant = Attendant::new(Arc::clone(self), number, child, tree, socket, nonce);
        state
            .attendants
            .retain(|attendant| !attendant.is_finished());
        state
            .attendants
            .push(self.runtime.spawn(attendant.attend()));
        Ok(())
    }

    fn command(
        &self,
        interpreter: &Path,
        alone: Option<&PythonTask>,
        nonce: &[u8; NONCE],
    ) -> Command {
        let secret: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        Command {
            program: interpreter.into(),
            arguments: vec!["-c".into(), BOOTSTRAP.into(), secret.into()],
            environment: alone
                .map_or(&self.settings.environment, |task| &task.environment)
                .clone(),
            directory: alone
                .map_or(&self.settings.directory, |task| &task.directory)
                .clone(),
        }
    }

    /// A worker is there.
    pub(super) fn greet(self: &Arc<Self>, worker: u64) {
        let mut state = self.lock();
        state.failed_starts = 0;
        if let Some(live) = state.find(worker) {
            live.ready = true;
            live.began = Instant::now();
        }
        self.dispatch(&mut state);
    }

    /// A worker gives back a task that it has not begun.
    pub(super) fn give_back(self: &Arc<Self>, worker: u64, task: u64) {
        let mut state = self.lock();
        if let Some(job) = state.find(worker).and_then(|live| live.remove(task)) {
            state.put_back(vec![job]);
        }
        self.dispatch(&mut state);
    }

    /// A task has ended.
    pub(super) fn end_task(
        self: &Arc<Self>,
        worker: u64,
        task: u64,
        leaves: bool,
        result: Result<Value, PythonFailure>,
    ) {
        let mut state = self.lock();
        let Some(live) = state.find(worker) else {
            return;
        };
        let took = live.began.elapsed();
        let is_isolated = live.isolated;
        live.began = Instant::now();
        let job = live.remove(task);
        live.untidy |= leaves;
        let back = if leaves || live.isolated {
            live.dismiss();
            live.take_back()
        } else {
            Vec::new()
        };
        if !is_isolated {
            state.learn(took);
        }
        state.put_back(back);
        self.dispatch(&mut state);
        drop(state);
        if let Some(job) = job {
            job.tell(result);
        }
    }

    /// Ends a task.
    fn stop(self: &Arc<Self>, number: u64, grace: Duration) {
        let mut state = self.lock();
        for waiting in state.lanes.values_mut() {
            waiting.retain(|job| job.number != number);
        }
        let Some(live) = state.workers.iter_mut().find(|live| live.has(number)) else {
            return;
        };
        let mut back = live.take_back();
        if live.has(number) {
            live.leaving = true;
            self.end_soon(live.targets.clone(), grace);
        } else if live.isolated {
            live.dismiss();
        }
        back.retain(|job| job.number != number);
        state.put_back(back);
        self.dispatch(&mut state);
    }

    /// A worker has ended, and nothing of it is left.
    pub(super) fn bury(self: &Arc<Self>, worker: u64, exit: Exit, early: &[u8]) {
        let mut state = self.lock();
        let Some(place) = state.workers.iter().position(|live| live.number == worker) else {
            return;
        };
        let mut live = state.workers.swap_remove(place);
        let back = live.take_back();
        let mut begun = live.remove_all().into_iter();
        let lost = begun.next();
        let back = begun.chain(back).collect();
        let hopeless = !live.ready && !live.leaving && state.is_hopeless(exit);
        let why = hopeless.then(|| not_started(&live.interpreter, exit, early));
        self.hand_back(&mut state, &live, back, why.as_deref());
        self.dispatch(&mut state);
        drop(state);
        if let Some(job) = lost {
            job.tell(Err(PythonFailure::Died(exit)));
        }
    }

    /// What a worker that ended had not begun; `why` its interpreter does not
    /// start, if so.
    fn hand_back(
        self: &Arc<Self>,
        state: &mut State,
        live: &Live,
        back: Vec<Job>,
        why: Option<&str>,
    ) {
        match why {
            Some(why) if live.isolated => fail(back, why),
            None if live.isolated => {
                for job in back {
                    self.run_isolated(state, job);
                }
            }
            Some(why) => {
                state.put_back(back);
                let waiting = std::mem::take(state.lane(&live.interpreter));
                fail(waiting, why);
            }
            None => state.put_back(back),
        }
    }

    /// Whether a task left something behind in a worker.
    pub(super) fn is_untidy(&self, worker: u64) -> bool {
        self.lock().find(worker).is_some_and(|live| live.untidy)
    }

    /// Where a worker's output goes that comes after the end of task `ended`'s.
    pub(super) fn sink_after(&self, worker: u64, ended: u64) -> Option<Arc<dyn LineSink>> {
        self.lock().find(worker)?.sink_after(ended)
    }

    /// A part that a worker asks for.
    pub(super) fn find_part(&self, worker: u64, number: u64) -> Option<Part> {
        self.lock().find(worker)?.find(number)
    }

    /// Ends a worker's tree, without waiting for it.
    fn end_soon(&self, targets: Option<Targets>, grace: Duration) {
        if let Some(targets) = targets {
            self.runtime
                .spawn_blocking(move || process::end(&targets, grace));
        }
    }

    fn dismiss_all(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        let mut state = self.lock();
        state.closing = true;
        for live in &mut state.workers {
            live.dismiss();
            if !live.ready {
                // Nothing of the user's runs in it.
                self.end_soon(live.targets.clone(), Duration::ZERO);
            }
        }
        let pool = Arc::clone(self);
        let late = self.runtime.spawn(async move {
            tokio::time::sleep(LEAVING).await;
            for live in &pool.lock().workers {
                pool.end_soon(live.targets.clone(), Duration::ZERO);
            }
        });
        let attendants = std::mem::take(&mut state.attendants);
        vec![self.runtime.spawn(async move {
            for attendant in attendants {
                // As for `close`.
                let _ended = attendant.await;
            }
            late.abort();
        })]
    }
}

/// Nobody can run these.
fn fail(jobs: impl IntoIterator<Item = Job>, why: &str) {
    for job in jobs {
        job.tell(Err(PythonFailure::NotStarted(why.to_owned())));
    }
}

/// Looks again and again whether a long task holds others up, while there are any.
async fn tick(pool: Arc<Pool>) {
    loop {
        tokio::time::sleep(LONG).await;
        let mut state = pool.lock();
        if state.backlog() == 0 || state.closing {
            state.ticking = false;
            return;
        }
        state.free_held_up();
        pool.dispatch(&mut state);
    }
}

fn not_started(interpreter: &Path, exit: Exit, early: &[u8]) -> String {
    let said = String::from_utf8_lossy(early);
    format!(
        "`{}` does not start as a Python interpreter (3.8 or later): {exit}{}{}",
        interpreter.display(),
        if said.trim().is_empty() { "" } else { ": " },
        said.trim(),
    )
}

/// A secret that no output holds by chance. It begins with a byte that text
/// seldom has.
fn new_nonce() -> [u8; NONCE] {
    let mut nonce = fastrand::u128(..).to_le_bytes();
    if let Some(first) = nonce.first_mut() {
        *first = 0;
    }
    nonce
}

/// Our end, the worker's end for taking back, and the worker's own.
fn new_socket() -> io::Result<(Arc<UnixDatagram>, OwnedFd, OwnedFd)> {
    // Elsewhere datagrams do as well: the guard ends a worker that would miss
    // the end of the stream.
    let kind = match cfg!(target_os = "linux") {
        true => SocketType::SEQPACKET,
        false => SocketType::DGRAM,
    };
    let (ours, theirs) =
        rustix::net::socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
    let ours = std::os::unix::net::UnixDatagram::from(ours);
    ours.set_nonblocking(true)?;
    let inbox = theirs.try_clone()?;
    Ok((Arc::new(UnixDatagram::from_std(ours)?), inbox, theirs))
}
