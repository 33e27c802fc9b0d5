//! JSON as it stands: schemas and defaults, without expressions.

use serde_json::{Map, Value};

use crate::yaml::{Content, Node, Scalar};

use super::Walk;

/// The node as JSON; what JSON cannot say is a mistake.
pub(crate) fn json_of(node: &Node, walk: &mut Walk<'_>) -> Option<Value> {
    match &node.content {
        Content::Scalar { value, text, .. } => match value {
            Scalar::Null => Some(Value::Null),
            Scalar::Bool(value) => Some(Value::Bool(*value)),
            Scalar::Number(number) => Some(Value::Number(number.clone())),
            Scalar::Text => Some(Value::String(text.as_ref().to_owned())),
            Scalar::NotFinite => {
                let message = format!("`{text}` is no JSON value");
                walk.error_with_hint(node.place, message, "put it in quotes if text is meant");
                None
            }
        },
        Content::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| json_of(item, walk)).collect();
            items
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .map(Value::Array)
        }
        Content::Mapping(entries) => {
            let mut map = Some(Map::new());
            for entry in entries {
                match (json_of(&entry.value, walk), &mut map) {
                    (Some(value), Some(map)) => {
                        map.insert(entry.key.as_ref().to_owned(), value);
                    }
                    _ => map = None,
                }
            }
            map.map(Value::Object)
        }
    }
}
