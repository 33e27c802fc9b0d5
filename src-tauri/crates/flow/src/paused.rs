//! A flow file's text as it is where nothing starts the flow by itself: its schedules
//! paused, its triggers, which know no pause, as comments. Nothing else in it is touched.

use std::ops::Range;

use crate::{
    diagnostic::Place,
    yaml::{self, Content, Entry, Node, Scalar, Source},
};

/// A text whose flow starts only when somebody starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// The text.
    pub text: String,
    /// How many schedules it has.
    pub schedules: usize,
    /// How many triggers it has no longer.
    pub triggers: usize,
}

/// Why a text cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` in line {} is written in a way that cannot be changed by itself", place.line)]
pub struct PauseError {
    /// Which key.
    pub key: &'static str,
    /// Where it stands.
    pub place: Place,
}

type Edits = Vec<(Range<usize>, String)>;

/// The text with its schedules paused and its triggers taken out: put into comments where
/// they stand on lines of their own. A text that is no YAML stays as it is.
///
/// # Errors
/// Where they are written in a way that cannot be changed by itself.
pub fn paused(text: &str) -> Result<Paused, PauseError> {
    let unchanged = Paused {
        text: text.to_owned(),
        schedules: 0,
        triggers: 0,
    };
    let Some(root) = parse(text) else {
        return Ok(unchanged);
    };
    let source = Source::new(text);
    let schedules = items(&root, "schedules");
    let triggers = items(&root, "triggers");
    let mut edits = Edits::new();
    for schedule in schedules {
        // What an alias repeats stands once.
        let edit = pause(text, &source, schedule).filter(|edit| !edits.contains(edit));
        edits.extend(edit);
    }
    if !triggers.is_empty() {
        edits.extend(without_triggers(text, &source, &root));
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut changed = text.to_owned();
    for (span, new) in edits.iter().rev() {
        changed.replace_range(span.clone(), new);
    }
    verify(&root, &changed)?;
    Ok(Paused {
        text: changed,
        schedules: schedules.len(),
        triggers: triggers.len(),
    })
}

fn parse(text: &str) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // What is wrong is told by who checks the file.
    yaml::parse(text, &mut Vec::new())
}

fn items<'n>(root: &'n Node, key: &str) -> &'n [Node] {
    let list = root.entry(key).and_then(Node::as_sequence);
    list.unwrap_or_default()
}

/// What pauses a schedule; `None`: it is paused, or no schedule.
fn pause(text: &str, source: &Source<'_>, schedule: &Node) -> Option<(Range<usize>, String)> {
    let first = schedule.as_mapping()?.first()?;
    if let Some(known) = schedule.entry("paused") {
        let Content::Scalar {
            value: Scalar::Bool(false),
            text: written,
            ..
        } = &known.content
        else {
            return None;
        };
        let start = source.offset(text, known.place)?;
        return Some((start..start + written.len(), "true".to_owned()));
    }
    let start = source.offset(text, first.place)?;
    let key = match text.get(start..)?.starts_with('"') {
        true => "\"paused\"",
        false => "paused",
    };
    let behind = match in_braces(text, source, schedule)? {
        true => ", ".to_owned(),
        false => {
            line_break(text).to_owned()
                + &" ".repeat((first.place.column as usize).saturating_sub(1))
        }
    };
    Some((start..start, format!("{key}: true{behind}")))
}

/// Whether a mapping that is not empty is written in braces.
fn in_braces(text: &str, source: &Source<'_>, node: &Node) -> Option<bool> {
    let start = source.offset(text, node.place)?;
    let first = source.offset(text, node.as_mapping()?.first()?.place)?;
    Some(text.get(start..first)?.contains('{'))
}

fn line_break(text: &str) -> &'static str {
    match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    }
}

/// What takes the triggers out; nothing where that cannot be done.
fn without_triggers(text: &str, source: &Source<'_>, root: &Node) -> Edits {
    let entries = root.as_mapping().unwrap_or_default();
    let at = entries
        .iter()
        .position(|entry| entry.key.as_ref() == "triggers");
    let edits = at.and_then(|at| {
        let next = entries.get(at + 1);
        match in_braces(text, source, root)? {
            true => removal(text, source, entries.get(..=at)?, next).map(|edit| vec![edit]),
            false => commented(text, source, entries.get(at)?, next),
        }
    });
    edits.unwrap_or_default()
}

/// Removes the last of the entries of a mapping in braces, with a comma.
fn removal(
    text: &str,
    source: &Source<'_>,
    entries: &[Entry],
    next: Option<&Entry>,
) -> Option<(Range<usize>, String)> {
    let [before @ .., own] = entries else {
        return None;
    };
    let span = match (next, before.last()) {
        (Some(next), _) => source.offset(text, own.place)?..source.offset(text, next.place)?,
        (None, Some(before)) => {
            source.offset(text, before.value.end)?..source.offset(text, own.value.end)?
        }
        (None, None) => return None,
    };
    Some((span, String::new()))
}

/// Puts the lines of an entry into comments.
fn commented(text: &str, source: &Source<'_>, own: &Entry, next: Option<&Entry>) -> Option<Edits> {
    let key = source.offset(text, own.place)?;
    let start = line_start(text, key)?;
    let end = match next {
        Some(next) => line_start(text, source.offset(text, next.place)?)?,
        None => text.len(),
    };
    let mut at = start;
    let mut lines = Vec::new();
    for line in text.get(start..end)?.split_inclusive('\n') {
        if line.starts_with("...") || line.starts_with("---") {
            break;
        }
        lines.push((at, line.trim()));
        at += line.len();
    }
    // Comments behind it may be about what comes next.
    let is_own = |(_, line): &(usize, &str)| !line.is_empty() && !line.starts_with('#');
    let last = lines.iter().rposition(is_own)?;
    let written = lines.into_iter().take(last + 1);
    let written = written.filter(|(_, line)| !line.is_empty());
    Some(written.map(|(at, _)| (at..at, "# ".to_owned())).collect())
}

