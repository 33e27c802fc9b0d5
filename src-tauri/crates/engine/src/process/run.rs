//! One process from start to end, its output handed on as it comes.

use std::{future::Future, pin::Pin, process::Stdio, task::Poll, time::Duration};

use jiff::Timestamp;
use rustix::process::{Pid, Signal};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, ChildStderr, ChildStdout},
    sync::Notify,
};

use super::{
    Command, Exit, Line, LineSink, LineSplitter, ProcessError, Stream, find_program,
    groups::{Mark, Registration, RunProcesses},
    tree::{self, Targets},
};

/// How long a process that is told to end may take before it is killed.
pub const GRACE: Duration = Duration::from_secs(5);

/// How much of standard output is kept beside the lines, in bytes.
pub const OUTPUT_LIMIT: usize = 1024 * 1024;

/// How long a pipe may stay open in other hands once the process itself ended,
/// before those are ended too.
const DRAIN: Duration = Duration::from_millis(500);

/// How long what a process left in its group has to end.
const LEFTOVER_GRACE: Duration = Duration::from_millis(500);

/// What is still read from a pipe that is given up: as much as a pipe holds.
const LAST_READ: usize = 1024 * 1024;

/// The size of a read.
const READ: usize = 32 * 1024;

/// The beginning of a process's standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapturedOutput {
    /// Its first bytes, at most [`OUTPUT_LIMIT`].
    pub bytes: Vec<u8>,
    /// There was more.
    pub truncated: bool,
}

/// A process that ended, with all that it left in its group.
#[derive(Debug)]
pub struct Ended<T> {
    /// How.
    pub exit: Exit,
    /// What `stop` gave, if the process was ended for it.
    pub stopped: Option<T>,
    /// The beginning of its standard output.
    pub output: CapturedOutput,
}

impl RunProcesses {
    /// Starts `command` in its own process group with nothing on standard input,
    /// hands its output to `sink`, and returns when it has ended, after the last
    /// line was handed on. Then nothing of its group lives.
    ///
    /// When `stop` resolves first, the whole tree is ended: SIGTERM, `grace`,
    /// SIGKILL, strays included. When the future is dropped, the tree is killed.
    ///
    /// # Errors
    /// When it could not be started; nothing runs then.
    pub async fn run<T>(
        &self,
        command: &Command,
        sink: &dyn LineSink,
        grace: Duration,
        stop: impl Future<Output = T>,
    ) -> Result<Ended<T>, ProcessError> {
        let mark = self.new_mark();
        let mut spawn = prepare(command, &mark)?;
        spawn.stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut child, tree) = self.spawn(&mut spawn, command, mark)?;
        let mut output = CapturedOutput::default();
        let give_up = Notify::new();
        let (exit, stopped) = {
            let pump = pump(
                child.stdout.take(),
                child.stderr.take(),
                sink,
                &mut output,
                &give_up,
            );
            let mut pump = Pumping::new(pump);
            let ended = attend(&mut child, &tree, &mut pump, grace, stop).await;
            tree.settle(&mut pump, &give_up, ended.1.is_some()).await;
            ended
        };
        tree.disarm();
        Ok(Ended {
            exit,
            stopped,
            output,
        })
    }

    /// Starts a prepared process, listed and watched.
    pub(crate) fn spawn(
        &self,
        spawn: &mut tokio::process::Command,
        command: &Command,
        mark: Mark,
    ) -> Result<(Child, LiveTree), ProcessError> {
        self.groups.ensure_guard()?;
        let child = spawn
            .spawn()
            .map_err(|source| start_error(command, source))?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let tree = LiveTree {
            group,
            mark,
            registration: group.map(|group| self.groups.register(group)),
            armed: true,
        };
        Ok((child, tree))
    }
}

