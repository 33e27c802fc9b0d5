//! A row of the logs: some hundred lines end to end, each a head of fixed size and
//! its bytes, whatever they are.

use jiff::Timestamp;
use tidemill_orchestrate::TaskRunNumber;

use super::{LogLine, NewLine, Stream};

/// Lines of a chunk at most: a line's place has 12 bits in the search's ids.
pub(super) const LINES: usize = 4096;

/// A chunk takes no more lines once it has so many bytes.
const BYTES: usize = 64 * 1024;

/// The bit of a line's flags that says that the line goes on.
const OPEN: u8 = 0x80;

/// Lines of one run that become a row.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) data: Vec<u8>,
    pub(super) count: usize,
    pub(super) low_task: u32,
    pub(super) high_task: u32,
    pub(super) last_at: i64,
}

impl Chunk {
    /// Whether no more lines fit.
    pub(super) fn is_full(&self) -> bool {
        self.count >= LINES || self.data.len() >= BYTES
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &NewLine) {
        let task = line.task.map_or(0, TaskRunNumber::get);
        let at = line.at.as_microsecond();
        if self.count == 0 {
            (self.low_task, self.high_task) = (task, task);
            self.last_at = at;
        }
        self.low_task = self.low_task.min(task);
        self.high_task = self.high_task.max(task);
        self.last_at = self.last_at.max(at);
        self.count += 1;
        let open = if line.open { OPEN } else { 0 };
        let length = u32::try_from(line.bytes.len()).unwrap_or(u32::MAX);
        self.data.extend_from_slice(&at.to_le_bytes());
        self.data.push(line.stream.code() | open);
        self.data.extend_from_slice(&task.to_le_bytes());
        self.data.extend_from_slice(&line.attempt.to_le_bytes());
        self.data.extend_from_slice(&length.to_le_bytes());
        self.data.extend_from_slice(&line.bytes);
    }
}

/// A line as it lies in its chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawLine<'a> {
    pub(super) number: u64,
    pub(super) task: u32,
    flags: u8,
    at: i64,
    attempt: u32,
    pub(super) bytes: &'a [u8],
}

impl RawLine<'_> {
    /// The code of the stream that it came from.
    pub(super) fn stream(&self) -> u8 {
        self.flags & !OPEN
    }

    /// Whether it goes on in the next one of the same task run and stream.
    pub(super) fn is_open(&self) -> bool {
        self.flags & OPEN != 0
    }

    /// The line with bytes of its own; `None` where it is not as it was written.
    pub(super) fn to_line(self) -> Option<LogLine> {
        Some(LogLine {
            number: self.number,
            at: Timestamp::from_microsecond(self.at).ok()?,
            stream: Stream::from_code(self.stream())?,
            task: TaskRunNumber::new(self.task),
            attempt: self.attempt,
            bytes: self.bytes.to_vec(),
            open: self.is_open(),
        })
    }
}

/// The lines of a chunk's data, numbered from `number` on. Ends where the data is
/// not as it was written.
pub(super) struct RawLines<'a> {
    pub(super) data: &'a [u8],
    pub(super) number: u64,
}

impl<'a> Iterator for RawLines<'a> {
    type Item = RawLine<'a>;

    fn next(&mut self) -> Option<RawLine<'a>> {
        let (at, rest) = self.data.split_first_chunk()?;
        let (&flags, rest) = rest.split_first()?;
        let (task, rest) = rest.split_first_chunk()?;
        let (attempt, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let number = self.number;
        (self.data, self.number) = (rest, number + 1);
        Some(RawLine {
            number,
            task: u32::from_le_bytes(*task),
            flags,
            at: i64::from_le_bytes(*at),
            attempt: u32::from_le_bytes(*attempt),
            bytes,
        })
    }
}

/// The lines of a chunk's data, each with bytes of its own.
pub(super) struct Lines<'a> {
    pub(super) data: &'a [u8],
    pub(super) number: u64,
}

impl Iterator for Lines<'_> {
    type Item = LogLine;

    fn next(&mut self) -> Option<LogLine> {
        let mut raw = RawLines {
            data: self.data,
            number: self.number,
        };
        let line = raw.next()?;
        (self.data, self.number) = (raw.data, raw.number);
        line.to_line()
    }
}
