//! Standard output: documents for programs, lines for people.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

use crate::look::{Line, Look};

/// Standard output, written in large pieces.
#[derive(Debug)]
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    look: Look,
}

impl Output {
    /// Standard output as it is now.
    pub(crate) fn new() -> Self {
        Self {
            writer: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            look: Look::of_output(),
        }
    }

    /// How it shows text.
    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// One JSON document and a line's end.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.writer, document).map_err(io::Error::from)?;
        self.writer.write_all(b"\n")
    }

    /// A line.
    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        writeln!(self.writer, "{}", line.render(self.look))
    }

    /// Lines.
    pub(crate) fn lines<'l>(&mut self, lines: impl IntoIterator<Item = &'l Line>) -> io::Result<()> {
        lines.into_iter().try_for_each(|line| self.line(line))
    }

    /// Text as it stands, and a line's end.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.writer, "{text}")
    }

    /// Hands on what is held back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
