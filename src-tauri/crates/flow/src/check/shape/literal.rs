//! Values that are known when the file is checked: text, words, numbers, durations, names.

use std::{marker::PhantomData, time::Duration};

use serde_json::{Value, json};

use crate::{
    FlowName, FromText, LONGEST_NAME, Name, NameError, TextError,
    suggest::one_of,
    yaml::{Node, Scalar},
};

use super::{Definitions, Shape, Walk};

/// Text that is taken as it stands.
pub(crate) struct Text;

impl Shape for Text {
    type Output = String;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<String> {
        let text = text(node, walk, &Self::expected())?;
        if text.trim().is_empty() {
            walk.expected(node, &Self::expected(), Some("it is empty"));
            return None;
        }
        Some(text.to_owned())
    }

    fn expected() -> String {
        "text".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "\\S" })
    }
}

/// The text of a node, or the mend that is likely where it is another scalar.
pub(super) fn text<'n>(node: &'n Node, walk: &mut Walk<'_>, expected: &str) -> Option<&'n str> {
    let text = node.as_text();
    if text.is_none() {
        let hint = match node.as_scalar() {
            Some(Scalar::Bool(_) | Scalar::Number(_) | Scalar::NotFinite) => {
                Some("put it in quotes if text is meant")
            }
            _ => None,
        };
        walk.expected(node, expected, hint);
    }
    text
}

/// Text that says a value of some form.
pub(crate) struct Parsed<T>(PhantomData<T>);

impl<T: FromText> Shape for Parsed<T> {
    type Output = T;

    fn fits(node: &Node) -> bool {
        Text::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<T> {
        let text = Text::read(node, walk)?;
        parsed(node, &text, walk)
    }

    fn expected() -> String {
        Text::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Text::schema(definitions)
    }
}

/// The value that the text of a node says; what is wrong is reported.
fn parsed<T: FromText>(node: &Node, text: &str, walk: &mut Walk<'_>) -> Option<T> {
    let value = T::from_text(text);
    let report = |error: TextError| match error.mend {
        Some(mend) => walk.error_with_hint(node.place, error.message, mend),
        None => walk.error(node.place, error.message),
    };
    value.map_err(report).ok()
}

/// Code: text that runs as it stands, and may be empty.
pub(crate) struct Code;

impl Shape for Code {
    type Output = String;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<String> {
        text(node, walk, &Self::expected()).map(str::to_owned)
    }

    fn expected() -> String {
        "code".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}

/// True or false.
pub(crate) struct Boolean;

impl Shape for Boolean {
    type Output = bool;

    fn fits(node: &Node) -> bool {
        matches!(node.as_scalar(), Some(Scalar::Bool(_)))
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<bool> {
        if let Some(Scalar::Bool(value)) = node.as_scalar() {
            return Some(*value);
        }
        let hint = match node.as_text().map(str::to_lowercase).as_deref() {
            Some("yes" | "on" | "y") => Some("write `true`: in YAML 1.2 this is text"),
            Some("no" | "off" | "n") => Some("write `false`: in YAML 1.2 this is text"),
            _ => None,
        };
        walk.expected(node, &Self::expected(), hint);
        None
    }

    fn expected() -> String {
        "`true` or `false`".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

/// `true`, where leaving the key out is the other choice.
pub(crate) struct True;

impl Shape for True {
    type Output = ();

    fn fits(node: &Node) -> bool {
        Boolean::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<()> {
        if matches!(node.as_scalar(), Some(Scalar::Bool(true))) {
            return Some(());
        }
        walk.expected(node, &Self::expected(), Some("or leave the key out"));
        None
    }

    fn expected() -> String {
        "`true`".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "const": true })
    }
}

/// A whole number from 0 on.
pub(crate) struct Count;

impl Shape for Count {
    type Output = u32;

    fn fits(node: &Node) -> bool {
        matches!(node.as_scalar(), Some(Scalar::Number(_)))
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<u32> {
        whole(node, 0, walk, &Self::expected())
    }

    fn expected() -> String {
        "a whole number from 0 on".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

/// A whole number from 1 on.
pub(crate) struct Positive;

impl Shape for Positive {
    type Output = u32;

    fn fits(node: &Node) -> bool {
        Count::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<u32> {
        whole(node, 1, walk, &Self::expected())
    }

    fn expected() -> String {
        "a whole number from 1 on".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX })
    }
}

/// A whole number of at least `least`; `3.0` is one, as in JSON Schema.
fn whole(node: &Node, least: u32, walk: &mut Walk<'_>, expected: &str) -> Option<u32> {
    let number = match node.as_scalar() {
        Some(Scalar::Number(number)) => number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            let fits = float.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&float);
            fits.then_some(float as u64)
        }),
        _ => None,
    };
    let number = number.and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|&number| number >= least);
    if number.is_none() {
        walk.expected(node, expected, None);
    }
    number
}

/// A number from 0 to 1.
pub(crate) struct Fraction;

impl Shape for Fraction {
    type Output = f64;

