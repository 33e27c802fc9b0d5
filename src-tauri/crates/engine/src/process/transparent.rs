//! A command run as if its caller had run it, and recorded: `tidemill exec`.
//!
//! Standard input is the caller's own. Standard output and error go through a
//! pipe, or through a terminal of the same size where the caller has one there,
//! so that a command colours, draws and flushes as it would; each piece is
//! written to the caller as soon as it is read and then recorded. The command
//! shares the caller's process group and keyboard, so Ctrl-C and Ctrl-Z reach it
//! from the caller's terminal itself. What does not work: programs that fill the
//! screen and take the keyboard's settings from their output, as curses does.
//!
//! Nothing here ends the command: it is its caller's.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rustix::process::{Pid, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH},
    iterator::{Handle, Signals},
};

use super::{Exit, Line, LineSplitter, ProcessError, Stream, terminal};

/// How long what the command left behind may hold its output open before it is
/// no longer recorded.
const DRAIN: Duration = Duration::from_millis(500);

/// A command of the caller's.
#[derive(Clone, Debug)]
pub struct TransparentCommand {
    /// A path, or a name on `PATH`.
    pub program: OsString,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
    /// Variables that it gets besides the caller's.
    pub variables: Vec<(OsString, OsString)>,
}

/// Where recorded lines go.
pub type Record = Arc<dyn Fn(Vec<Line>) + Send + Sync>;

/// Runs the command to its end; gives how it ended, after its last line was
/// recorded. Signals that this process gets meanwhile are handed on to it
/// (those of a terminal's keys only where there is no terminal to do so).
/// `record` is called from two threads, and may block: the command then waits.
///
/// # Errors
/// When it could not be started.
pub fn run_transparently(
    command: &TransparentCommand,
    record: &Record,
) -> Result<Exit, ProcessError> {
    let failed = |source| start_error(command, source);
    let (stdout, stdout_writer) = new_channel(io::stdout().as_fd()).map_err(failed)?;
    let (stderr, stderr_writer) = new_channel(io::stderr().as_fd()).map_err(failed)?;
    // Before the start, so that no signal falls between.
    let signals = Signals::new(forwarded()).map_err(failed)?;
    let mut child = {
        let mut spawn = Command::new(&command.program);
        spawn
            .args(&command.arguments)
            .envs(command.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::from(stdout_writer))
            .stderr(Stdio::from(stderr_writer));
        // The pipes' writing ends go with `spawn`.
        spawn.spawn().map_err(failed)?
    };
    let ends = [stdout.try_clone(), stderr.try_clone()];
    let ends = ends.into_iter().flatten().collect();
    let signals_handle = forward(signals, child.id(), ends);
    let (done_sender, done) = mpsc::channel();
    let own_stdout = io::stdout().as_fd().try_clone_to_owned();
    let own_stderr = io::stderr().as_fd().try_clone_to_owned();
    tee(stdout, own_stdout, Stream::Stdout, record, &done_sender);
    tee(stderr, own_stderr, Stream::Stderr, record, &done_sender);
    let status = child.wait();
    signals_handle.close();
    wait_for_tees(&done);
    status.map(Exit::from).map_err(failed)
}

fn start_error(command: &TransparentCommand, source: io::Error) -> ProcessError {
    let program = command.program.clone();
    match source.kind() {
        io::ErrorKind::NotFound => ProcessError::NotFound { program },
        _ => ProcessError::Start { program, source },
    }
}

/// The signals to hand on. A terminal sends its keys' signals to the command
/// by itself; here they are only kept from ending us before it.
fn forwarded() -> [i32; 7] {
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]
}

/// `ends` are our ends of the command's streams: terminals among them follow the
/// size of ours.
fn forward(mut signals: Signals, child: u32, ends: Vec<File>) -> Handle {
    let handle = signals.handle();
    let keys_arrive = io::stdin().is_terminal();
    thread::spawn(move || {
        for signal in signals.forever() {
            let is_key = matches!(signal, SIGINT | SIGQUIT);
            if is_key && keys_arrive {
                continue;
            }
            if signal == SIGWINCH {
                terminal::copy_size(io::stdout().as_fd(), &ends);
            }
            if let (Some(child), Some(signal)) = (
                Pid::from_raw(child.cast_signed()),
                Signal::from_named_raw(signal),
            ) {
                // It may just have ended.
                let _gone = rustix::process::kill_process(child, signal);
            }
        }
    });
    handle
}

/// Our end and the command's end of a stream, like the caller's own.
fn new_channel(own: BorrowedFd<'_>) -> io::Result<(File, OwnedFd)> {
    if own.is_terminal() {
        return terminal::open_like(own);
    }
    let (reader, writer) = io::pipe()?;
    Ok((OwnedFd::from(reader).into(), writer.into()))
}

/// Copies a stream to the caller's own and to the record, on its own thread.
fn tee(
    reader: File,
    own: io::Result<OwnedFd>,
    stream: Stream,
    record: &Record,
    done: &mpsc::Sender<()>,
) {
    let record = Arc::clone(record);
    let done = done.clone();
    thread::spawn(move || {
        // A stream that the caller closed is one that nobody reads.
        if let Ok(own) = own {
            copy(reader, File::from(own), stream, &*record);
        }
        // The receiver may have stopped waiting.
        let _late = done.send(());
    });
}

fn copy(mut reader: File, mut own: File, stream: Stream, record: &dyn Fn(Vec<Line>)) {
    let mut splitter = LineSplitter::new(stream);
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let read = match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        let written = own.write_all(bytes);
        let mut lines = Vec::new();
        splitter.push(bytes, Timestamp::now(), &mut lines);
        if !lines.is_empty() {
            record(lines);
        }
        if written.is_err() {
            // The caller reads no more: the command is to notice, as it would
            // without us.
            break;
        }
    }
    drop(reader);
    let mut lines = Vec::new();
    splitter.finish(Timestamp::now(), &mut lines);
    if !lines.is_empty() {
        record(lines);
    }
}

fn wait_for_tees(done: &mpsc::Receiver<()>) {
    let until = Instant::now() + DRAIN;
    for _stream in 0..2 {
        let left = until.saturating_duration_since(Instant::now());
        if done.recv_timeout(left).is_err() {
            return;
        }
    }
}
