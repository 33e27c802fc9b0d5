//! Shapes made of shapes: lists, mappings, a short form or a long one.

use std::{hash::Hash, marker::PhantomData};

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::{LONGEST_NAME, Name, diagnostic::Place, yaml::Node};

use super::{Definitions, Shape, Walk};
use crate::check::walk::Sees;

/// A list of at least `LEAST` items, which is none or one.
pub(crate) struct ListOf<S, const LEAST: usize = 0>(PhantomData<S>);

impl<S: Shape, const LEAST: usize> Shape for ListOf<S, LEAST> {
    type Output = Vec<S::Output>;

    fn fits(node: &Node) -> bool {
        node.as_sequence().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        let Some(items) = node.as_sequence() else {
            walk.expected(
                node,
                &Self::expected(),
                Some("a list stands in `[…]`, or each item behind `- `"),
            );
            return None;
        };
        if items.len() < LEAST {
            walk.expected(node, "at least one item", None);
            return None;
        }
        // What is wrong is reported and left out: no flow is built of it, but
        // the rest is still looked at.
        Some(
            items
                .iter()
                .filter_map(|item| S::read(item, walk))
                .collect(),
        )
    }

    fn expected() -> String {
        "a list".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        match LEAST {
            0 => json!({ "type": "array", "items": S::schema(definitions) }),
            _ => json!({ "type": "array", "items": S::schema(definitions), "minItems": LEAST }),
        }
    }
}

/// What the keys of a mapping are.
pub(crate) trait KeyText: Hash + Eq + Sized {
    /// What a key is, if `text` is one; else why not.
    fn parse(text: &str) -> Result<Self, String>;

    /// The JSON Schema of a key.
    fn schema() -> Value;
}

impl KeyText for Name {
    fn parse(text: &str) -> Result<Self, String> {
        Self::new(text).map_err(|error| format!("`{text}` is no name: {error}"))
    }

    fn schema() -> Value {
        json!({ "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": LONGEST_NAME })
    }
}

impl KeyText for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn schema() -> Value {
        Value::Bool(true)
    }
}

/// A mapping of anything that `K` names to `S`.
pub(crate) struct MapOf<K, S>(PhantomData<(K, S)>);

impl<K: KeyText, S: Shape> Shape for MapOf<K, S> {
    type Output = IndexMap<K, S::Output>;

    fn fits(node: &Node) -> bool {
        node.as_mapping().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        let Some(entries) = node.as_mapping() else {
            walk.expected(node, &Self::expected(), None);
            return None;
        };
        let mut read = IndexMap::with_capacity(entries.len());
        for entry in entries {
            let value = walk.within(&entry.key, |walk| S::read(&entry.value, walk));
            let key = K::parse(&entry.key).map_err(|error| walk.error(entry.place, error));
            // As in lists, the rest is still looked at.
            if let (Ok(key), Some(value)) = (key, value) {
                read.insert(key, value);
            }
        }
        Some(read)
    }

    fn expected() -> String {
        "a mapping".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "propertyNames": K::schema(),
            "additionalProperties": S::schema(definitions),
        })
    }
}

/// One shape or another, told apart by the kind of node.
pub(crate) struct Or<A, B>(PhantomData<(A, B)>);

impl<A: Shape, B: Shape<Output = A::Output>> Shape for Or<A, B> {
    type Output = A::Output;

    fn fits(node: &Node) -> bool {
        A::fits(node) || B::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        if A::fits(node) && !node.is_null() {
            A::read(node, walk)
        } else if B::fits(node) && !node.is_null() {
            B::read(node, walk)
        } else {
            walk.expected(node, &Self::expected(), None);
            None
        }
    }

    fn expected() -> String {
        match (A::expected(), B::expected()) {
            (one, other) if one == other => one,
            (one, other) => format!("{one} or {other}"),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        either([A::schema(definitions), B::schema(definitions)])
    }
}

/// The schema of what one of two schemas takes: forms of forms stand beside each other,
/// not inside.
pub(super) fn either(schemas: [Value; 2]) -> Value {
    let mut forms = Vec::new();
    for form in schemas {
        match form.as_object() {
            Some(object) if object.len() == 1 => match object.get("anyOf") {
                Some(Value::Array(inner)) => forms.extend(inner.iter().cloned()),
                _ => forms.push(form),
            },
            _ => forms.push(form),
        }
    }
    json!({ "anyOf": forms })
}

/// The shape, or null.
pub(crate) struct OrNull<S>(PhantomData<S>);

impl<S: Shape> Shape for OrNull<S> {
    type Output = Option<S::Output>;

    fn fits(node: &Node) -> bool {
        node.is_null() || S::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        match node.is_null() {
            true => Some(None),
            false => S::read(node, walk).map(Some),
        }
    }

    fn expected() -> String {
        S::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [S::schema(definitions), { "type": "null" }] })
    }
}

/// The shape with where it stands.
pub(crate) struct Placed<S>(PhantomData<S>);

impl<S: Shape> Shape for Placed<S> {
    type Output = (S::Output, Place);

    fn fits(node: &Node) -> bool {
        S::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        Some((S::read(node, walk)?, node.place))
    }

    fn expected() -> String {
        S::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        S::schema(definitions)
    }
}

/// What expressions see in a place of the file, made of what they see around it.
pub(crate) trait See {
    /// What they see.
    fn see(around: Sees) -> Sees;
}

/// The shape where its expressions see other things than those around it.
pub(crate) struct Over<V, S>(PhantomData<(V, S)>);

impl<V: See, S: Shape> Shape for Over<V, S> {
    type Output = S::Output;

    fn fits(node: &Node) -> bool {
        S::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        let sees = V::see(walk.sees);
        walk.seeing(sees, |walk| S::read(node, walk))
    }

    fn expected() -> String {
        S::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        S::schema(definitions)
    }
}
