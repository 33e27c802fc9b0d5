//! `tidemill exec`: any command, run as if its caller had run it, and recorded as
//! a run if that is possible.
//!
//! Not here: how the command is run.

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tidemill_flow::Value;
use tidemill_orchestrate::{
    Detail, Failure, FailureKind, Output, RunId, State, Subject, Transition,
};
use tidemill_store::{Batch, NewLine, NewRun, Owner, Store, StoreError};

use crate::{
    engine::new_id,
    error::EngineError,
    mask::Mask,
    process::{self, Exit, Line, ProcessError, Stream, TransparentCommand},
    run_log::LineMask,
    run_name::run_name,
};

/// How long the record may hold up the command, at its start, at its end and once
/// between: another process may be stopped while it holds the store's lock.
const PATIENCE: Duration = Duration::from_secs(3);

/// A command to run and record.
#[derive(Clone, Debug)]
pub struct ExecRequest {
    /// What it is called in lists; `None`: as its program.
    pub name: Option<String>,
    /// A path, or a name on `PATH`.
    pub program: OsString,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
}

/// How a command ended.
#[derive(Debug)]
pub struct ExecEnd {
    /// The code to end with: the command's own, or 128 and the signal's number.
    pub code: i32,
    /// Its run; `None`: it could not be recorded.
    pub run: Option<RunId>,
    /// Why it was recorded only in part.
    pub unrecorded: Option<EngineError>,
}

/// Runs the command to its end, with the caller's standard streams, and records it
/// in `store`, if there is one. Whatever goes wrong with the record, the command
/// runs. Blocks the thread. Where the store does not answer in time, a thread that
/// waits for it stays behind, and keeps the store open.
///
/// # Errors
/// When the command could not be started.
pub fn exec(store: Option<&Arc<Store>>, request: &ExecRequest) -> Result<ExecEnd, ProcessError> {
    let Some(store) = store else {
        return end(run(request, None), None, None);
    };
    let begun = {
        let (store, request) = (Arc::clone(store), request.clone());
        in_time(move || Recorder::begin(&store, &request))
    };
    let (ended, recorder) = match begun {
        Ok(Ok(recorder)) => (run(request, Some(&recorder)), recorder),
        Ok(Err(error)) => return end(run(request, None), None, Some(error)),
        Err(late) => {
            let ended = run(request, None);
            match late.try_recv() {
                Ok(Ok(recorder)) => (ended, recorder),
                Ok(Err(error)) => return end(ended, None, Some(error)),
                Err(_) => return end(ended, None, Some(no_answer(store))),
            }
        }
    };
    let (number, last) = (recorder.run, last(&ended));
    let unrecorded = match in_time(move || recorder.end(last)) {
        Ok(recorded) => recorded.err().map(EngineError::from),
        Err(_) => Some(no_answer(store)),
    };
    end(ended, Some(number), unrecorded)
}

fn end(
    ended: Result<Exit, ProcessError>,
    run: Option<RunId>,
    unrecorded: Option<EngineError>,
) -> Result<ExecEnd, ProcessError> {
    Ok(ExecEnd {
        code: ended?.shell_code(),
        run,
        unrecorded,
    })
}

/// What the work gives; where that takes too long, it goes on by itself, and gives it
/// later.
fn in_time<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, mpsc::Receiver<T>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Who waited may have given up.
        let _late = sender.send(work());
    });
    receiver.recv_timeout(PATIENCE).map_err(|_| receiver)
}

fn no_answer(store: &Store) -> EngineError {
    let cause = "it does not answer: another process holds its lock, or its key is waited for";
    let error = StoreError::Io {
        path: store.home().state(),
        cause: io::Error::new(io::ErrorKind::TimedOut, cause).into(),
    };
    error.into()
}

fn run(request: &ExecRequest, recorder: Option<&Recorder>) -> Result<Exit, ProcessError> {
    let command = TransparentCommand {
        program: request.program.clone(),
        arguments: request.arguments.clone(),
        variables: recorder
            .map(|recorder| ("TIDEMILL_RUN_ID".into(), recorder.run.to_string().into()))
            .into_iter()
            .collect(),
    };
    let log = recorder.map(|recorder| {
        let mask = Arc::clone(&recorder.mask);
        (Arc::clone(&recorder.store), recorder.run, mask)
    });
    let is_stuck = AtomicBool::new(false);
    let record: process::Record = Arc::new(move |lines| {
        if let Some((store, run, mask)) = &log {
            keep(store, *run, mask.masked(lines), &is_stuck);
        }
    });
    process::run_transparently(&command, &record)
}

/// A command's run.
struct Recorder {
    store: Arc<Store>,
    run: RunId,
    /// The caller sees what the command writes as it stands; the record does not.
    mask: Arc<LineMask>,
}