/// The process to spawn, in its own group, without its standard streams.
///
/// The program is looked up here: with an environment of its own, the standard
/// library would not use `posix_spawn` for a bare name.
pub(crate) fn prepare(
    command: &Command,
    mark: &Mark,
) -> Result<tokio::process::Command, ProcessError> {
    let program = find_program(&command.program, &command.environment, &command.directory)
        .ok_or_else(|| ProcessError::NotFound {
            program: command.program.clone(),
        })?;
    let mut spawn = tokio::process::Command::new(program);
    let (name, value) = mark.variable();
    spawn
        .args(&command.arguments)
        .env_clear()
        .envs(
            command
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .env(name, value)
        .current_dir(&command.directory)
        .stdin(Stdio::null())
        .process_group(0);
    Ok(spawn)
}

fn start_error(command: &Command, source: std::io::Error) -> ProcessError {
    if !command.directory.is_dir() {
        return ProcessError::NoDirectory {
            directory: command.directory.clone(),
        };
    }
    ProcessError::Start {
        program: command.program.clone(),
        source,
    }
}

/// Waits for the process's end, or ends it when `stop` resolves.
async fn attend<T>(
    child: &mut Child,
    tree: &LiveTree,
    pump: &mut Pumping<'_>,
    grace: Duration,
    stop: impl Future<Output = T>,
) -> (Exit, Option<T>) {
    let first = async {
        tokio::select! {
            biased;
            exit = wait(child) => Ok(exit),
            reason = stop => Err(reason),
        }
    };
    match pump.during(first).await {
        Ok(exit) => (exit, None),
        Err(reason) => {
            let end = tree.end(grace);
            let (exit, ()) = pump.during(async { tokio::join!(wait(child), end) }).await;
            (exit, Some(reason))
        }
    }
}

/// The process's end.
pub(crate) async fn wait(child: &mut Child) -> Exit {
    match child.wait().await {
        Ok(status) => status.into(),
        Err(error) => {
            // Someone else in this process took its status.
            tracing::error!(%error, "a process's exit status is lost");
            Exit::Code(-1)
        }
    }
}

/// A process tree that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct LiveTree {
    /// The group, which has its first process's id.
    group: Option<Pid>,
    mark: Mark,
    registration: Option<Registration>,
    armed: bool,
}

impl LiveTree {
    /// Ends the whole tree, strays included.
    pub(crate) async fn end(&self, grace: Duration) {
        if let Some(targets) = self.targets() {
            tree::end_on_thread(targets, grace).await;
        }
    }

    /// After the process's end: nothing of its group lives on, and all that was
    /// written is handed on.
    async fn settle(&self, pump: &mut Pumping<'_>, give_up: &Notify, was_ended: bool) {
        if !was_ended && !pump.is_done() {
            // Whoever holds the pipe may be about to end by itself.
            pump.finish_within(DRAIN).await;
        }
        pump.during(self.end_leftovers()).await;
        if !pump.is_done() && !was_ended {
            // Held by what made a session of its own.
            pump.during(self.end(LEFTOVER_GRACE)).await;
        }
        if !pump.finish_within(DRAIN).await {
            give_up.notify_one();
            pump.finish().await;
        }
    }

    /// Ends what is left of the group: one system call when there is nothing.
    pub(crate) async fn end_leftovers(&self) {
        let Some(group) = self.group else { return };
        if rustix::process::kill_process_group(group, Signal::TERM).is_ok() {
            tree::end_on_thread(Targets::group(group), LEFTOVER_GRACE).await;
        }
    }

    /// All of the tree.
    pub(crate) fn targets(&self) -> Option<Targets> {
        Some(Targets::attempt(self.group?, self.mark.token()))
    }

    /// Nothing lives any more.
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for LiveTree {
    fn drop(&mut self) {
        let Some(group) = self.group.filter(|_| self.armed) else {
            return;
        };
        // Already gone is well.
        let _gone = rustix::process::kill_process_group(group, Signal::KILL);
        let registration = self.registration.take();
        let targets = Targets::attempt(group, self.mark.token());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || {
                tree::end(&targets, Duration::ZERO);
                drop(registration);
            });
        }
    }
}

