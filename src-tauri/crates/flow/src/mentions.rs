//! Where a flow file names flows, and the text with such a name changed: nothing else
//! in it is touched, whether quoting, comments or order.

use std::ops::Range;

use crate::{
    diagnostic::Place,
    yaml::{self, Content, Node, Scalar, Source, Style},
};

/// A place where a flow is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands.
    pub place: Place,
    /// As what it is named.
    pub role: MentionRole,
    /// What stands there: a name, or a file's path.
    pub text: String,
}

/// As what a flow is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionRole {
    /// It is the file's own name.
    Own,
    /// A task runs it.
    Call,
    /// A task runs it, and names its file.
    File,
    /// A trigger waits for its end.
    After,
}

/// Why a name in a text cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` in line {} is written in a way that cannot be changed by itself", place.line)]
pub struct RenameError {
    /// Where it stands.
    pub place: Place,
    /// What stands there.
    pub name: String,
}

/// Every place where a text names a flow, in order; none where the text is no YAML.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    visit(text, &mut |role, node| {
        // What an alias repeats stands once.
        let is_new = !found.iter().any(|known| known.place == node.place);
        if let Some(name) = node.as_text().filter(|_| is_new) {
            found.push(Mention {
                place: node.place,
                role,
                text: name.to_owned(),
            });
        }
    });
    found.sort_by_key(|mention| mention.place);
    found
}

/// The text with other names where `change` gives them for what stands there, and how
/// many were changed.
///
/// # Errors
/// Where one of them cannot be changed by itself: an escape in quotes, a block.
pub fn rename(
    text: &str,
    mut change: impl FnMut(MentionRole, &str) -> Option<String>,
) -> Result<(String, usize), RenameError> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut refused = None;
    let source = Source::new(text);
    visit(text, &mut |role, node| {
        let Some(known) = node.as_text() else { return };
        let Some(new) = change(role, known) else {
            return;
        };
        match edit(text, &source, node, known, &new) {
            Some(edit) if edits.contains(&edit) => {}
            Some(edit) => edits.push(edit),
            None => {
                refused = Some(RenameError {
                    place: node.place,
                    name: known.to_owned(),
                });
            }
        }
    });
    if let Some(refused) = refused {
        return Err(refused);
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut changed = text.to_owned();
    for (span, new) in edits.iter().rev() {
        changed.replace_range(span.clone(), new);
    }
    Ok((changed, edits.len()))
}

/// The bytes of what is named, without quotes, and what stands there then.
fn edit(
    text: &str,
    source: &Source<'_>,
    node: &Node,
    known: &str,
    new: &str,
) -> Option<(Range<usize>, String)> {
    let Content::Scalar { style, .. } = &node.content else {
        return None;
    };
    let place = source.offset(text, node.place)?;
    let (start, quote) = match style {
        Style::Plain => (place, None),
        Style::SingleQuoted => (place + 1, Some('\'')),
        Style::DoubleQuoted => (place + 1, Some('"')),
        Style::Block => return None,
    };
    let rest = text.get(start..)?.strip_prefix(known)?;
    if quote.is_some_and(|quote| !rest.starts_with(quote)) {
        return None;
    }
    // `12` and `true` are texts only in quotes.
    let new = match quote.is_none() && Scalar::resolve(new) != Scalar::Text {
        true => format!("\"{new}\""),
        false => new.to_owned(),
    };
    Some((start..start + known.len(), new))
}

/// Looks at every scalar that names a flow.
fn visit(text: &str, see: &mut impl FnMut(MentionRole, &Node)) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // What is wrong is told by who checks the file.
    let Some(root) = yaml::parse(text, &mut Vec::new()) else {
        return;
    };
    if let Some(name) = root.entry("name") {
        see(MentionRole::Own, name);
    }
    let triggers = root.entry("triggers").and_then(Node::as_sequence);
    for trigger in triggers.into_iter().flatten() {
        if let Some(after) = trigger.entry("after") {
            see(MentionRole::After, after);
        }
    }
    if let Some(tasks) = root.entry("tasks") {
        visit_tasks(tasks, see);
    }
}

