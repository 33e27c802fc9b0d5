//! Puts frames on a terminal, each in the place of the one before: what scrolled
//! past stays, nothing flickers, and a changed width is taken into account.

use std::io::{self, Write};

use crossterm::{
    QueueableCommand,
    cursor::{Hide, MoveToColumn, MoveUp, Show},
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};

use crate::look::{Line, Look};

/// The place on a terminal where frames are drawn: from the cursor down.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    output: W,
    /// The widths of the lines that stand there now.
    widths: Vec<usize>,
    /// What stands there, as it was written.
    drawn: Vec<String>,
    /// The terminal's columns when it was written.
    columns: usize,
}

impl<W: Write> Screen<W> {
    /// A place with nothing in it yet.
    pub(crate) fn new(output: W) -> Self {
        Self {
            output,
            widths: Vec::new(),
            drawn: Vec::new(),
            columns: 0,
        }
    }

    /// Draws a frame in the place of the last; nothing is written where they are equal.
    /// `columns` and `rows` are the terminal's at this moment.
    pub(crate) fn draw(
        &mut self,
        lines: &[Line],
        look: Look,
        (columns, rows): (usize, usize),
    ) -> io::Result<()> {
        let rendered: Vec<String> = lines.iter().map(|line| line.render(look)).collect();
        if rendered == self.drawn && columns == self.columns {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(1024);
        bytes.queue(BeginSynchronizedUpdate)?.queue(Hide)?;
        self.go_to_start(&mut bytes, columns, rows)?;
        for line in &rendered {
            bytes.write_all(line.as_bytes())?;
            bytes.queue(Clear(ClearType::UntilNewLine))?;
            bytes.write_all(b"\r\n")?;
        }
        bytes.queue(Clear(ClearType::FromCursorDown))?;
        bytes.queue(Show)?.queue(EndSynchronizedUpdate)?;
        self.output.write_all(&bytes)?;
        self.output.flush()?;
        self.widths = lines.iter().map(Line::width).collect();
        self.drawn = rendered;
        self.columns = columns;
        Ok(())
    }

    /// Takes the last frame away; what is written next stands in its place.
    pub(crate) fn erase(&mut self, (columns, rows): (usize, usize)) -> io::Result<()> {
        if self.drawn.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        self.go_to_start(&mut bytes, columns, rows)?;
        bytes.queue(Clear(ClearType::FromCursorDown))?;
        self.output.write_all(&bytes)?;
        self.output.flush()?;
        self.widths.clear();
        self.drawn.clear();
        Ok(())
    }

    /// Moves to where the last frame began. A terminal that became narrower has
    /// wrapped its lines; what left at the top is out of reach.
    fn go_to_start(&self, bytes: &mut Vec<u8>, columns: usize, rows: usize) -> io::Result<()> {
        let wrapped = |width: &usize| width.div_ceil(columns.max(1)).max(1);
        let taken: usize = self.widths.iter().map(wrapped).sum();
        let up = taken.min(rows.saturating_sub(1));
        bytes.queue(MoveToColumn(0))?;
        if up > 0 {
            bytes.queue(MoveUp(u16::try_from(up).unwrap_or(u16::MAX)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(frames: &[(&[&str], usize)]) -> String {
        let mut bytes = Vec::new();
        let mut screen = Screen::new(&mut bytes);
        for (lines, columns) in frames {
            let lines: Vec<Line> = lines.iter().map(|line| Line::plain(line)).collect();
            screen.draw(&lines, Look::PIPED, (*columns, 24)).unwrap();
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_frame_stands_in_the_place_of_the_last() {
        let written = frames(&[(&["one", "two"], 80), (&["three"], 80)]);
        let (_, second) = written.split_once("two").unwrap();
        assert!(second.contains("\x1b[2A"), "{second:?}");
        assert!(second.contains("three\x1b[K\r\n\x1b[J"), "{second:?}");
    }

    #[test]
    fn an_equal_frame_is_not_written_again() {
        let once = frames(&[(&["one"], 80)]);
        assert_eq!(frames(&[(&["one"], 80), (&["one"], 80)]), once);
    }

    #[test]
    fn a_narrower_terminal_has_wrapped_the_last_frame() {
        let written = frames(&[(&["0123456789"], 80), (&["x"], 4)]);
        assert!(written.contains("\x1b[3A"), "{written:?}");
    }
}
