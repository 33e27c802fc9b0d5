//! A node of the tree: what it is and where it stands.

use std::sync::Arc;

use crate::diagnostic::Place;

use super::Scalar;

/// A node and its extent in the file.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) place: Place,
    /// Just behind its end.
    pub(crate) end: Place,
    /// What it is.
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A single value.
    Scalar {
        /// What it means by the core schema.
        value: Scalar,
        /// Its text after escapes and folding.
        text: Arc<str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the file's order; keys are unique.
    Mapping(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key's text: what is no text in YAML counts as it is written.
    pub(crate) key: Arc<str>,
    /// Where the key stands.
    pub(crate) place: Place,
    /// The value.
    pub(crate) value: Node,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// A block, `|` or `>`.
    Block,
}

impl Node {
    /// The text, where the node is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar {
                value: Scalar::Text,
                text,
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// The entries, where the node is a mapping.
    pub(crate) fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key, where the node is a mapping that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&Node> {
        let mut entries = self.as_mapping()?.iter();
        let entry = entries.find(|entry| entry.key.as_ref() == key)?;
        Some(&entry.value)
    }

    /// The items, where the node is a list.
    pub(crate) fn as_sequence(&self) -> Option<&[Node]> {
        match &self.content {
            Content::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, where the node is one.
    pub(crate) fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether it is null: `null`, `~` or nothing.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.as_scalar(), Some(Scalar::Null))
    }

    /// What it is, in words, for "expected …, found …".
    pub(crate) fn describe(&self) -> String {
        match &self.content {
            Content::Sequence(items) if items.is_empty() => "an empty list".to_owned(),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(entries) if entries.is_empty() => "an empty mapping".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
            Content::Scalar { value, text, .. } => match value {
                Scalar::Null => "nothing".to_owned(),
                Scalar::Bool(_) => format!("`{text}`"),
                Scalar::Number(_) | Scalar::NotFinite => format!("the number `{text}`"),
                Scalar::Text => "text".to_owned(),
            },
        }
    }
}