fn visit_tasks(tasks: &Node, see: &mut impl FnMut(MentionRole, &Node)) {
    for entry in tasks.as_mapping().into_iter().flatten() {
        let task = &entry.value;
        if let Some(flow) = task.entry("flow") {
            match flow.entry("file") {
                Some(file) => see(MentionRole::File, file),
                None => see(MentionRole::Call, flow.entry("name").unwrap_or(flow)),
            }
        }
        if let Some(inner) = task.entry("tasks") {
            visit_tasks(inner, see);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str, from: &str, to: &str) -> Result<String, RenameError> {
        let new = |_, known: &str| (known == from).then(|| to.to_owned());
        rename(text, new).map(|(changed, _)| changed)
    }

    #[test]
    fn only_the_name_is_changed() {
        for (before, after) in [
            (
                "name: old # old\r\ntasks: { a: { value: old } }\r\n",
                "name: new # old\r\ntasks: { a: { value: old } }\r\n",
            ),
            (
                "\u{feff}# Über old\n\"name\"  :   'old'\ndescription: old\n",
                "\u{feff}# Über old\n\"name\"  :   'new'\ndescription: old\n",
            ),
            ("\u{feff}name: old", "\u{feff}name: new"),
            (
                "name: x\ntriggers:\n  - {after: old, states: [failed]}\n  - after: \"old\" # why\n  - after: older\ntasks:\n  g:\n    tasks:\n      'ü': {value: 1}\n      a: {flow: old}\n  b: { flow: { name: old, parameters: { flow: old } } }\n",
                "name: x\ntriggers:\n  - {after: new, states: [failed]}\n  - after: \"new\" # why\n  - after: older\ntasks:\n  g:\n    tasks:\n      'ü': {value: 1}\n      a: {flow: new}\n  b: { flow: { name: new, parameters: { flow: old } } }\n",
            ),
            (
                "tasks:\n  ü: &it { flow: old }\n  b: *it\n",
                "tasks:\n  ü: &it { flow: new }\n  b: *it\n",
            ),
            ("name:\n  old", "name:\n  new"),
            ("{name: old,tasks: {}}", "{name: new,tasks: {}}"),
        ] {
            let changed = change(before, "old", "new").unwrap();
            assert_eq!(changed, after);
            assert_eq!(change(&changed, "new", "old").unwrap(), before);
        }
    }

    #[test]
    fn a_name_that_is_no_text_by_itself_gets_quotes() {
        for (before, to, after) in [
            ("name: old\n", "12", "name: \"12\"\n"),
            ("name: 'old'\n", "true", "name: 'true'\n"),
        ] {
            assert_eq!(change(before, "old", to).unwrap(), after);
        }
        assert_eq!(
            change("name: \"12\"\n", "12", "x").unwrap(),
            "name: \"x\"\n"
        );
    }

    #[test]
    fn what_cannot_be_changed_by_itself_is_refused() {
        for text in ["name: \"\\x6fld\"\n", "name: |-\n  old\n"] {
            let refused = change(text, "old", "new").unwrap_err();
            assert_eq!(refused.name, "old", "{text}");
        }
    }

    #[test]
    fn names_are_told_by_what_they_are_for() {
        let text =
            "name: old\ntasks: { a: { flow: old }, b: { flow: { file: 'x/old.flow.yaml' } } }\n";
        let calls = |role, known: &str| {
            (role == MentionRole::Call && known == "old").then(|| "new".to_owned())
        };
        let changed = rename(text, calls).unwrap();
        assert_eq!(changed, (text.replace("flow: old", "flow: new"), 1));
        let found: Vec<_> = mentions(text)
            .into_iter()
            .map(|mention| (mention.role, mention.text))
            .collect();
        assert_eq!(
            found,
            [
                (MentionRole::Own, "old".to_owned()),
                (MentionRole::Call, "old".to_owned()),
                (MentionRole::File, "x/old.flow.yaml".to_owned()),
            ]
        );
        assert_eq!(mentions("tasks: ["), []);
    }
}
