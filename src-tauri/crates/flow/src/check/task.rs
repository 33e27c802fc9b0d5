//! Tasks: a name, one kind, any of the options.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::{
    LONGEST_NAME, Name,
    diagnostic::Place,
    suggest::one_of,
    yaml::{Entry, Node},
};

use super::{
    definitions::Definitions,
    kind::{Body, KINDS, KindKey},
    options::OptionKeys,
    shape::{Key, Noun, Shape, Written, described, properties, unknown_key},
    walk::{Read, Walk},
};

/// A task as it was read, its names not yet looked up.
pub(crate) struct RawTask {
    /// Its name.
    pub(crate) name: Name,
    /// Where its name stands.
    pub(crate) place: Place,
    /// Its kind's key; `None` where none stands or too many.
    pub(crate) key: Option<&'static KindKey>,
    /// What it does; `None` where that is wrong.
    pub(crate) body: Option<Body>,
    /// Its options.
    pub(crate) options: OptionKeys,
    /// What its own expressions read, not those of inner tasks.
    pub(crate) reads: Vec<Read>,
}

impl RawTask {
    /// The tasks inside it.
    pub(crate) fn inner(&self) -> &[Self] {
        self.body.as_ref().map_or(&[], |body| &body.inner)
    }
}

/// A mapping of tasks by name, at least one.
pub(crate) struct Tasks;

impl Shape for Tasks {
    type Output = Vec<RawTask>;

    fn fits(node: &Node) -> bool {
        node.as_mapping().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Vec<RawTask>> {
        let Some(entries) = node.as_mapping() else {
            let hint = "write each task as `name:` with its keys below";
            walk.expected(node, &Self::expected(), Some(hint));
            return None;
        };
        if entries.is_empty() {
            walk.expected(node, "at least one task", None);
        }
        Some(
            entries
                .iter()
                .filter_map(|entry| task(entry, walk))
                .collect(),
        )
    }

    fn expected() -> String {
        "a mapping of tasks".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("tasks", |definitions| {
            json!({
                "description": "Tasks by name, at least one.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": LONGEST_NAME },
                "additionalProperties": task_schema(definitions),
            })
        })
    }
}

/// Keys of `keys` and of kinds, for messages.
fn known() -> impl Iterator<Item = &'static str> + Clone {
    let kinds = KINDS.iter().map(|kind| kind.name);
    kinds.chain(OptionKeys::KEYS.iter().map(|key: &Key| key.name))
}

fn task(entry: &Entry, walk: &mut Walk<'_>) -> Option<RawTask> {
    let name = Name::new(&entry.key).map_err(|error| {
        walk.error(entry.place, format!("`{}` is no name: {error}", entry.key));
    });
    let ((options, body, key), reads) = match entry.value.as_mapping() {
        Some(entries) => walk.gather(|walk| keys(entry, entries, walk)),
        None => {
            let hint = format!("give it a kind, as `{}: {{ shell: … }}`", entry.key);
            walk.within(&entry.key, |walk| {
                walk.expected(&entry.value, "a mapping", Some(&hint));
            });
            // Others may name it all the same.
            Default::default()
        }
    };
    Some(RawTask {
        name: name.ok()?,
        place: entry.place,
        key,
        body,
        options,
        reads,
    })
}

