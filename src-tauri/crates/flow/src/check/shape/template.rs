//! Values with expressions in them.

use std::marker::PhantomData;

use serde_json::{Value, json};

use crate::{
    Setting, Template,
    template::from_json,
    yaml::{Content, Node, Scalar},
};

use super::{Boolean, Definitions, Shape, Walk, combined::either, json_of, literal::text};

/// Text with expressions in it.
pub(crate) struct TemplateText;

impl Shape for TemplateText {
    type Output = Template;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Template> {
        let text = text(node, walk, &Self::expected())?;
        walk.compile(node, text, 0)
    }

    fn expected() -> String {
        "text".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("template", |_| {
            json!({ "description": "Text; `{{ … }}` in it is an expression.", "type": "string" })
        })
    }
}

/// Text with expressions in it, or a number, true or false, which are written as JSON.
pub(crate) struct ScalarText;

impl Shape for ScalarText {
    type Output = Template;

    fn fits(node: &Node) -> bool {
        node.as_scalar().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Template> {
        match node.as_scalar() {
            Some(Scalar::Text | Scalar::Bool(_) | Scalar::Number(_) | Scalar::NotFinite) => {
                AnyValue::read(node, walk)
            }
            Some(Scalar::Null) | None => {
                walk.expected(node, &Self::expected(), None);
                None
            }
        }
    }

    fn expected() -> String {
        "text".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let template = TemplateText::schema(definitions);
        json!({ "anyOf": [template, { "type": ["number", "boolean"] }] })
    }
}

/// A value that stands there as the shape says, or text with expressions that gives it.
pub(crate) struct SettingOf<S>(PhantomData<S>);

impl<S: Shape> Shape for SettingOf<S> {
    type Output = Setting<S::Output>;

    fn fits(node: &Node) -> bool {
        S::fits(node) || node.as_text().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Self::Output> {
        match node.as_text() {
            Some(text) if text.contains("{{") => walk.compile(node, text, 0).map(Setting::Computed),
            _ => S::read(node, walk).map(Setting::Fixed),
        }
    }

    fn expected() -> String {
        S::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let computed = json!({ "type": "string", "pattern": "\\{\\{" });
        either([S::schema(definitions), computed])
    }
}

/// Any JSON value with expressions in its texts; keys are taken as they stand.
pub(crate) struct AnyValue;

impl Shape for AnyValue {
    type Output = Template;

    fn fits(_: &Node) -> bool {
        true
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Template> {
        match &node.content {
            Content::Scalar {
                value: Scalar::Text,
                text,
                ..
            } => walk.compile(node, text, 0),
            Content::Scalar { .. } => json_of(node, walk)
                .as_ref()
                .map(from_json)
                .map(Template::constant),
            Content::Sequence(items) => {
                let items: Vec<_> = items.iter().map(|item| Self::read(item, walk)).collect();
                let items: Option<Vec<_>> = items.into_iter().collect();
                items.map(Template::list)
            }
            Content::Mapping(entries) => {
                let mut read = Some(Vec::with_capacity(entries.len()));
                for entry in entries {
                    match (Self::read(&entry.value, walk), &mut read) {
                        (Some(value), Some(read)) => {
                            read.push((entry.key.as_ref().to_owned(), value));
                        }
                        _ => read = None,
                    }
                }
                read.map(Template::map)
            }
        }
    }

    fn expected() -> String {
        "a value".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("value", |_| {
            json!({ "description": "Any JSON value; `{{ … }}` in its texts is an expression." })
        })
    }
}

/// What text that gives a value of a type other than text looks like.
const ONE_EXPRESSION: &str = "^\\s*\\{\\{[\\s\\S]*\\}\\}\\s*$";

/// Compiles text that must be one expression, since only that can give another type than text.
fn one_expression(node: &Node, walk: &mut Walk<'_>, gives: &str) -> Option<Template> {
    let text = node.as_text()?;
    let trimmed = text.trim();
    let skipped = text.len() - text.trim_start().len();
    let template = walk.compile(node, trimmed, skipped)?;
    if template.is_expression() {
        return Some(template);
    }
    let message = format!("this is text, which is never {gives}");
    let hint = match Template::text(&format!("{{{{ {trimmed} }}}}")) {
        Ok(_) if !trimmed.contains("{{") => {
            format!("write it as one expression, `{{{{ {trimmed} }}}}`")
        }
        _ => "write it as one expression, `{{ … }}`, with nothing around it".to_owned(),
    };
    walk.error_with_hint(node.place, message, hint);
    None
}

/// True or false, or an expression for one.
pub(crate) struct Condition;

impl Shape for Condition {
    type Output = Template;

    fn fits(node: &Node) -> bool {
        Boolean::fits(node) || node.as_text().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Template> {
        if let Some(Scalar::Bool(value)) = node.as_scalar() {
            return Some(Template::constant(*value));
        }
        if node.as_text().is_none() {
            walk.expected(node, &Self::expected(), None);
            return None;
        }
        one_expression(node, walk, "true or false")
    }

    fn expected() -> String {
        "an expression that gives true or false".to_owned()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "pattern": ONE_EXPRESSION }] })
    }
}

/// A list with expressions in it, or an expression for one.
pub(crate) struct TemplateList;

impl Shape for TemplateList {
    type Output = Template;

    fn fits(node: &Node) -> bool {
        node.as_sequence().is_some() || node.as_text().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Template> {
        if node.as_sequence().is_some() {
            return AnyValue::read(node, walk);
        }
        if node.as_text().is_none() {
            walk.expected(node, &Self::expected(), None);
            return None;
        }
        one_expression(node, walk, "a list")
    }

    fn expected() -> String {
        "a list, or an expression for one".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "anyOf": [
                { "type": "array", "items": AnyValue::schema(definitions) },
                { "type": "string", "pattern": ONE_EXPRESSION },
            ],
        })
    }
}
