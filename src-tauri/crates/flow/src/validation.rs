//! JSON Schema: the one place where values are held against schemas.
//!
//! Draft 2020-12; a reference to another document is a mistake, never a download.

use std::fmt;

use jsonschema::{Draft, PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

mod weight;

/// More mistakes than this help nobody.
const MOST_MISTAKES: usize = 50;

/// What breaks a schema, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaMistake {
    /// The way from the whole value to the part that is wrong: keys and numbers of items.
    pub path: Vec<String>,
    /// What is wrong with it.
    pub message: String,
}

/// With the part that is wrong: `copies: 9 is greater than the maximum of 5`.
impl fmt::Display for SchemaMistake {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(to, "{}: ", self.path.join("."))?;
        }
        to.write_str(&self.message)
    }
}

impl SchemaMistake {
    fn of(error: &ValidationError<'_>) -> Self {
        let pointer = error.instance_path().to_string();
        let part = |text: &str| text.replace("~1", "/").replace("~0", "~");
        Self {
            path: pointer.split('/').skip(1).map(part).collect(),
            message: match error.kind() {
                ValidationErrorKind::Referencing(_) => {
                    "its references lead nowhere, or to another document, which is not read"
                        .to_owned()
                }
                _ => error.to_string(),
            },
        }
    }

    /// Of a schema that is none; what is no type is said in plain words.
    fn of_schema(error: &ValidationError<'_>) -> Self {
        let mut mistake = Self::of(error);
        if mistake.path.last().is_some_and(|key| key == "type") {
            let found = error.instance();
            mistake.message = format!(
                "{found} is no type; the types are array, boolean, integer, null, number, object and string"
            );
        }
        mistake
    }
}

/// Holds `value` against `schema`.
///
/// # Errors
/// Every mistake, at least one; a schema that is none is a mistake at the root.
pub fn validate(schema: &Value, value: &Value) -> Result<(), Vec<SchemaMistake>> {
    let validator = validator(schema)?;
    let errors = validator.iter_errors(value).take(MOST_MISTAKES);
    let mistakes: Vec<SchemaMistake> = errors.map(|error| SchemaMistake::of(&error)).collect();
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(mistakes),
    }
}

/// Whether `schema` is a JSON Schema.
///
/// # Errors
/// Every mistake in it, at least one.
pub fn check_schema(schema: &Value) -> Result<(), Vec<SchemaMistake>> {
    let meta = jsonschema::draft202012::meta::validator();
    let errors = meta.iter_errors(schema).take(MOST_MISTAKES);
    let mistakes: Vec<SchemaMistake> = errors
        .map(|error| SchemaMistake::of_schema(&error))
        .collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    validator(schema).map(|_| ())
}

fn validator(schema: &Value) -> Result<Validator, Vec<SchemaMistake>> {
    if !weight::is_bearable(schema) {
        return Err(vec![SchemaMistake {
            path: Vec::new(),
            message: "it is too large, its references counted as often as they are reached"
                .to_owned(),
        }]);
    }
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        // An engine without backtracking: no pattern takes long.
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| vec![SchemaMistake::of(&error)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_mistake_has_a_path() {
        let schema = json!({ "properties": { "a/b": { "items": { "type": "string" } } }, "required": ["c"] });
        let mistakes = validate(&schema, &json!({ "a/b": ["x", 1] })).unwrap_err();
        let paths: Vec<_> = mistakes
            .iter()
            .map(|mistake| mistake.path.join("."))
            .collect();
        assert_eq!(paths, ["", "a/b.1"]);
        assert_eq!(
            mistakes[1].to_string(),
            "a/b.1: 1 is not of type \"string\""
        );
    }

    #[test]
    fn what_is_no_schema_is_said() {
        for schema in [
            json!({ "type": "text" }),
            json!({ "minimum": "1" }),
            json!({ "pattern": "(" }),
            json!({ "$ref": "https://example.org/other.json" }),
            json!({ "$ref": "#/$defs/nothing" }),
        ] {
            assert!(check_schema(&schema).is_err(), "{schema}");
        }
        assert_eq!(
            check_schema(&json!({ "type": ["integer", "null"], "format": "date" })),
            Ok(())
        );
    }
}
