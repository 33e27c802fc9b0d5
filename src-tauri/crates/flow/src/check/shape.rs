//! Shapes: each says at once how a value is read off the tree, what it is
//! called in a message, and what the JSON Schema says of it, so that the walk
//! and the schema cannot disagree.

use crate::yaml::Node;

use super::{definitions::Definitions, walk::Walk};

mod combined;
mod json;
mod literal;
mod noun;
mod template;

pub(crate) use combined::{KeyText, ListOf, MapOf, Or, OrNull, Over, Placed, See};
pub(crate) use json::json_of;
pub(crate) use literal::{
    Boolean, Code, Count, DurationText, FlowNameText, Fraction, NameText, Parsed, Positive, Text,
    True, Word, Words,
};
pub(crate) use noun::{
    Key, Noun, Rule, Written, converted, described, noun, noun_schema, properties, read_noun,
    unknown_key,
};
pub(crate) use template::{AnyValue, Condition, ScalarText, SettingOf, TemplateList, TemplateText};

/// How one kind of value stands in a flow file.
pub(crate) trait Shape {
    /// What it is read as.
    type Output;

    /// Whether `node` is meant to be one, by its kind alone.
    fn fits(node: &Node) -> bool;

    /// Reads it; what is wrong goes to `walk`.
    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output>;

    /// What it is, with its article, behind "expects".
    fn expected() -> String;

    /// The JSON Schema of it.
    fn schema(definitions: &mut Definitions) -> serde_json::Value;
}
