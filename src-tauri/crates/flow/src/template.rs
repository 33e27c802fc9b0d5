//! Templates: a value of the flow file with expressions in it, compiled once.
//!
//! Only `{{ … }}` is special. A text that is exactly one expression keeps the
//! value's own type; in any other text a value that is no text is written as
//! JSON. Evaluation is strict: an undefined name or attribute is an error.
//! What is in scope, and for which keys, is the checker's to say.

use std::{collections::BTreeSet, sync::Arc};

use minijinja::{Value, value::ValueKind};
use serde::Deserialize;

use crate::{expression::Expression, scope::Scope};

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where in the text it went wrong, in bytes from its start.
    pub offset: usize,
    /// What went wrong.
    pub message: String,
}

/// Why a template could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{{{{ {expression} }}}}`: {message}")]
pub struct EvaluationError {
    /// The expression, as it stands in the file.
    pub expression: String,
    /// What went wrong.
    pub message: String,
}

/// A value with expressions in it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Template {
    node: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Constant(Value),
    Expression(Arc<Expression>),
    Text(Arc<[Part]>),
    List(Arc<[Node]>),
    Map(Arc<[(String, Node)]>),
}

#[derive(Clone, Debug)]
enum Part {
    Literal(String),
    Expression(Arc<Expression>),
}

impl Template {
    /// A template without expressions.
    pub fn constant(value: impl Into<Value>) -> Self {
        Self {
            node: Node::Constant(value.into()),
        }
    }

    /// Compiles a text.
    pub fn text(text: &str) -> Result<Self, TemplateError> {
        Ok(Self {
            node: text_node(text)?,
        })
    }

    /// A list of templates.
    pub fn list(items: Vec<Self>) -> Self {
        let nodes = items.into_iter().map(|item| item.node);
        Self {
            node: Node::List(nodes.collect()),
        }
    }

    /// A mapping of templates, in order.
    pub fn map(entries: Vec<(String, Self)>) -> Self {
        let nodes = entries.into_iter().map(|(key, value)| (key, value.node));
        Self {
            node: Node::Map(nodes.collect()),
        }
    }

    /// The value, where no expression stands in it.
    pub fn as_constant(&self) -> Option<Value> {
        self.node.constant()
    }

    /// Every path that the expressions read, such as `tasks.fetch.output`, each once.
    pub fn reads(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        self.node.visit(&mut |expression| {
            paths.extend(expression.reads().map(|read| read.path.join(".")));
        });
        paths
    }

    /// Calls `visitor` with every expression, in order.
    pub(crate) fn visit(&self, visitor: &mut impl FnMut(&Expression)) {
        self.node.visit(visitor);
    }

    /// The template as a person writes it: a text as it stands, anything else as JSON,
    /// expressions between their braces.
    pub fn source(&self) -> String {
        self.node.source()
    }

    /// As JSON, each text as a person writes it.
    pub fn to_source_json(&self) -> serde_json::Value {
        self.node.json()
    }

    /// Whether it is one expression, so that its value may be of any type.
    pub fn is_expression(&self) -> bool {
        matches!(self.node, Node::Expression(_))
    }

    /// The value, its expressions evaluated in `scope`, types kept.
    pub fn evaluate(&self, scope: &Arc<Scope>) -> Result<Value, EvaluationError> {
        self.node.evaluate(scope)
    }

    /// The value as text: what is no text is written as JSON.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<String, EvaluationError> {
        Ok(as_text(&self.evaluate(scope)?))
    }
}

/// The value as text: a text as it stands, anything else as JSON.
pub fn as_text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => to_json(value).to_string(),
    }
}

/// The value as JSON.
///
/// What JSON cannot say is brought as near as can be: a number that is not
/// finite becomes null, an integer past 64 bits the nearest float, a key that
/// is no text its text, and what is no data at all (a function) null.
pub fn to_json(value: &Value) -> serde_json::Value {
    // The quick way fails as a whole where a part is one of these.
    serde_json::to_value(value).unwrap_or_else(|_| to_json_by_parts(value))
}

