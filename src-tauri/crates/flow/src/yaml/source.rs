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

    /// The place of what stands `offset` bytes into the text of the scalar `node`,
    /// at or behind a `{{`; the scalar's own place where it cannot be told.
    ///
    /// Escapes and folding move text about, but keep the order of the `{{`:
    /// so the one that opens the expression is counted off in the file.
    pub(crate) fn place_in(&self, node: &Node, offset: usize) -> Place {
        self.find(node, offset).unwrap_or(node.place)
    }

    fn find(&self, node: &Node, offset: usize) -> Option<Place> {
        let Content::Scalar { text, style, .. } = &node.content else {
            return None;
        };
        let before = text.get(..offset)?;
        let (opening, ordinal) = match text.get(offset..)?.starts_with("{{") {
            true => (offset, before.matches("{{").count()),
            false => (before.rfind("{{")?, before.matches("{{").count() - 1),
        };
        let inside = text.get(opening..offset)?;
        let (line, column) = self.nth_opening(node, *style, ordinal)?;
        let written = self.lines.get(line)?.get(column..)?;
        let column = column + written_length(written, inside, *style);
        let characters = self.lines.get(line)?.get(..column)?.chars().count();
        Some(Place {
            line: u32::try_from(line + 1).ok()?,
            column: u32::try_from(characters + 1).ok()?,
        })
    }

    /// Index of the line and byte column of the `ordinal`-th `{{` in the node's extent.
    fn nth_opening(&self, node: &Node, style: Style, ordinal: usize) -> Option<(usize, usize)> {
        let first = (node.place.line as usize).checked_sub(1)?;
        let last = (node.end.line as usize).min(self.lines.len());
        let mut left = ordinal;
        for (index, line) in self.lines.iter().enumerate().take(last).skip(first) {
            if index == first && style == Style::Block {
                continue;
            }
            let start = match index == first {
                true => byte_column(line, node.place.column),
                false => 0,
            };
            let mut openings = line.get(start..)?.match_indices("{{");
            match openings.nth(left) {
                Some((column, _)) => return Some((index, start + column)),
                None => left -= line.get(start..)?.matches("{{").count(),
            }
        }
        None
    }
}

fn byte_column(line: &str, column: u32) -> usize {
    let characters = (column as usize).saturating_sub(1);
    line.char_indices()
        .nth(characters)
        .map_or(line.len(), |(start, _)| start)
}

/// The bytes of `written` that stand for `inside`, escapes included; at most the line.
fn written_length(written: &str, inside: &str, style: Style) -> usize {
    let mut characters = written.char_indices().peekable();
    for _ in inside.chars() {
        match (characters.next(), style) {
            (Some((_, '\'')), Style::SingleQuoted) | (Some((_, '\\')), Style::DoubleQuoted) => {
                characters.next();
            }
            _ => {}
        }
    }
    characters.peek().map_or(written.len(), |&(start, _)| start)
}