impl Recorder {
    fn begin(store: &Arc<Store>, request: &ExecRequest) -> Result<Self, EngineError> {
        let secrets = store.secrets().all()?;
        let mask = Mask::new(secrets.iter().map(|(_, value)| value.as_str()))
            .map_err(|_| EngineError::TooManySecrets)?;
        let words: Vec<String> = words(request)
            .iter()
            .map(|word| mask.text(word).into_owned())
            .collect();
        let now = Timestamp::now();
        let run = new_id(store, now)?;
        let new = NewRun {
            id: run,
            name: run_name(run),
            flow: called(request),
            flow_text: None,
            file: None,
            workspace: std::env::current_dir()
                .ok()
                .map(|folder| folder.to_string_lossy().into_owned()),
            parameters: Value::from_pairs([("command", Value::from(words))]),
            trigger: Value::from(()),
            variables: Value::from_pairs(Vec::<(String, Value)>::new()),
            environment: None,
            trial: None,
            parent: None,
            scheduled_for: None,
            owner: Some(Owner::current()),
            created_at: now,
            request: None,
            due: None,
        };
        let first = vec![
            transition(None, State::Pending, None, Detail::None),
            transition(
                Some(State::Pending),
                State::Running,
                None,
                Detail::Attempt(1),
            ),
        ];
        store.writer().begin_run(new, first).wait_committed()?;
        Ok(Self {
            store: Arc::clone(store),
            run,
            mask: Arc::new(LineMask::new(mask)),
        })
    }

    fn end(&self, last: Transition) -> Result<(), StoreError> {
        let logged = self.store.logs().appended().wait_committed();
        let batch = Batch::from(vec![last]);
        self.store.writer().append(self.run, batch).wait_flushed()?;
        logged
    }
}

/// How the command's run ends.
fn last(ended: &Result<Exit, ProcessError>) -> Transition {
    let failure = match ended {
        Ok(exit) if exit.is_success() => None,
        Ok(exit) => Some(Failure {
            exit_code: Some(exit.shell_code()),
            ..Failure::new(FailureKind::Exit, exit.to_string())
        }),
        Err(error) => Some(Failure::new(FailureKind::Start, error.to_string())),
    };
    let from = Some(State::Running);
    match failure {
        None => transition(
            from,
            State::Completed,
            None,
            Detail::Output(Output(Value::from(()))),
        ),
        Some(failure) => {
            let message = failure.message.clone();
            transition(from, State::Failed, Some(message), Detail::Failure(failure))
        }
    }
}

fn transition(
    from: Option<State>,
    to: State,
    message: Option<String>,
    detail: Detail,
) -> Transition {
    Transition {
        subject: Subject::Run,
        run_attempt: 1,
        from,
        to,
        at: Timestamp::now(),
        message: message.map(Into::into),
        detail,
    }
}

fn called(request: &ExecRequest) -> String {
    let program = || {
        let path = std::path::Path::new(&request.program);
        path.file_name()
            .unwrap_or(&request.program)
            .to_string_lossy()
            .into_owned()
    };
    request.name.clone().unwrap_or_else(program)
}

fn words(request: &ExecRequest) -> Vec<String> {
    std::iter::once(&request.program)
        .chain(&request.arguments)
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// Keeps lines, unless the log is stuck.
fn keep(store: &Store, run: RunId, lines: Vec<Line>, is_stuck: &AtomicBool) {
    for line in lines {
        if is_stuck.load(Ordering::Relaxed) {
            return;
        }
        let line = NewLine {
            at: line.at,
            stream: match line.stream {
                Stream::Stdout => tidemill_store::Stream::Stdout,
                Stream::Stderr => tidemill_store::Stream::Stderr,
            },
            task: None,
            attempt: 1,
            bytes: line.bytes,
            open: line.continues,
        };
        match append(store, run, line) {
            Some(Ok(())) => {}
            // The end of the record says so to the caller.
            Some(Err(error)) => tracing::warn!(%error, "a line of the command is not in the log"),
            None => is_stuck.store(true, Ordering::Relaxed),
        }
    }
}

/// Hands a line to the log, and waits for room, but not for ever.
fn append(store: &Store, run: RunId, line: NewLine) -> Option<Result<(), StoreError>> {
    let mut appending = pin!(store.logs().append_when_free(run, line));
    let mut context = Context::from_waker(Waker::noop());
    let started = Instant::now();
    loop {
        match appending.as_mut().poll(&mut context) {
            Poll::Ready(done) => return Some(done),
            Poll::Pending if started.elapsed() >= PATIENCE => return None,
            Poll::Pending => thread::sleep(Duration::from_millis(1)),
        }
    }
}