fn to_json_by_parts(value: &Value) -> serde_json::Value {
    let items = || value.try_iter().into_iter().flatten();
    match value.kind() {
        ValueKind::Map => items()
            .map(|key| {
                // A key that was listed is there.
                let item = value.get_item(&key).unwrap_or_default();
                (as_text(&key), to_json_by_parts(&item))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        ValueKind::Seq | ValueKind::Iterable => {
            items().map(|item| to_json_by_parts(&item)).collect()
        }
        ValueKind::Number => serde_json::to_value(value).unwrap_or_else(|_| {
            // What no integer of 64 bits holds is near some float.
            f64::try_from(value.clone()).map_or(serde_json::Value::Null, Into::into)
        }),
        _ => serde_json::to_value(value).unwrap_or(serde_json::Value::Null),
    }
}

/// A JSON value as one that expressions see.
pub fn from_json(json: &serde_json::Value) -> Value {
    // Every JSON value is one that expressions can see: this cannot fail.
    Value::deserialize(json).unwrap_or_default()
}

impl Node {
    fn constant(&self) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Expression(_) | Self::Text(_) => None,
            Self::List(nodes) => nodes.iter().map(Self::constant).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, node)| Some((key.clone(), node.constant()?)))
                .collect::<Option<Vec<_>>>()
                .map(Value::from_pairs),
        }
    }

    fn visit(&self, visitor: &mut impl FnMut(&Expression)) {
        match self {
            Self::Constant(_) => {}
            Self::Expression(expression) => visitor(expression),
            Self::Text(parts) => {
                for part in parts.iter() {
                    if let Part::Expression(expression) = part {
                        visitor(expression);
                    }
                }
            }
            Self::List(nodes) => {
                for node in nodes.iter() {
                    node.visit(visitor);
                }
            }
            Self::Map(entries) => {
                for (_, node) in entries.iter() {
                    node.visit(visitor);
                }
            }
        }
    }

    fn source(&self) -> String {
        let written = |expression: &Expression| format!("{{{{ {} }}}}", expression.source());
        match self {
            Self::Constant(value) => as_text(value),
            Self::Expression(expression) => written(expression),
            Self::Text(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Literal(literal) => literal.clone(),
                    Part::Expression(expression) => written(expression),
                })
                .collect(),
            Self::List(_) | Self::Map(_) => self.json().to_string(),
        }
    }

    /// As JSON, each text as it is written.
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Constant(value) => to_json(value),
            Self::Expression(_) | Self::Text(_) => self.source().into(),
            Self::List(nodes) => nodes.iter().map(Self::json).collect(),
            Self::Map(entries) => {
                let entries = entries.iter();
                let object = entries.map(|(key, node)| (key.clone(), node.json()));
                serde_json::Value::Object(object.collect())
            }
        }
    }

    fn evaluate(&self, scope: &Arc<Scope>) -> Result<Value, EvaluationError> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Expression(expression) => expression.evaluate(scope),
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts.iter() {
                    match part {
                        Part::Literal(literal) => text.push_str(literal),
                        Part::Expression(expression) => {
                            text.push_str(&as_text(&expression.evaluate(scope)?));
                        }
                    }
                }
                Ok(Value::from(text))
            }
            Self::List(nodes) => nodes
                .iter()
                .map(|node| node.evaluate(scope))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, node)| Ok((key.clone(), node.evaluate(scope)?)))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from_pairs),
        }
    }
}

fn text_node(text: &str) -> Result<Node, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once("{{") {
        let start = text.len() - after.len();
        let length = expression_length(after).ok_or_else(|| TemplateError {
            offset: start - 2,
            message: "`{{` without its `}}`".to_owned(),
        })?;
        let (source, tail) = after.split_at(length);
        let expression = Expression::new(source, start)?;
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        parts.push(Part::Expression(Arc::new(expression)));
        rest = tail.strip_prefix("}}").unwrap_or(tail);
    }
    if parts.is_empty() {
        return Ok(Node::Constant(Value::from(text)));
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    match parts.as_slice() {
        [Part::Expression(only)] => Ok(Node::Expression(Arc::clone(only))),
        _ => Ok(Node::Text(parts.into())),
    }
}

/// The bytes of an expression up to its `}}`, which may not stand in a quoted
/// text or inside a mapping.
fn expression_length(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut characters = text.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if characters.peek().is_some_and(|&(_, next)| next == '}') => {
                return Some(offset);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
