//! Nouns: mappings with known keys. One declaration gives the fields that are
//! read, the messages, the rules between keys, and the JSON Schema.

use serde_json::{Map, Value, json};

use crate::{
    diagnostic::Place,
    suggest::one_of,
    yaml::{Entry, Node},
};

use super::{Definitions, Walk};

/// A key of a noun.
pub(crate) struct Key {
    /// The key.
    pub(crate) name: &'static str,
    /// What it means.
    pub(crate) doc: &'static str,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// The JSON Schema of its value.
    pub(crate) schema: fn(&mut Definitions) -> Value,
}

/// A rule between keys of one noun.
pub(crate) enum Rule {
    /// One of these keys stands, and only one.
    ExactlyOne(&'static [&'static str]),
    /// At most one of these keys stands.
    AtMostOne(&'static [&'static str]),
    /// The first stands only together with one of the others.
    Only(&'static str, &'static [&'static str]),
}

/// Where a mapping and its keys stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// Where the mapping begins.
    pub(crate) place: Place,
    keys: Vec<(String, Place)>,
}

impl Written {
    /// Of a mapping's entries.
    pub(crate) fn of(place: Place, entries: &[Entry]) -> Self {
        let key = |entry: &Entry| (entry.key.as_ref().to_owned(), entry.place);
        Self {
            place,
            keys: entries.iter().map(key).collect(),
        }
    }

    /// Whether the key stands there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(written, _)| written == key)
    }

    /// Where the key stands; the mapping's own place where it does not.
    pub(crate) fn key(&self, key: &str) -> Place {
        let found = self.keys.iter().find(|(written, _)| written == key);
        found.map_or(self.place, |(_, place)| *place)
    }

    fn present<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.has(key)).collect()
    }
}

/// A mapping with known keys; declared by the macro of the same name.
pub(crate) trait Noun: Default {
    /// Its name in the JSON Schema.
    const NAME: &'static str;
    /// What it is, with its article.
    const TITLE: &'static str;
    /// What it is for.
    const DOC: &'static str;
    /// Its keys.
    const KEYS: &'static [Key];
    /// Rules between them.
    const RULES: &'static [Rule];