    fn fits(node: &Node) -> bool {
        Count::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<f64> {
        let number = match node.as_scalar() {
            Some(Scalar::Number(number)) => number.as_f64(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=1.0).contains(number));
        if number.is_none() {
            walk.expected(node, &Self::expected(), None);
        }
        number
    }

    fn expected() -> String {
        "a number from 0 to 1".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// A duration.
pub(crate) struct DurationText;

/// What the schema can say of a duration: its units in order, each at most once.
pub(super) const DURATION_PATTERN: &str = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";

impl Shape for DurationText {
    type Output = Duration;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Duration> {
        let Some(text) = node.as_text() else {
            let hint = match node.as_scalar() {
                Some(Scalar::Number(number)) => Some(format!("write the unit, as `{number}s`")),
                _ => None,
            };
            walk.expected(node, &Self::expected(), hint.as_deref());
            return None;
        };
        if text.contains("{{") {
            walk.expected(node, &Self::expected(), None);
            return None;
        }
        parsed(node, text, walk)
    }

    fn expected() -> String {
        "a duration".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("duration", |_| {
            json!({
                "description": "A duration: `500ms`, `10s`, `5m`, `1h30m`, `2d`.",
                "type": "string",
                "pattern": DURATION_PATTERN,
                "minLength": 2,
            })
        })
    }
}

/// The name of a task, parameter, matrix axis, variable, secret or limit.
pub(crate) struct NameText;

impl Shape for NameText {
    type Output = Name;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Name> {
        let text = text(node, walk, &Self::expected())?;
        name(Name::new(text), text, node, walk)
    }

    fn expected() -> String {
        "a name".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("name", |_| {
            json!({
                "description": format!("A name: {}.", Name::RULE),
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "maxLength": LONGEST_NAME,
            })
        })
    }
}

fn name<N>(name: Result<N, NameError>, text: &str, node: &Node, walk: &mut Walk<'_>) -> Option<N> {
    let report = |error| walk.error(node.place, format!("`{text}` is no name: {error}"));
    name.map_err(report).ok()
}

/// A flow's name.
pub(crate) struct FlowNameText;

impl Shape for FlowNameText {
    type Output = FlowName;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<FlowName> {
        let text = text(node, walk, &Self::expected())?;
        name(FlowName::new(text), text, node, walk)
    }

    fn expected() -> String {
        "a flow's name".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("flow-name", |_| {
            json!({
                "description": format!("A flow's name: {}.", FlowName::RULE),
                "type": "string",
                "pattern": "^[a-z0-9][a-z0-9_-]*$",
                "maxLength": LONGEST_NAME,
            })
        })
    }
}

/// A choice of words, each with what it stands for.
pub(crate) trait Words: Copy + Sized + 'static {
    /// The words.
    const WORDS: &'static [(&'static str, Self)];
}

/// One word of a choice.
pub(crate) struct Word<T>(PhantomData<T>);

impl<T: Words> Shape for Word<T> {
    type Output = T;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<T> {
        let text = text(node, walk, &Self::expected())?;
        let found = T::WORDS.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let message = match T::WORDS {
                [(only, _)] => format!("`{text}` is not `{only}`"),
                _ => format!("`{text}` is not one of {}", all::<T>("and")),
            };
            let known = T::WORDS.iter().map(|(word, _)| *word);
            walk.unknown(node.place, message, text, known);
        }
        found.map(|(_, value)| *value)
    }

    fn expected() -> String {
        all::<T>("or")
    }

    fn schema(_: &mut Definitions) -> Value {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json!({ "enum": words })
    }
}

fn all<T: Words>(last: &str) -> String {
    one_of(T::WORDS.iter().map(|(word, _)| *word), last)
}
