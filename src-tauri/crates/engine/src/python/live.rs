//! A worker as its pool sees it: what was handed to it, and what can be taken back.

use std::{
    collections::{HashSet, VecDeque},
    os::fd::OwnedFd,
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use rustix::net::{RecvFlags, SendFlags, Shutdown};
use tidemill_flow::Value;
use tokio::{net::UnixDatagram, sync::oneshot};

use super::{
    messages::{self, DATAGRAM, TaskMessage},
    task::{Part, PythonFailure, PythonTask},
};
use crate::process::{LineSink, Targets};

/// An attempt on its way.
pub(super) struct Job {
    /// In the pool.
    pub(super) number: u64,
    pub(super) task: PythonTask,
    pub(super) message: TaskMessage,
    pub(super) environment: Part,
    pub(super) sink: Arc<dyn LineSink>,
    pub(super) answer: oneshot::Sender<Result<Value, PythonFailure>>,
}

impl Job {
    /// Tells how it ended.
    pub(super) fn tell(self, result: Result<Value, PythonFailure>) {
        // Nobody may wait for it any more.
        let _unheard = self.answer.send(result);
    }

    /// What a worker that runs this may ask for.
    fn find(&self, number: u64) -> Option<Part> {
        let context = self.task.context.part();
        [
            Some(context),
            Some(&self.environment),
            self.message.own.as_ref(),
        ]
        .into_iter()
        .flatten()
        .find(|part| part.number == number)
        .cloned()
        .or_else(|| self.task.context.find(number))
    }
}

/// A job in a worker.
struct Handed {
    /// In the worker; later ones are larger.
    number: u64,
    job: Job,
}

/// A worker process.
pub(super) struct Live {
    /// In the pool.
    pub(super) number: u64,
    pub(super) interpreter: PathBuf,
    /// It is one task's alone.
    pub(super) isolated: bool,
    /// It has said hello.
    pub(super) ready: bool,
    /// It gets no more tasks.
    pub(super) leaving: bool,
    /// A task left threads or processes behind in it.
    pub(super) untidy: bool,
    /// Since when the first of its tasks runs.
    pub(super) began: Instant,
    /// Its whole tree.
    pub(super) targets: Option<Targets>,
    socket: Arc<UnixDatagram>,
    /// The worker's own end, to take back what it has not taken yet.
    inbox: OwnedFd,
    /// In the order sent. The first one runs, unless it is still in the inbox.
    queue: VecDeque<Handed>,
    next: u64,
    /// Parts that it was sent without asking.
    sent: HashSet<u64>,
}

impl Live {
    pub(super) fn new(
        number: u64,
        interpreter: PathBuf,
        socket: Arc<UnixDatagram>,
        inbox: OwnedFd,
        targets: Option<Targets>,
    ) -> Self {
        Self {
            number,
            interpreter,
            isolated: false,
            ready: false,
            leaving: false,
            untidy: false,
            began: Instant::now(),
            targets,
            socket,
            inbox,
            queue: VecDeque::new(),
            next: 1,
            sent: HashSet::new(),
        }
    }

    /// How many tasks were handed to it and have not ended.
    pub(super) fn load(&self) -> usize {
        self.queue.len()
    }

    /// Whether a job was handed to it.
    pub(super) fn has(&self, job: u64) -> bool {
        self.queue.iter().any(|handed| handed.job.number == job)
    }

    /// Hands it a job; gives it back when the socket is full.
    pub(super) fn hand(&mut self, job: Job) -> Result<(), Box<Job>> {
        for part in [&job.environment, job.task.context.part()] {
            // Not sent, for want of room: the worker will ask for it.
            if messages::is_small(part)
                && !self.sent.contains(&part.number)
                && self.send(&messages::piece(part, 0).0)
            {
                self.sent.insert(part.number);
            }
        }
        if !self.send(&job.message.datagram(self.next)) {
            return Err(Box::new(job));
        }
        if self.queue.is_empty() {
            self.began = Instant::now();
        }
        self.queue.push_back(Handed {
            number: self.next,
            job,
        });
        self.next += 1;
        Ok(())
    }

    /// Sends a datagram if there is room. A worker that is gone has room: its
    /// end of the socket is also ours, and what lies there is taken back.
    pub(super) fn send(&self, datagram: &[u8]) -> bool {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        rustix::net::send(&*self.socket, datagram, flags).is_ok()
    }

    /// Takes back all that it has not begun, oldest first.
    pub(super) fn take_back(&mut self) -> Vec<Job> {
        let mut datagram = vec![0; DATAGRAM];
        let mut numbers = Vec::new();
        let mut others = Vec::new();
        while let Ok((_, read)) =
            rustix::net::recv(&self.inbox, &mut *datagram, RecvFlags::DONTWAIT)
        {
            let bytes = datagram.get(..read).unwrap_or_default();
            match (messages::task_number(bytes), messages::part_number(bytes)) {
                (Some(task), _) => numbers.push(task),
                // It is sent again when a task needs it.
                (None, Some(part)) if self.sent.remove(&part) => {}
                _ if read == 0 => break,
                _ => others.push(bytes.to_vec()),
            }
        }
        for other in others {
            self.send(&other);
        }
        let (back, stay) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition(|handed: &Handed| numbers.contains(&handed.number));
        self.queue = stay;
        back.into_iter().map(|handed: Handed| handed.job).collect()
    }

    /// Takes a job off that it gave back or has ended.
    pub(super) fn remove(&mut self, number: u64) -> Option<Job> {
        let place = self
            .queue
            .iter()
            .position(|handed| handed.number == number)?;
        self.queue.remove(place).map(|handed| handed.job)
    }

    /// Takes off all that is left, oldest first: the first one had begun.
    pub(super) fn remove_all(&mut self) -> Vec<Job> {
        self.queue.drain(..).map(|handed| handed.job).collect()
    }

    /// Where the output goes that comes after the end of task `ended`'s.
    pub(super) fn sink_after(&self, ended: u64) -> Option<Arc<dyn LineSink>> {
        self.queue
            .iter()
            .find(|handed| handed.number > ended)
            .map(|handed| Arc::clone(&handed.job.sink))
    }

    /// A part that it asks for.
    pub(super) fn find(&self, number: u64) -> Option<Part> {
        self.queue.iter().find_map(|handed| handed.job.find(number))
    }

    /// Tells it that there is nothing more for it: it ends once it has read all.
    pub(super) fn dismiss(&mut self) {
        self.leaving = true;
        // It may be gone already.
        let _gone = rustix::net::shutdown(&*self.socket, Shutdown::Write);
    }
}
