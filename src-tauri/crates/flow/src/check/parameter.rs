//! Parameters: a JSON Schema with a default, or a plain default that gives the type.

use serde_json::{Value, json};

use crate::{
    Name, Parameter,
    diagnostic::{Diagnostic, Place},
    suggest::did_you_mean,
    validation,
    yaml::{Content, Node},
};

use super::{
    definitions::Definitions,
    shape::{MapOf, Shape, json_of},
    walk::Walk,
};

/// All parameters of a flow.
pub(crate) type Parameters = MapOf<Name, ParameterShape>;

/// A parameter.
pub(crate) struct ParameterShape;

impl Shape for ParameterShape {
    type Output = Parameter;

    fn fits(_: &Node) -> bool {
        true
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Parameter> {
        if node.is_null() {
            let hint =
                "write its default, or `{}` for a parameter that must be given and may be anything";
            walk.expected(node, "a default or a JSON Schema", Some(hint));
            return None;
        }
        let json = json_of(node, walk)?;
        if !json.is_object() {
            return Some(Parameter {
                schema: json!({ "type": type_of(&json) }),
                default: Some(json),
            });
        }
        let schema = SchemaShape::check(node, json, walk)?;
        let default = schema.get("default").cloned();
        if let Some(default) = &default {
            check_default(node, &schema, default, walk)?;
        }
        Some(Parameter { schema, default })
    }

    fn expected() -> String {
        "a default or a JSON Schema".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let schema = SchemaShape::schema(definitions);
        json!({ "anyOf": [
            { "description": "The default; its type is the parameter's.", "type": ["string", "number", "boolean", "array"] },
            schema,
        ] })
    }
}

/// The type that a default gives; any number: `number`.
fn type_of(default: &Value) -> &'static str {
    match default {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check_default(node: &Node, schema: &Value, default: &Value, walk: &mut Walk<'_>) -> Option<()> {
    let Err(mistakes) = validation::validate(schema, default) else {
        return Some(());
    };
    for mistake in mistakes {
        let path: Vec<String> = std::iter::once("default".to_owned())
            .chain(mistake.path)
            .collect();
        let message = format!("the default breaks the schema: {}", mistake.message);
        walk.error(place_of(node, &path), message);
    }
    None
}

/// A JSON Schema, draft 2020-12.
pub(crate) struct SchemaShape;

impl Shape for SchemaShape {
    type Output = Value;

    fn fits(node: &Node) -> bool {
        node.as_mapping().is_some()
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Value> {
        if node.as_mapping().is_none() {
            walk.expected(node, &Self::expected(), None);
            return None;
        }
        let json = json_of(node, walk)?;
        Self::check(node, json, walk)
    }

    fn expected() -> String {
        "a JSON Schema".to_owned()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("json-schema", |_| {
            json!({
                "description": "A JSON Schema, draft 2020-12.",
                "type": "object",
                "$ref": "https://json-schema.org/draft/2020-12/schema",
            })
        })
    }
}

impl SchemaShape {
    fn check(node: &Node, schema: Value, walk: &mut Walk<'_>) -> Option<Value> {
        warn_of_unknown_keywords(node, walk);
        match validation::check_schema(&schema) {
            Ok(()) => Some(schema),
            Err(mistakes) => {
                for mistake in mistakes {
                    let message = format!("not a JSON Schema: {}", mistake.message);
                    walk.error(place_of(node, &mistake.path), message);
                }
                None
            }
        }
    }
}

/// The keywords that draft 2020-12 knows; others mean nothing.
const KEYWORDS: [&str; 57] = [
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

fn warn_of_unknown_keywords(node: &Node, walk: &mut Walk<'_>) {
    for entry in node.as_mapping().unwrap_or_default() {
        let key = entry.key.as_ref();
        if !KEYWORDS.contains(&key) && !key.starts_with("x-") {
            let message = format!("`{key}` is no keyword of JSON Schema and means nothing here");
            let mut warning = Diagnostic::warning(entry.place, message);
            warning.hint = did_you_mean(key, KEYWORDS);
            walk.report(warning);
        }
    }
}

/// Where the part of a node at `path` stands; the nearest there is.
fn place_of(node: &Node, path: &[String]) -> Place {
    let mut node = node;
    for part in path {
        let inner = match &node.content {
            Content::Mapping(entries) => entries
                .iter()
                .find(|entry| entry.key.as_ref() == part)
                .map(|entry| &entry.value),
            Content::Sequence(items) => part
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            Content::Scalar { .. } => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node.place
}
