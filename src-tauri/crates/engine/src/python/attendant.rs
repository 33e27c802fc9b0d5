//! Attends to one worker process: hears what it says, hands its output on, and
//! sees to its end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    io::AsyncRead,
    net::UnixDatagram,
    process::{Child, ChildStderr, ChildStdout},
    time::timeout,
};

use super::{
    messages::{self, DATAGRAM, Said, TaskEnd},
    output::{NONCE, Output, Piece},
    pool::Pool,
    task::Part,
};
use crate::process::{self, Exit, LiveTree, Stream};

/// How long a pipe may stay open in other hands once the worker ended.
const DRAIN: Duration = Duration::from_millis(200);

/// How long what a task left behind has to end.
const LEFTOVER_GRACE: Duration = Duration::from_millis(500);

/// The most that is read once the worker ended: more than two pipes hold.
const LAST_READ: usize = 4 * 1024 * 1024;

/// The most bytes that go with a task's end, before the worker counts as mad.
const MOST: usize = 80 * 1024 * 1024;

/// How much is kept of what a worker writes before it is there.
const EARLY: usize = 4 * 1024;

/// One worker's.
pub(super) struct Attendant {
    pool: Arc<Pool>,
    number: u64,
    child: Child,
    tree: LiveTree,
    socket: Arc<UnixDatagram>,
    stdout: Output<ChildStdout>,
    stderr: Output<ChildStderr>,
    /// Bytes of a task's end that is still coming.
    more: Vec<u8>,
    /// Parts that it asked for, and how far each is sent.
    outgoing: VecDeque<(Part, usize)>,
    /// What it wrote before it was there: why it could not start.
    early: Vec<u8>,
}

impl Attendant {
    pub(super) fn new(
        pool: Arc<Pool>,
        number: u64,
        mut child: Child,
        tree: LiveTree,
        socket: Arc<UnixDatagram>,
        nonce: [u8; NONCE],
    ) -> Self {
        let stdout = Output::new(child.stdout.take(), Stream::Stdout, nonce);
        let stderr = Output::new(child.stderr.take(), Stream::Stderr, nonce);
        Self {
            pool,
            number,
            child,
            tree,
            socket,
            stdout,
            stderr,
            more: Vec::new(),
            outgoing: VecDeque::new(),
            early: Vec::new(),
        }
    }

    /// Attends to the worker until nothing of it is left.
    pub(super) async fn attend(mut self) {
        let mut datagram = vec![0; DATAGRAM];
        let exit = loop {
            tokio::select! {
                biased;
                read = self.socket.recv(&mut datagram) => {
                    // An error: it is gone, as its exit will say.
                    let read = read.unwrap_or_default();
                    self.hear(datagram.get(..read).unwrap_or_default()).await;
                }
                // Before its output, which what it left behind may fill for ever.
                exit = process::wait(&mut self.child) => break exit,
                read = self.stdout.read(), if self.stdout.is_open() => self.take_stdout(read).await,
                read = self.stderr.read(), if self.stderr.is_open() => self.take_stderr(read).await,
                _ready = self.socket.writable(), if !self.outgoing.is_empty() => self.send_piece(),
            }
        };
        self.finish(exit).await;
    }

    async fn hear(&mut self, datagram: &[u8]) {
        match messages::said(datagram) {
            Some(Said::Hello) => self.pool.greet(self.number),
            Some(Said::Needs(part)) => match self.pool.find_part(self.number, part) {
                Some(part) => self.outgoing.push_back((part, 0)),
                None => self.give_up("it asks for what nobody has"),
            },
            Some(Said::GivesBack(task)) => self.pool.give_back(self.number, task),
            Some(Said::More(bytes)) if self.more.len() + bytes.len() <= MOST => {
                self.more.extend_from_slice(bytes);
            }
            Some(Said::Ended(end)) => self.end_task(&end).await,
            Some(Said::More(_)) | None => self.give_up("it sends what is no message"),
        }
    }