    /// Reads the value of one of its keys.
    fn take(&mut self, key: &str, value: &Node, walk: &mut Walk<'_>);

    /// Notes where it and its keys stand.
    fn wrote(&mut self, written: Written);
}

/// Reads a noun.
pub(crate) fn read_noun<N: Noun>(node: &Node, walk: &mut Walk<'_>) -> Option<N> {
    let Some(entries) = node.as_mapping() else {
        let hint = format!(
            "its keys are {}",
            one_of(N::KEYS.iter().map(|key| key.name), "and")
        );
        walk.expected(node, "a mapping", Some(&hint));
        return None;
    };
    let mut noun = N::default();
    let written = Written::of(node.place, entries);
    for entry in entries {
        match N::KEYS.iter().any(|key| key.name == entry.key.as_ref()) {
            true => walk.within(&entry.key, |walk| noun.take(&entry.key, &entry.value, walk)),
            false => {
                let missing = N::KEYS.iter().filter(|key| key.required);
                let missing = missing.filter(|key| !written.has(key.name));
                let missing: Vec<&str> = missing.map(|key| key.name).collect();
                let known = N::KEYS.iter().map(|key| key.name);
                unknown_key(entry, N::TITLE, &missing, known, walk);
            }
        }
    }
    check_keys::<N>(&written, walk);
    noun.wrote(written);
    Some(noun)
}

/// Reports a key that is none of `known`. Of two that are as near to it, the one that is
/// `missing` was meant.
pub(crate) fn unknown_key(
    entry: &Entry,
    title: &str,
    missing: &[&'static str],
    known: impl Iterator<Item = &'static str> + Clone,
    walk: &mut Walk<'_>,
) {
    if walk.is_full() {
        return;
    }
    let message = format!("unknown key `{}` in {title}", entry.key);
    if crate::suggest::nearest(&entry.key, known.clone()).is_some() {
        let likely = missing.iter().copied().chain(known);
        walk.unknown(entry.place, message, &entry.key, likely);
    } else {
        let hint = format!("its keys are {}", one_of(known, "and"));
        walk.error_with_hint(entry.place, message, hint);
    }
}

/// A key's doc as a fragment of a sentence.
fn fragment(doc: &str) -> String {
    let doc = doc.trim().trim_end_matches('.');
    let mut characters = doc.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Checks which keys stand.
fn check_keys<N: Noun>(written: &Written, walk: &mut Walk<'_>) {
    for key in N::KEYS.iter().filter(|key| key.required) {
        if !written.has(key.name) {
            let message = format!("{} needs the key `{}`", N::TITLE, key.name);
            let hint = format!("`{}` is {}", key.name, fragment(key.doc));
            walk.error_with_hint(written.place, message, hint);
        }
    }
    for rule in N::RULES {
        rule.check(N::TITLE, written, walk);
    }
}

impl Rule {
    fn check(&self, title: &str, written: &Written, walk: &mut Walk<'_>) {
        match self {
            Self::ExactlyOne(keys) => match written.present(keys).as_slice() {
                [] => {
                    let message = format!("{title} needs {}", one_of(keys.iter().copied(), "or"));
                    walk.error(written.place, message);
                }
                present => one_at_most(present, written, walk),
            },
            Self::AtMostOne(keys) => one_at_most(&written.present(keys), written, walk),
            Self::Only(key, with) => {
                if written.has(key) && written.present(with).is_empty() {
                    let with = one_of(with.iter().copied(), "or");
                    let message = format!("`{key}` stands only together with {with}");
                    walk.error(written.key(key), message);
                }
            }
        }
    }

    fn schema(&self) -> Value {
        let alone = |key: &&str| json!({ "required": [key] });
        match self {
            Self::ExactlyOne(keys) => {
                json!({ "oneOf": keys.iter().map(alone).collect::<Vec<_>>() })
            }
            Self::AtMostOne(keys) => {
                let mut pairs = Vec::new();
                for (index, first) in keys.iter().enumerate() {
                    for second in keys.iter().skip(index + 1) {
                        pairs.push(json!({ "required": [first, second] }));
                    }
                }
                json!({ "not": { "anyOf": pairs } })
            }
            Self::Only(key, with) => json!({
                "if": { "required": [key] },
                "then": { "anyOf": with.iter().map(alone).collect::<Vec<_>>() },
            }),
        }
    }
}

fn one_at_most(present: &[&str], written: &Written, walk: &mut Walk<'_>) {
    if let [first, others @ ..] = present {
        for other in others {
            let message = format!("`{other}` cannot stand together with `{first}`");
            walk.error_with_hint(written.key(other), message, "remove one of them");
        }
    }
}

/// The JSON Schema of a noun's keys, as `properties`.
pub(crate) fn properties(keys: &[Key], definitions: &mut Definitions) -> Map<String, Value> {
    let property = |key: &Key| {
        let schema = described((key.schema)(definitions), key.doc.trim());
        (key.name.to_owned(), schema)
    };
    keys.iter().map(property).collect()
}

/// The schema with a description; one that it has already stays inside.
pub(crate) fn described(schema: Value, doc: &str) -> Value {
    match schema {
        Value::Object(object) if !object.contains_key("description") => {
            let first = std::iter::once(("description".to_owned(), Value::from(doc)));
            Value::Object(first.chain(object).collect())
        }
        Value::Bool(true) => json!({ "description": doc }),
        other => json!({ "description": doc, "allOf": [other] }),
    }
}

/// The JSON Schema of a noun.
pub(crate) fn noun_schema<N: Noun>(definitions: &mut Definitions) -> Value {
    definitions.refer(N::NAME, |definitions| {
        let mut schema = Map::new();
        schema.insert("description".to_owned(), N::DOC.trim().into());
        schema.insert("type".to_owned(), "object".into());
        schema.insert(
            "properties".to_owned(),
            properties(N::KEYS, definitions).into(),
        );
        schema.insert("additionalProperties".to_owned(), false.into());
        let required = N::KEYS.iter().filter(|key| key.required);
        let required: Vec<Value> = required.map(|key| key.name.into()).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        let rules: Vec<Value> = N::RULES.iter().map(Rule::schema).collect();
        if !rules.is_empty() {
            schema.insert("allOf".to_owned(), rules.into());
        }
        Value::Object(schema)
    })
}

/// Declares a noun: a struct with a field a key, each `None` where the key is
/// not there or its value is wrong.
///
/// ```text
/// noun! {
///     /// What it is for.
///     Name "name-in-schema" "its title, with an article" [rules] {
///         /// What the key means.
///         "key" (required)? field: Shape,
///     }
/// }
/// ```
macro_rules! noun {
    (
        $(#[doc = $doc:literal])*
        $name:ident $schema_name:literal $title:literal [$($rule:expr),* $(,)?] {
            $(
                $(#[doc = $key_doc:literal])*
                $key:literal $(($required:ident))? $field:ident: $shape:ty,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Default)]
        pub(crate) struct $name {
            /// Where it and its keys stand.
            #[allow(dead_code, reason = "not every noun has more to say of its keys")]
            pub(crate) written: $crate::check::shape::Written,
            $(
                $(#[doc = $key_doc])*
                pub(crate) $field: Option<<$shape as $crate::check::shape::Shape>::Output>,
            )*
        }

        impl $crate::check::shape::Noun for $name {
            const NAME: &'static str = $schema_name;
            const TITLE: &'static str = $title;
            const DOC: &'static str = concat!($($doc),*);
            const KEYS: &'static [$crate::check::shape::Key] = &[$(
                $crate::check::shape::Key {
                    name: $key,
                    doc: concat!($($key_doc),*),
                    required: $crate::check::shape::noun!(@required $($required)?),
                    schema: <$shape as $crate::check::shape::Shape>::schema,
                },
            )*];
            const RULES: &'static [$crate::check::shape::Rule] = &[$($rule),*];

            fn take(
                &mut self,
                key: &str,
                value: &$crate::yaml::Node,
                walk: &mut $crate::check::walk::Walk<'_>,
            ) {
                match key {
                    $($key => {
                        self.$field = <$shape as $crate::check::shape::Shape>::read(value, walk);
                    })*
                    _ => {}
                }
            }

            fn wrote(&mut self, written: $crate::check::shape::Written) {
                self.written = written;
            }
        }

        impl $crate::check::shape::Shape for $name {
            type Output = Self;

            fn fits(node: &$crate::yaml::Node) -> bool {
                node.as_mapping().is_some()
            }

            fn read(
                node: &$crate::yaml::Node,
                walk: &mut $crate::check::walk::Walk<'_>,
            ) -> Option<Self> {
                $crate::check::shape::read_noun(node, walk)
            }

            fn expected() -> String {
                "a mapping".to_owned()
            }

            fn schema(
                definitions: &mut $crate::check::definitions::Definitions,
            ) -> serde_json::Value {
                $crate::check::shape::noun_schema::<Self>(definitions)
            }
        }
    };
    (@required required) => { true };
    (@required) => { false };
}

pub(crate) use noun;

/// Declares a shape that reads another one and makes something else of it.
macro_rules! converted {
    ($(#[doc = $doc:literal])* $name:ident = $inner:ty => $output:ty, $convert:expr) => {
        $(#[doc = $doc])*
        pub(crate) struct $name;

        impl $crate::check::shape::Shape for $name {
            type Output = $output;

            fn fits(node: &$crate::yaml::Node) -> bool {
                <$inner>::fits(node)
            }

            fn read(node: &$crate::yaml::Node, walk: &mut $crate::check::walk::Walk<'_>) -> Option<$output> {
                let inner = <$inner>::read(node, walk)?;
                ($convert)(inner, walk)
            }

            fn expected() -> String {
                <$inner>::expected()
            }

            fn schema(definitions: &mut $crate::check::definitions::Definitions) -> serde_json::Value {
                <$inner>::schema(definitions)
            }
        }
    };
}

pub(crate) use converted;
