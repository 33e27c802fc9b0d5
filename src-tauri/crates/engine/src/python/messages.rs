//! What engine and worker say to each other, one datagram a message over a
//! socket that keeps their order. The first byte is the kind; numbers are 64
//! bits, little-endian.
//!
//! To the worker: `T` number, task; `P` number, whether it is the last piece,
//! bytes of a part. Closed for writing: the run is over. From it: `H` version,
//! once; `N` number of a part that it needs; `K` number of a task that it gives
//! back; `r` bytes, `E` number, how it ended, whether the worker leaves, bytes:
//! a task's end, whose bytes follow those of the `r` before it.
//!
//! A worker takes a task from the socket only when it begins it. So what the
//! engine can still take back from the socket was not begun, and of a worker
//! that died just the task that really ran is lost.

use std::os::unix::ffi::OsStrExt;

use super::{
    marshal,
    task::{Part, PythonFailure, PythonTask},
};
use crate::process::Environment;
use tidemill_flow::Value;

/// The largest datagram; the worker reads with a buffer of this size.
pub(super) const DATAGRAM: usize = 32 * 1024;

/// Bytes of a piece's head.
const PIECE_HEAD: usize = 10;

/// A task's message without its number in the worker, and what it refers to.
#[derive(Debug)]
pub(super) struct TaskMessage {
    body: Vec<u8>,
    /// What is the task's alone and too large for a datagram.
    pub(super) own: Option<Part>,
}

impl TaskMessage {
    /// `(context, environment, directory, index, matrix, item, arguments, own)`.
    pub(super) fn new(task: &PythonTask, environment: u64) -> Self {
        let mut values = Vec::new();
        for value in [&task.matrix, &task.item, &task.arguments] {
            match value {
                Some(value) => marshal::write(value, &mut values),
                None => marshal::write_none(&mut values),
            }
        }
        let own = (values.len() > DATAGRAM / 2).then(|| {
            let mut tuple = Vec::with_capacity(values.len() + 8);
            marshal::begin_tuple(3, &mut tuple);
            tuple.append(&mut values);
            values = b"NNN".to_vec();
            Part::new(tuple)
        });
        let mut body = Vec::with_capacity(values.len() + 128);
        marshal::begin_tuple(8, &mut body);
        marshal::write_integer(task.context.part().number.into(), &mut body);
        marshal::write_integer(environment.into(), &mut body);
        marshal::write_bytes(task.directory.as_os_str().as_bytes(), &mut body);
        write_number(task.index, &mut body);
        body.append(&mut values);
        write_number(own.as_ref().map(|part| part.number), &mut body);
        Self { body, own }
    }

    /// The datagram.
    pub(super) fn datagram(&self, number: u64) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(self.body.len() + 9);
        datagram.push(b'T');
        datagram.extend_from_slice(&number.to_le_bytes());
        datagram.extend_from_slice(&self.body);
        datagram
    }
}

fn write_number(number: Option<u64>, out: &mut Vec<u8>) {
    match number {
        Some(number) => marshal::write_integer(number.into(), out),
        None => marshal::write_none(out),
    }
}

/// The number of a task's datagram that was taken back.
pub(super) fn task_number(datagram: &[u8]) -> Option<u64> {
    let (b'T', rest) = datagram.split_first()? else {
        return None;
    };
    number(rest)
}

/// The number of a part's datagram that was taken back.
pub(super) fn part_number(datagram: &[u8]) -> Option<u64> {
    let (b'P', rest) = datagram.split_first()? else {
        return None;
    };
    number(rest)
}

/// A part's piece that begins at `start`, as a datagram, and where the next begins.
pub(super) fn piece(part: &Part, start: usize) -> (Vec<u8>, usize) {
    let rest = part.bytes.get(start..).unwrap_or_default();
    let size = rest.len().min(DATAGRAM - PIECE_HEAD);
    let mut datagram = Vec::with_capacity(size + PIECE_HEAD);
    datagram.push(b'P');
    datagram.extend_from_slice(&part.number.to_le_bytes());
    datagram.push(u8::from(size == rest.len()));
    datagram.extend_from_slice(rest.get(..size).unwrap_or_default());
    (datagram, start + size)
}

/// Whether a part goes in one piece.
pub(super) fn is_small(part: &Part) -> bool {
    part.bytes.len() <= DATAGRAM - PIECE_HEAD
}

/// An environment as a map of bytes.
pub(super) fn encode_environment(environment: &Environment) -> Vec<u8> {
    let mut out = Vec::new();
    marshal::begin_map(&mut out);
    for (name, value) in environment.iter() {
        marshal::write_bytes(name.as_bytes(), &mut out);
        marshal::write_bytes(value.as_bytes(), &mut out);
    }
    marshal::end_map(&mut out);
    out
}

/// What a worker says.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// It is there.
    Hello,
    /// It needs a part.
    Needs(u64),
    /// It has not begun a task, and gives it back.
    GivesBack(u64),
    /// Bytes of the end that follows.
    More(&'a [u8]),
    /// A task's end.
    Ended(TaskEnd<'a>),
}

/// A task's end.
#[derive(Debug)]
pub(super) struct TaskEnd<'a> {
    /// The task's number in the worker.
    pub(super) number: u64,
    outcome: u8,
    /// The worker ends now: the task left something in it.
    pub(super) leaves: bool,
    /// The last bytes of what goes with the outcome.
    pub(super) bytes: &'a [u8],
}

/// Reads a worker's datagram; nothing if it is none of the above.
pub(super) fn said(datagram: &[u8]) -> Option<Said<'_>> {
    let (kind, rest) = datagram.split_first()?;
    match kind {
        b'H' => Some(Said::Hello),
        b'N' => Some(Said::Needs(number(rest)?)),
        b'K' => Some(Said::GivesBack(number(rest)?)),
        b'r' => Some(Said::More(rest)),
        b'E' => {
            let (&[outcome, leaves], bytes) = rest.get(8..)?.split_first_chunk()?;
            Some(Said::Ended(TaskEnd {
                number: number(rest)?,
                outcome,
                leaves: leaves != 0,
                bytes,
            }))
        }
        _ => None,
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().copied().map(u64::from_le_bytes)
}

impl TaskEnd<'_> {
    /// What the task came to; `bytes` are all that went with it.
    pub(super) fn result(&self, bytes: &[u8]) -> Result<Value, PythonFailure> {
        match self.outcome {
            0 => marshal::read(bytes).map_err(|error| PythonFailure::Output(error.to_string())),
            1 => Err(raised(bytes)),
            3 => Err(PythonFailure::Exited(exit_code(bytes))),
            _ => Err(PythonFailure::Output(
                String::from_utf8_lossy(bytes).into_owned(),
            )),
        }
    }
}

fn exit_code(bytes: &[u8]) -> i32 {
    marshal::read(bytes)
        .ok()
        .and_then(|code| i32::try_from(code).ok())
        .unwrap_or(1)
}

fn raised(bytes: &[u8]) -> PythonFailure {
    let parts = marshal::read(bytes).unwrap_or_default();
    let part = |index| {
        let part = parts.get_item_by_index(index).unwrap_or_default();
        part.as_str().unwrap_or_default().to_owned()
    };
    PythonFailure::Raised {
        kind: part(0),
        message: part(1),
        traceback: part(2),
    }
}