/// The pump's future, which goes on while other things are awaited.
struct Pumping<'a> {
    pump: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
}

impl<'a> Pumping<'a> {
    fn new(pump: impl Future<Output = ()> + Send + 'a) -> Self {
        Self {
            pump: Some(Box::pin(pump)),
        }
    }

    fn is_done(&self) -> bool {
        self.pump.is_none()
    }

    /// Awaits `future`, pumping meanwhile.
    async fn during<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            self.poll(context);
            future.as_mut().poll(context)
        })
        .await
    }

    /// Pumps to the end.
    async fn finish(&mut self) {
        std::future::poll_fn(|context| {
            self.poll(context);
            match self.is_done() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Pumps to the end, or so long; gives whether it came to the end.
    async fn finish_within(&mut self, limit: Duration) -> bool {
        // Late is no error: the caller asks.
        let _late = tokio::time::timeout(limit, self.finish()).await;
        self.is_done()
    }

    fn poll(&mut self, context: &mut std::task::Context<'_>) {
        if let Some(pump) = &mut self.pump
            && pump.as_mut().poll(context).is_ready()
        {
            self.pump = None;
        }
    }
}

/// Hands both streams on until both are at their end, or `give_up` says so.
async fn pump(
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    sink: &dyn LineSink,
    output: &mut CapturedOutput,
    give_up: &Notify,
) {
    let mut stdout = Source::new(stdout, Stream::Stdout);
    let mut stderr = Source::new(stderr, Stream::Stderr);
    let mut last: Option<usize> = None;
    while stdout.is_open() || stderr.is_open() {
        let mut lines = Vec::new();
        let read = tokio::select! {
            biased;
            read = stdout.read(), if stdout.is_open() => {
                output.keep(stdout.split(read, &mut lines));
                read
            }
            read = stderr.read(), if stderr.is_open() => {
                stderr.split(read, &mut lines);
                read
            }
            () = give_up.notified(), if last.is_none() => { last = Some(LAST_READ); 0 }
            () = std::future::ready(()), if last.is_some() => break,
        };
        if !lines.is_empty() {
            sink.take(lines).await;
        }
        if let Some(left) = &mut last {
            if *left < read {
                break;
            }
            *left -= read;
        }
    }
    let mut lines = Vec::new();
    stdout.splitter.finish(Timestamp::now(), &mut lines);
    stderr.splitter.finish(Timestamp::now(), &mut lines);
    if !lines.is_empty() {
        sink.take(lines).await;
    }
}

impl CapturedOutput {
    fn keep(&mut self, bytes: &[u8]) {
        let room = OUTPUT_LIMIT - self.bytes.len();
        self.truncated |= bytes.len() > room;
        self.bytes
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

/// One stream of the process.
struct Source<R> {
    reader: Option<R>,
    splitter: LineSplitter,
    buffer: Box<[u8]>,
}

impl<R: AsyncRead + Unpin> Source<R> {
    fn new(reader: Option<R>, stream: Stream) -> Self {
        Self {
            reader,
            splitter: LineSplitter::new(stream),
            buffer: vec![0; READ].into_boxed_slice(),
        }
    }

    fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// Reads once; gives how many bytes came. Nothing is lost when this is
    /// dropped before it resolves.
    async fn read(&mut self) -> usize {
        let Some(reader) = &mut self.reader else {
            return 0;
        };
        match reader.read(&mut self.buffer).await {
            Ok(0) | Err(_) => {
                // An error on a pipe is its end: there is nothing more to get.
                self.reader = None;
                0
            }
            Ok(read) => read,
        }
    }

    /// Cuts the last read's bytes into lines; gives the bytes.
    fn split(&mut self, read: usize, lines: &mut Vec<Line>) -> &[u8] {
        let bytes = self.buffer.get(..read).unwrap_or_default();
        self.splitter.push(bytes, Timestamp::now(), lines);
        bytes
    }
}
