//! Text of users on a terminal: made harmless, measured, cut to a width.
//!
//! Not here: colour, and what a line consists of.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` with every character that a terminal would act on written as an
/// escape, so that names, messages and log lines can neither move the cursor,
/// nor reorder what stands beside them, nor break a table's line.
///
/// Tabs become a space; a line's end becomes `\n`, an escape character `\x1b`.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => safe.push(' '),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            // Writing to a string cannot fail.
            _ if acts(character) && u32::from(character) < 0x100 => {
                let _ = write!(safe, "\\x{:02x}", u32::from(character));
            }
            _ if acts(character) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
            }
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal acts on the character instead of showing it: control
/// characters, line separators, and what changes the direction of text.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A log line as one line of a terminal shows it: colours taken out, what a
/// carriage return would overwrite left out, the rest made harmless.
pub(crate) fn log_line(line: &str) -> String {
    let plain = anstream::adapter::strip_str(line).to_string();
    let line = plain.trim_end_matches(['\n', '\r']);
    let shown = line.rsplit('\r').next().unwrap_or(line);
    harmless(shown).into_owned()
}

/// The beginning of `text` that fits into `columns`, with `mark` at its end
/// where something was cut away.
pub(crate) fn cut<'t>(text: &'t str, columns: usize, mark: &str) -> Cow<'t, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let room = columns.saturating_sub(width(mark));
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        kept.push(character);
    }
    if width(mark) <= columns {
        kept.push_str(mark);
    }
    Cow::Owned(kept)
}

/// A text as a shell's word: as it stands where that is safe, else in quotes.
pub(crate) fn shell_word(text: &str) -> Cow<'_, str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

/// `1 run`, `2 runs`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        for (text, safe) in [
            ("plain – ü 漢", "plain – ü 漢"),
            ("a\x1b[2Jb", "a\\x1b[2Jb"),
            ("a\nb\tc\r", "a\\nb c\\r"),
            ("\u{202e}gpj", "\\u{202e}gpj"),
            ("\u{9b}31m", "\\x9b31m"),
            ("\0", "\\x00"),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }

    #[test]
    fn wide_characters_count_two_and_marks_none() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(cut("漢字漢字", 5, "…"), "漢字…");
        assert_eq!(cut("漢字漢字", 4, "…"), "漢…");
        assert_eq!(cut("abc", 3, "…"), "abc");
        assert_eq!(cut("abcd", 3, "…"), "ab…");
        assert_eq!(cut("abcd", 0, "…"), "");
    }

    #[test]
    fn log_lines_lose_colour_and_what_was_overwritten() {
        assert_eq!(log_line("\x1b[31mred\x1b[0m\n"), "red");
        assert_eq!(log_line(" 10%\r 20%\r 30%\n"), " 30%");
        assert_eq!(log_line("done\r\n"), "done");
        assert_eq!(log_line("bell\x07!"), "bell!");
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(shell_word("group/inner"), "group/inner");
        assert_eq!(shell_word("group[2]"), "'group[2]'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