    /// A task's end is told once its output was handed on.
    async fn end_task(&mut self, end: &TaskEnd<'_>) {
        while self.stdout.ended() < end.number && self.stdout.is_open() {
            let read = self.stdout.read().await;
            self.take_stdout(read).await;
        }
        while self.stderr.ended() < end.number && self.stderr.is_open() {
            let read = self.stderr.read().await;
            self.take_stderr(read).await;
        }
        let result = if self.more.is_empty() {
            end.result(end.bytes)
        } else {
            let mut bytes = std::mem::take(&mut self.more);
            bytes.extend_from_slice(end.bytes);
            end.result(&bytes)
        };
        self.pool
            .end_task(self.number, end.number, end.leaves, result);
    }

    async fn take_stdout(&mut self, read: usize) {
        hand_on(
            &self.pool,
            self.number,
            &mut self.stdout,
            read,
            &mut self.early,
        )
        .await;
    }

    async fn take_stderr(&mut self, read: usize) {
        hand_on(
            &self.pool,
            self.number,
            &mut self.stderr,
            read,
            &mut self.early,
        )
        .await;
    }

    fn send_piece(&mut self) {
        let Some((part, start)) = self.outgoing.front_mut() else {
            return;
        };
        let (piece, next) = messages::piece(part, *start);
        // Not sent: the socket is full, and is waited for again.
        if self.socket.try_send(&piece).is_ok() {
            *start = next;
            if next >= part.bytes.len() {
                self.outgoing.pop_front();
            }
        }
    }

    /// Ends a worker that does not keep to the protocol (user code that writes
    /// into its socket, say).
    fn give_up(&mut self, why: &str) {
        tracing::warn!(worker = self.number, "a Python worker is ended: {why}");
        // It may have ended by itself.
        let _gone = self.child.start_kill();
    }

    /// After the worker's end: what it still said and wrote, what it left.
    async fn finish(mut self, exit: Exit) {
        let mut datagram = vec![0; DATAGRAM];
        while let Ok(read) = self.socket.try_recv(&mut datagram) {
            self.hear(datagram.get(..read).unwrap_or_default()).await;
        }
        if !self.drain().await || self.pool.is_untidy(self.number) {
            self.tree.end(LEFTOVER_GRACE).await;
            self.drain().await;
        } else {
            self.tree.end_leftovers().await;
        }
        let last = [
            (self.stdout.ended(), self.stdout.finish()),
            (self.stderr.ended(), self.stderr.finish()),
        ];
        for (ended, lines) in last {
            if let Some(sink) = self.pool.sink_after(self.number, ended)
                && !lines.is_empty()
            {
                sink.take(lines).await;
            } else {
                keep_early(&mut self.early, &lines);
            }
        }
        self.pool.bury(self.number, exit, &self.early);
        self.tree.disarm();
    }

    /// Reads both streams to their ends; gives whether it came there. It gives
    /// up where others hold them open, silent or not.
    async fn drain(&mut self) -> bool {
        let mut left = LAST_READ;
        while self.stdout.is_open() && left > 0 {
            let Ok(read) = timeout(DRAIN, self.stdout.read()).await else {
                return false;
            };
            left = left.saturating_sub(read);
            self.take_stdout(read).await;
        }
        while self.stderr.is_open() && left > 0 {
            let Ok(read) = timeout(DRAIN, self.stderr.read()).await else {
                return false;
            };
            left = left.saturating_sub(read);
            self.take_stderr(read).await;
        }
        left > 0
    }
}

/// Hands on what a read brought: to the task that wrote it.
async fn hand_on<R: AsyncRead + Unpin>(
    pool: &Pool,
    worker: u64,
    output: &mut Output<R>,
    read: usize,
    early: &mut Vec<u8>,
) {
    for piece in output.pieces(read) {
        match piece {
            Piece::End(number) => output.end(number),
            Piece::Lines(lines) => match pool.sink_after(worker, output.ended()) {
                Some(sink) => sink.take(lines).await,
                // Nobody's: written between two tasks, or before the first.
                None => keep_early(early, &lines),
            },
        }
    }
}

fn keep_early(early: &mut Vec<u8>, lines: &[process::Line]) {
    for line in lines {
        if early.len() < EARLY {
            early.extend_from_slice(&line.bytes);
            early.push(b'\n');
        }
    }
}