type Keys = (OptionKeys, Option<Body>, Option<&'static KindKey>);

fn keys(task: &Entry, entries: &[Entry], walk: &mut Walk<'_>) -> Keys {
    let mut options = OptionKeys::default();
    let mut found: Vec<(&'static KindKey, &Entry, Option<Body>)> = Vec::new();
    let mut misspelt = false;
    for entry in entries {
        let key = entry.key.as_ref();
        if let Some(kind) = KINDS.iter().find(|kind| kind.name == key) {
            let body = walk.within(key, |walk| (kind.read)(&entry.value, walk));
            found.push((kind, entry, body));
        } else if OptionKeys::KEYS.iter().any(|option| option.name == key) {
            walk.within(key, |walk| options.take(key, &entry.value, walk));
        } else {
            unknown_key(entry, "a task", &[], known(), walk);
            misspelt |= !walk.is_full() && is_like_a_kind(key);
        }
    }
    options.wrote(Written::of(task.place, entries));
    let only = (found.len() == 1).then(|| found.pop()).flatten();
    let (key, body) = match only {
        Some((kind, _, body)) => (Some(kind), body),
        // A kind that was only misspelt is one mistake, not two.
        None if found.is_empty() && misspelt => (None, None),
        None => {
            report_kinds(task, &found, walk);
            (None, None)
        }
    };
    check_options(&options, key, walk);
    (options, body, key)
}

/// Whether an unknown key of a task was meant to be its kind.
fn is_like_a_kind(key: &str) -> bool {
    let meant = crate::suggest::nearest(key, known());
    meant.is_some_and(|meant| KINDS.iter().any(|kind| kind.name == meant))
}

fn report_kinds(
    task: &Entry,
    found: &[(&'static KindKey, &Entry, Option<Body>)],
    walk: &mut Walk<'_>,
) {
    let [(first, ..), others @ ..] = found else {
        let kinds = one_of(KINDS.iter().map(|kind| kind.name), "or");
        let message = format!("the task `{}` has no kind", task.key);
        walk.error_with_hint(task.place, message, format!("add one of {kinds}"));
        return;
    };
    for (kind, entry, _) in others {
        let message = format!(
            "the task `{}` is `{}` already; it cannot be `{}` too",
            task.key, first.name, kind.name
        );
        walk.error_with_hint(entry.place, message, "make two tasks of it");
    }
}

/// Checks options against each other and against the kind.
fn check_options(options: &OptionKeys, key: Option<&KindKey>, walk: &mut Walk<'_>) {
    let written = &options.written;
    if written.has("for_each") && written.has("matrix") {
        walk.error_with_hint(
            written.key("matrix"),
            "`matrix` cannot stand together with `for_each`",
            "remove one of them, or put one on a group around the task",
        );
    }
    if !written.has("for_each") && !written.has("matrix") {
        for option in ["concurrency", "fail_fast"] {
            if written.has(option) {
                let message =
                    format!("`{option}` stands only together with `for_each` or `matrix`");
                walk.error(written.key(option), message);
            }
        }
    }
    if let Some(Some(_)) = &options.cache {
        let place = written.key("cache");
        if written.has("repeat") {
            walk.error(place, "`cache` cannot stand together with `repeat`");
        }
        if let Some(kind) = key.filter(|kind| !kind.cacheable) {
            walk.error(
                place,
                format!("`cache` cannot stand on a `{}` task", kind.name),
            );
        }
    }
    check_axes(options, walk);
    if written.has("join") && !written.has("needs") {
        walk.error(
            written.key("join"),
            "`join` stands only together with `needs`",
        );
    }
}

/// More axes than this have no use.
const MOST_AXES: usize = 32;

/// A matrix without an axis has no combination that a task could run for.
fn check_axes(options: &OptionKeys, walk: &mut Walk<'_>) {
    if options
        .matrix
        .as_ref()
        .is_some_and(|axes| axes.len() > MOST_AXES)
    {
        let message = format!("`matrix` has at most {MOST_AXES} names");
        walk.error(options.written.key("matrix"), message);
    }
    if options
        .matrix
        .as_ref()
        .is_some_and(indexmap::IndexMap::is_empty)
    {
        let message = "`matrix` needs at least one name with a list";
        walk.error(options.written.key("matrix"), message);
    }
}

/// The JSON Schema of a task.
fn task_schema(definitions: &mut Definitions) -> Value {
    definitions.refer("task", |definitions| {
        let mut keys = Map::new();
        for kind in &KINDS {
            let schema = described((kind.schema)(definitions), kind.doc);
            keys.insert(kind.name.to_owned(), schema);
        }
        keys.extend(properties(OptionKeys::KEYS, definitions));
        let alone = |name: &str| json!({ "required": [name] });
        let kinds: Vec<Value> = KINDS.iter().map(|kind| alone(kind.name)).collect();
        let not_cached: HashSet<&str> = KINDS
            .iter()
            .filter(|kind| !kind.cacheable)
            .map(|kind| kind.name)
            .chain(["repeat"])
            .collect();
        let mut not_cached: Vec<&str> = not_cached.into_iter().collect();
        not_cached.sort_unstable();
        let not_cached: Vec<Value> = not_cached.into_iter().map(alone).collect();
        json!({
            "description": "A task: exactly one kind, and any of the options.",
            "type": "object",
            "properties": keys,
            "additionalProperties": false,
            "oneOf": kinds,
            "allOf": [
                { "not": { "required": ["for_each", "matrix"] } },
                { "if": { "anyOf": not_cached }, "then": { "properties": { "cache": { "const": false } } } },
                { "if": { "anyOf": [alone("concurrency"), alone("fail_fast")] }, "then": { "anyOf": [alone("for_each"), alone("matrix")] } },
                { "if": alone("join"), "then": alone("needs") },
                { "properties": { "matrix": { "minProperties": 1, "maxProperties": MOST_AXES } } },
            ],
        })
    })
}