/// Where the line of a key begins, behind a byte order mark; `None`: something else stands
/// before the key.
fn line_start(text: &str, key: usize) -> Option<usize> {
    let before = text.get(..key)?;
    let start = before.rfind('\n').map_or(0, |line| line + 1);
    let mark = match before.get(start..)?.starts_with('\u{feff}') {
        true => '\u{feff}'.len_utf8(),
        false => 0,
    };
    let indent = before.get(start + mark..)?;
    indent.trim().is_empty().then_some(start + mark)
}

/// Whether the changed text is what it was, without triggers and with paused schedules.
fn verify(before: &Node, changed: &str) -> Result<(), PauseError> {
    let refuse = |key| PauseError {
        key,
        place: before.entry(key).map_or(before.place, |node| node.place),
    };
    let told = match items(before, "triggers").is_empty() {
        true => "schedules",
        false => "triggers",
    };
    let after = parse(changed).ok_or_else(|| refuse(told))?;
    let is_paused = |schedule: &Node| {
        let says = schedule.entry("paused").and_then(Node::as_scalar);
        schedule.as_mapping().is_none_or(<[Entry]>::is_empty)
            || says.is_some_and(|says| *says != Scalar::Bool(false))
    };
    let schedules = items(&after, "schedules");
    if schedules.len() != items(before, "schedules").len() || !schedules.iter().all(is_paused) {
        return Err(refuse("schedules"));
    }
    if !items(&after, "triggers").is_empty() {
        return Err(refuse("triggers"));
    }
    let others = |node: &Node| -> Vec<_> {
        let entries = node.as_mapping().unwrap_or_default().iter();
        let keys = entries.map(|entry| entry.key.clone());
        keys.filter(|key| key.as_ref() != "triggers").collect()
    };
    match others(before) == others(&after) {
        true => Ok(()),
        false => Err(refuse("triggers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> String {
        paused(text).unwrap().text
    }

    #[test]
    fn schedules_are_paused_by_one_key_and_nothing_else_is_touched() {
        for (before, after) in [
            (
                "name: a\nschedules:\n  # early\n  - cron: 0 2 * * *   # at two\n    catchup: all\n  -   # often\n    every: 1h\n",
                "name: a\nschedules:\n  # early\n  - paused: true\n    cron: 0 2 * * *   # at two\n    catchup: all\n  -   # often\n    paused: true\n    every: 1h\n",
            ),
            (
                "\u{feff}schedules:\r\n- every: 1h\r\n- { cron: '@daily' }\r\n",
                "\u{feff}schedules:\r\n- paused: true\r\n  every: 1h\r\n- { paused: true, cron: '@daily' }\r\n",
            ),
            (
                "{\"name\": \"a\", \"schedules\": [{\"every\": \"1h\"}]}",
                "{\"name\": \"a\", \"schedules\": [{\"paused\": true, \"every\": \"1h\"}]}",
            ),
            (
                "schedules:\n  - &it { every: 1h }\n  - every: 2h\n    paused: false # on\n",
                "schedules:\n  - &it { paused: true, every: 1h }\n  - every: 2h\n    paused: true # on\n",
            ),
        ] {
            assert_eq!(changed(before), after);
            assert_eq!(changed(after), after);
        }
    }

    #[test]
    fn triggers_become_comments_that_can_be_taken_back() {
        let text = "name: a\ntriggers: # by files\n  - file: '*.csv'\n\n    # at once\n    settle: 0s\n\n# what is done\ntasks:\n  t: { value: 1 }\n";
        let held = paused(text).unwrap();
        assert_eq!(
            held.text,
            "name: a\n# triggers: # by files\n#   - file: '*.csv'\n\n#     # at once\n#     settle: 0s\n\n# what is done\ntasks:\n  t: { value: 1 }\n"
        );
        assert_eq!((held.schedules, held.triggers), (0, 1));
        assert_eq!(
            changed("description: |\n  # x\ntriggers: [{ event: e }]\n...\n"),
            "description: |\n  # x\n# triggers: [{ event: e }]\n...\n"
        );
    }

    #[test]
    fn in_braces_triggers_are_taken_out() {
        assert_eq!(
            changed("{name: a, triggers: [{event: e}], tasks: {}}"),
            "{name: a, tasks: {}}"
        );
        assert_eq!(
            changed("{name: a, tasks: {}, triggers: [{event: e}]}"),
            "{name: a, tasks: {}}"
        );
    }

    #[test]
    fn what_starts_nothing_stays_as_it_is() {
        for text in [
            "name: a\ntasks: [",
            "name: a\nschedules: []\ntriggers:\ntasks: {}\n",
            "schedules:\n  - { every: 1h, paused: true }\n",
        ] {
            assert_eq!(changed(text), text);
        }
    }

    #[test]
    fn what_cannot_be_changed_by_itself_is_refused() {
        let text = "triggers:\n  - &e { event: e }\noutput: *e\n";
        assert_eq!(paused(text).unwrap_err().key, "triggers");
        let text = "schedules: [every: 1h]\n";
        assert_eq!(paused(text).unwrap_err().place.line, 1);
    }
}
