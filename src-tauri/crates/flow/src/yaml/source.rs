//! The file's text by lines, to find the place of something inside a scalar.

use crate::diagnostic::Place;

use super::{Content, Node, Style};

/// The lines of a file.
pub(crate) struct Source<'t> {
    lines: Vec<&'t str>,
}

impl<'t> Source<'t> {
    /// Splits `text` at the line breaks of YAML.
    pub(crate) fn new(text: &'t str) -> Self {
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(end) = rest.find(['\n', '\r']) {
            let (line, after) = rest.split_at(end);
            lines.push(line);
            rest = after
                .strip_prefix("\r\n")
                .or_else(|| after.strip_prefix(['\n', '\r']))
                .unwrap_or(after);
        }
        lines.push(rest);
        Self { lines }
    }

    /// How many bytes into `text`, which was split, a place is. A byte order mark is no
    /// character of the first line.
    pub(crate) fn offset(&self, text: &str, place: Place) -> Option<usize> {
        let line = self.lines.get((place.line as usize).checked_sub(1)?)?;
        let start = line.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let mark = match place.line {
            1 if line.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
            _ => 0,
        };
        Some(start + mark + byte_column(line.get(mark..)?, place.column))
    }

    /// What finds places inside the scalar `node`.
    pub(crate) fn locator<'s>(&'s self, node: &'s Node) -> Locator<'s> {
        let (text, style) = match &node.content {
            Content::Scalar { text, style, .. } => (text.as_ref(), *style),
            Content::Sequence(_) | Content::Mapping(_) => ("", Style::Plain),
        };
        Locator {
            lines: &self.lines,
            node,
            style,
            text,
            in_text: text.match_indices("{{").map(|(start, _)| start).collect(),
            in_file: self.openings(node, style),
        }
    }

    /// Every `{{` in the node's extent, in order.
    fn openings(&self, node: &Node, style: Style) -> Vec<Opening> {
        let mut found = Vec::new();
        let first = (node.place.line as usize).saturating_sub(1);
        let last = (node.end.line as usize).min(self.lines.len());
        for (line, content) in self.lines.iter().enumerate().take(last).skip(first) {
            let start = match (line == first, style) {
                // The first line of a block is its header.
                (true, Style::Block) => continue,
                (true, _) => byte_column(content, node.place.column),
                (false, _) => 0,
            };
            let (before, written) = content.split_at(start);
            let mut characters = before.chars().count();
            let mut counted = 0;
            for (byte, _) in written.match_indices("{{") {
                characters += written
                    .get(counted..byte)
                    .unwrap_or_default()
                    .chars()
                    .count();
                counted = byte;
                found.push(Opening {
                    line,
                    byte: start + byte,
                    characters,
                });
            }
        }
        found
    }
}

/// A `{{` in the file.
#[derive(Clone, Copy)]
struct Opening {
    line: usize,
    byte: usize,
    characters: usize,
}

/// Finds places inside one scalar.
///
/// Escapes and folding move text about, but keep the order of the `{{`:
/// so the one that opens an expression is counted off in the file.
pub(crate) struct Locator<'s> {
    lines: &'s [&'s str],
    node: &'s Node,
    style: Style,
    text: &'s str,
    in_text: Vec<usize>,
    in_file: Vec<Opening>,
}

impl Locator<'_> {
    /// The place of what stands `offset` bytes into the scalar's text, at or
    /// behind a `{{`; the scalar's own place where it cannot be told.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let places = self.places(&[offset]);
        places.first().copied().unwrap_or(self.node.place)
    }

    /// The places of several offsets, which rise and lie behind one `{{`.
    pub(crate) fn places(&self, offsets: &[usize]) -> Vec<Place> {
        let found = offsets.first().and_then(|first| self.find(*first, offsets));
        let mut places = found.unwrap_or_default();
        places.resize(offsets.len(), self.node.place);
        places
    }

    /// Goes through the text and the file side by side, from the `{{` on.
    fn find(&self, first: usize, offsets: &[usize]) -> Option<Vec<Place>> {
        let behind = self.in_text.partition_point(|&start| start <= first);
        let ordinal = behind.checked_sub(1)?;
        let start = *self.in_text.get(ordinal)?;
        let opening = self.in_file.get(ordinal)?;
        let mut written = self.lines.get(opening.line)?.get(opening.byte..)?.chars();
        let mut column = opening.characters + 1;
        let mut places = Vec::with_capacity(offsets.len());
        let mut wanted = offsets.iter().peekable();
        for (byte, _) in self.text.get(start..)?.char_indices() {
            while wanted.next_if(|&&offset| offset <= start + byte).is_some() {
                places.push(Place {
                    line: u32::try_from(opening.line + 1).ok()?,
                    column: u32::try_from(column).ok()?,
                });
            }
            if wanted.peek().is_none() {
                break;
            }
            column += step(&mut written, self.style);
        }
        Some(places)
    }
}

fn byte_column(line: &str, column: u32) -> usize {
    let characters = (column as usize).saturating_sub(1);
    line.char_indices()
        .nth(characters)
        .map_or(line.len(), |(start, _)| start)
}

/// The characters in the file that stand for one of the text: an escape is several.
fn step(written: &mut std::str::Chars<'_>, style: Style) -> usize {
    match (written.next(), style) {
        (Some('\''), Style::SingleQuoted) | (Some('\\'), Style::DoubleQuoted) => {
            1 + usize::from(written.next().is_some())
        }
        (Some(_), _) => 1,
        // The expression goes on in another line.
        (None, _) => 0,
    }
}
