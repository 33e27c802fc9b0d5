//! Bytes of a stream, cut into lines with the time they came.

use std::{future::Future, pin::Pin};

use jiff::Timestamp;

/// One of a process's two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line, or a piece of one that is too long to be held whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it was written to.
    pub stream: Stream,
    /// When its last byte was read (wall clock).
    pub at: Timestamp,
    /// Its bytes as they came, without the newline. Any bytes.
    pub bytes: Vec<u8>,
    /// The line goes on: the stream's next `Line` is its next piece.
    pub continues: bool,
}

/// What [`LineSink::take`] returns.
pub type Taken<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where lines go: the log.
pub trait LineSink: Send + Sync {
    /// Takes the lines of one read, oldest first; resolves once there is room
    /// for more. Until then the stream is not read on, so a log that is full
    /// blocks its writer rather than grows memory.
    fn take(&self, lines: Vec<Line>) -> Taken<'_>;
}

/// The longest piece of a line that is handed on in one [`Line`].
const PIECE: usize = 64 * 1024;

/// Cuts one stream into lines.
#[derive(Debug)]
pub struct LineSplitter {
    stream: Stream,
    /// What came after the last newline; shorter than [`PIECE`].
    rest: Vec<u8>,
    /// Earlier pieces of the line in `rest` were handed on already.
    continued: bool,
}

impl LineSplitter {
    /// A splitter at the beginning of a stream.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            rest: Vec::new(),
            continued: false,
        }
    }

    /// Adds to `lines` what `bytes` completes.
    pub fn push(&mut self, mut bytes: &[u8], at: Timestamp, lines: &mut Vec<Line>) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, after) = bytes.split_at(end);
            self.push_part(line, at, lines);
            self.emit(at, false, lines);
            bytes = after.get(1..).unwrap_or_default();
        }
        self.push_part(bytes, at, lines);
    }

    /// Adds the last line, if it had no newline, and begins anew.
    pub fn finish(&mut self, at: Timestamp, lines: &mut Vec<Line>) {
        if !self.rest.is_empty() || self.continued {
            self.emit(at, false, lines);
        }
    }

    fn push_part(&mut self, mut part: &[u8], at: Timestamp, lines: &mut Vec<Line>) {
        while self.rest.len() + part.len() > PIECE {
            let (piece, after) = part.split_at(PIECE.saturating_sub(self.rest.len()));
            self.rest.extend_from_slice(piece);
            self.emit(at, true, lines);
            part = after;
        }
        self.rest.extend_from_slice(part);
    }

    fn emit(&mut self, at: Timestamp, continues: bool, lines: &mut Vec<Line>) {
        lines.push(Line {
            stream: self.stream,
            at,
            bytes: std::mem::take(&mut self.rest),
            continues,
        });
        self.continued = continues;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[Vec<u8>]) -> Vec<Line> {
        let mut splitter = LineSplitter::new(Stream::Stdout);
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, Timestamp::UNIX_EPOCH, &mut lines);
        }
        splitter.finish(Timestamp::UNIX_EPOCH, &mut lines);
        lines
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let lines = split(&[vec![b'x'; PIECE * 2], b"y\n\nz".to_vec()]);
        let shape: Vec<_> = lines
            .iter()
            .map(|line| (line.bytes.len(), line.continues))
            .collect();
        assert_eq!(
            shape,
            [
                (PIECE, true),
                (PIECE + 1 - 1, true),
                (1, false),
                (0, false),
                (1, false)
            ]
        );
    }

    #[test]
    fn a_line_of_exactly_a_piece_is_whole() {
        let mut text = vec![b'x'; PIECE];
        text.push(b'\n');
        let shape: Vec<_> = split(&[text])
            .iter()
            .map(|line| (line.bytes.len(), line.continues))
            .collect();
        assert_eq!(shape, [(PIECE, false)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_byte_is_lost(chunks in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200), 0..20)) {
            let mut whole = chunks.concat();
            let mut joined = Vec::new();
            for line in split(&chunks) {
                joined.extend_from_slice(&line.bytes);
                if !line.continues { joined.push(b'\n'); }
            }
            if whole.last().is_some_and(|&last| last != b'\n') { whole.push(b'\n'); }
            prop_assert_eq!(joined, whole);
        }
    }
}
