//! How a stream shows text: in colour or not, with which characters, how wide;
//! and lines made of parts that each have a role.
//!
//! Roles stand for what a part means; only here does a role become a colour.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use crate::text;

/// What a part of a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing special.
    Plain,
    /// What the eye should find: names, headings.
    Strong,
    /// What stands beside: times, hints of structure.
    Dim,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// What wants attention.
    Warning,
    /// What runs now.
    Active,
    /// What can be typed.
    Command,
}

impl Role {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Warning => colour(AnsiColor::Yellow),
            Self::Active => colour(AnsiColor::Cyan),
            Self::Command => colour(AnsiColor::Cyan),
        }
    }
}

/// How a stream shows text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether roles show as colours.
    pub(crate) colour: bool,
    /// Whether characters beyond ASCII may be drawn by us.
    pub(crate) unicode: bool,
    /// The columns of the terminal; `None`: no terminal, nothing is cut.
    pub(crate) columns: Option<usize>,
}

impl Look {
    /// Without colour, without a terminal: what a pipe gets.
    pub(crate) const PIPED: Self = Self {
        colour: false,
        unicode: true,
        columns: None,
    };

    /// How standard output shows text.
    pub(crate) fn of_output() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    /// How standard error shows text.
    pub(crate) fn of_errors() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        if !terminal {
            return Self {
                unicode: true,
                ..Self::PIPED
            };
        }
        let environment = |name: &str| std::env::var(name).unwrap_or_default();
        let dumb = environment("TERM") == "dumb";
        Self {
            colour: environment("NO_COLOR").is_empty() && !dumb,
            unicode: shows_unicode(&environment),
            columns: Some(size().0),
        }
    }

    /// Whether there is a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        self.columns.is_some()
    }

    /// `unicode` where it can be shown, else `ascii`.
    pub(crate) fn glyph(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// What stands where something was cut away.
    pub(crate) fn ellipsis(self) -> &'static str {
        self.glyph("…", "...")
    }

    /// `text` in the colour of its role.
    pub(crate) fn paint(self, role: Role, text: &str) -> String {
        if !self.colour || role == Role::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = role.style();
        format!("{style}{text}{style:#}")
    }
}

/// The terminal's columns and rows; 80 by 24 where it does not say.
pub(crate) fn size() -> (usize, usize) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns.into(), rows.into()),
        // A terminal that does not say how large it is gets what all have.
        _ => (80, 24),
    }
}

/// Whether the locale's characters are UTF-8. Windows consoles draw Unicode.
fn shows_unicode(environment: &impl Fn(&str) -> String) -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .map(|name| environment(name))
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// A line made of parts, each with its role. What is pushed is made harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    parts: Vec<(Role, String)>,
}

impl Line {
    /// A line without parts.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line of one part.
    pub(crate) fn of(role: Role, text: &str) -> Self {
        Self::new().with(role, text)
    }

    /// A plain line.
    pub(crate) fn plain(text: &str) -> Self {
        Self::of(Role::Plain, text)
    }

    /// The line with one more part at its end.
    pub(crate) fn with(mut self, role: Role, text: &str) -> Self {
        self.push(role, text);
        self
    }

    /// Puts a part at the end.
    pub(crate) fn push(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            self.parts.push((role, text::harmless(text).into_owned()));
        }
    }

    /// Puts another line's parts at the end.
    pub(crate) fn append(&mut self, line: Self) {
        self.parts.extend(line.parts);
    }

    /// Fills up with spaces to `columns`.
    pub(crate) fn pad_to(&mut self, columns: usize) {
        let missing = columns.saturating_sub(self.width());
        self.push(Role::Plain, &" ".repeat(missing));
    }

    /// The columns that it takes.
    pub(crate) fn width(&self) -> usize {
        self.parts.iter().map(|(_, part)| text::width(part)).sum()
    }

    /// The line's beginning that fits into `columns`.
    pub(crate) fn cut(self, columns: usize, mark: &str) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut kept = Self::new();
        let mut left = columns;
        for (role, part) in self.parts {
            let wide = text::width(&part);
            // The part that reaches the edge takes the mark.
            if wide + text::width(mark) > left {
                let forced = text::cut(&part, left, mark).into_owned();
                let forced = if wide <= left && !forced.ends_with(mark) {
                    let room = left.saturating_sub(text::width(mark));
                    text::cut(&part, room, "").into_owned() + mark
                } else {
                    forced
                };
                kept.parts.push((role, forced));
                return kept;
            }
            left -= wide;
            kept.parts.push((role, part));
        }
        kept
    }

    /// The line as a stream with this look gets it, without a line's end.
    pub(crate) fn render(&self, look: Look) -> String {
        self.parts
            .iter()
            .map(|(role, part)| look.paint(*role, part))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_its_width() {
        let line = Line::of(Role::Good, "done").with(Role::Plain, " 漢字 and more");
        for columns in 0..20 {
            let cut = line.clone().cut(columns, "…");
            assert!(cut.width() <= columns, "{columns}: {cut:?}");
        }
        let cut = line.cut(8, "…");
        assert_eq!(cut.render(Look::PIPED), "done 漢…");
    }

    #[test]
    fn colour_only_where_asked() {
        let line = Line::of(Role::Bad, "no");
        assert_eq!(line.render(Look::PIPED), "no");
        let coloured = Look {
            colour: true,
            ..Look::PIPED
        };
        assert_eq!(line.render(coloured), "\u{1b}[1m\u{1b}[31mno\u{1b}[0m");
    }

    #[test]
    fn the_locale_says_which_characters_can_be_drawn() {
        for (values, expected) in [
            ([("LANG", "C.UTF-8")].as_slice(), true),
            (&[("LANG", "de_DE.utf8")], true),
            (&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C")], false),
            (&[], false),
        ] {
            let environment = |name: &str| {
                let found = values.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
            };
            assert_eq!(shows_unicode(&environment), expected, "{values:?}");
        }
    }
}
