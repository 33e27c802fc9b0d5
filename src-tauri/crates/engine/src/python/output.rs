//! A worker's output streams, told apart by task: after each task the worker
//! writes a marker into both, which holds for C extensions and children too.

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::process::{Line, LineSplitter, Stream};

/// Bytes of a worker's secret, which begins its markers.
pub(super) const NONCE: usize = 16;

/// Bytes of a marker: the secret and the task's number.
const MARKER: usize = NONCE + size_of::<u64>();

/// What stands in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Lines of the task that has not ended yet.
    Lines(Vec<Line>),
    /// The end of this task's output.
    End(u64),
}

/// One stream of a worker.
#[derive(Debug)]
pub(super) struct Output<R> {
    reader: Option<R>,
    markers: Markers,
    buffer: Box<[u8]>,
    /// The last task whose output is at its end.
    ended: u64,
}

impl<R: AsyncRead + Unpin> Output<R> {
    pub(super) fn new(reader: Option<R>, stream: Stream, nonce: [u8; NONCE]) -> Self {
        Self {
            reader,
            markers: Markers::new(stream, nonce),
            buffer: vec![0; 32 * 1024].into_boxed_slice(),
            ended: 0,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// The last task whose output is at its end; what comes is of a later one.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    /// Notes that a task's output is at its end.
    pub(super) fn end(&mut self, number: u64) {
        self.ended = number;
    }

    /// Reads once; gives how many bytes came. Nothing is lost when this is
    /// dropped before it resolves.
    pub(super) async fn read(&mut self) -> usize {
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

    /// What the last read brought.
    pub(super) fn pieces(&mut self, read: usize) -> Vec<Piece> {
        let bytes = self.buffer.get(..read).unwrap_or_default();
        self.markers.push(bytes, Timestamp::now())
    }

    /// The last line, if it had no newline.
    pub(super) fn finish(&mut self) -> Vec<Line> {
        self.markers.finish(Timestamp::now())
    }
}

/// Finds markers in a stream.
#[derive(Debug)]
struct Markers {
    splitter: LineSplitter,
    nonce: [u8; NONCE],
    /// What may be a marker's beginning.
    held: Vec<u8>,
}

impl Markers {
    fn new(stream: Stream, nonce: [u8; NONCE]) -> Self {
        Self {
            splitter: LineSplitter::new(stream),
            nonce,
            held: Vec::new(),
        }
    }

    fn push(&mut self, bytes: &[u8], at: Timestamp) -> Vec<Piece> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        let mut lines = Vec::new();
        let mut rest = all.as_slice();
        while let Some((before, marker, after)) = self.find(rest) {
            self.splitter.push(before, at, &mut lines);
            let Some(number) = marker else {
                self.held = after.to_vec();
                rest = &[];
                break;
            };
            self.splitter.finish(at, &mut lines);
            if !lines.is_empty() {
                pieces.push(Piece::Lines(std::mem::take(&mut lines)));
            }
            pieces.push(Piece::End(number));
            rest = after;
        }
        self.splitter.push(rest, at, &mut lines);
        if !lines.is_empty() {
            pieces.push(Piece::Lines(lines));
        }
        pieces
    }

    fn finish(&mut self, at: Timestamp) -> Vec<Line> {
        let mut lines = Vec::new();
        let held = std::mem::take(&mut self.held);
        self.splitter.push(&held, at, &mut lines);
        self.splitter.finish(at, &mut lines);
        lines
    }

    /// The first marker: what stands before it, its number, what follows. No
    /// number: the end of the bytes may be the beginning of one, which follows.
    fn find<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], Option<u64>, &'a [u8])> {
        let first = self.nonce.first().copied()?;
        let mut from = 0;
        while let Some(found) = memchr::memchr(first, bytes.get(from..)?) {
            let (before, rest) = bytes.split_at(from + found);
            let seen = rest.get(..NONCE).unwrap_or(rest);
            if self.nonce.starts_with(seen) {
                return Some(match rest.split_at_checked(MARKER) {
                    Some((marker, after)) => {
                        let number = marker.last_chunk().copied().map(u64::from_le_bytes);
                        (before, number, after)
                    }
                    None => (before, None, rest),
                });
            }
            from += found + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: [u8; NONCE] = *b"\0abcdefghijklmno";

    fn marker(number: u64) -> Vec<u8> {
        [NAME.as_slice(), &number.to_le_bytes()].concat()
    }

    /// The text of each task, however the bytes are cut.
    fn texts(bytes: &[u8], size: usize) -> Vec<(u64, Vec<u8>)> {
        let mut markers = Markers::new(Stream::Stdout, NAME);
        let mut found = Vec::new();
        let mut text = Vec::new();
        for chunk in bytes.chunks(size) {
            for piece in markers.push(chunk, Timestamp::UNIX_EPOCH) {
                match piece {
                    Piece::Lines(lines) => {
                        for line in lines {
                            text.extend_from_slice(&line.bytes);
                            text.push(b'\n');
                        }
                    }
                    Piece::End(number) => found.push((number, std::mem::take(&mut text))),
                }
            }
        }
        for line in markers.finish(Timestamp::UNIX_EPOCH) {
            text.extend_from_slice(&line.bytes);
        }
        found.push((0, text));
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn markers_are_found_however_cut(
            parts in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(0u8), Just(b'a'), Just(b'b'), Just(b'\n'), any::<u8>()], 0..40), 1..6),
            size in 1usize..60,
        ) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let number = index as u64 + 1;
                bytes.extend_from_slice(part);
                bytes.extend_from_slice(&marker(number));
                let mut text = part.clone();
                if text.last().is_some_and(|&last| last != b'\n') { text.push(b'\n'); }
                expected.push((number, text));
            }
            bytes.extend_from_slice(b"\0ab");
            expected.push((0, b"\0ab".to_vec()));
            prop_assert_eq!(texts(&bytes, size), expected);
        }
    }
}
