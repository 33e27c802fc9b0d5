//! A run's parameters: text from a command line to values, and what is given
//! held against what the flow declares.

use serde_json::{Map, Value};

use crate::{Flow, Name, Parameter, suggest::did_you_mean, validation};

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The flow has no such parameter.
    #[error("the flow has no parameter `{name}`{}", mend(hint))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The likely mend.
        hint: Option<String>,
    },
    /// A parameter without a default was not given.
    #[error("the parameter `{name}` is required and was not given")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A text is no value of the type that the schema names.
    #[error("the parameter `{name}` is {expected}, and `{text}` is none")]
    Text {
        /// Its name.
        name: String,
        /// The type, with its article.
        expected: String,
        /// The text that was given.
        text: String,
    },
    /// The value breaks the schema.
    #[error("the parameter `{name}`{}: {message}", at(path))]
    Schema {
        /// Its name.
        name: String,
        /// The way to the part that is wrong; empty for the whole.
        path: Vec<String>,
        /// What is wrong.
        message: String,
    },
}

fn mend(hint: &Option<String>) -> String {
    hint.as_ref()
        .map_or(String::new(), |hint| format!("; {hint}"))
}

fn at(path: &[String]) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" at `{}`", path.join("."))
    }
}

impl Flow {
    /// Converts the text of `-p name=text` to the type that the parameter's schema names.
    ///
    /// JSON for arrays and objects; for several types or none: JSON if it parses, else text.
    ///
    /// # Errors
    /// An unknown name; a text that is no value of the type.
    pub fn convert_parameter(&self, name: &str, text: &str) -> Result<Value, ParameterError> {
        let parameter = self.declared(name)?;
        convert(&parameter.schema, text).map_err(|expected| ParameterError::Text {
            name: name.to_owned(),
            expected: expected.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The parameters of a run that is given `given`: every one that the flow
    /// declares, in its order, defaults filled in.
    ///
    /// # Errors
    /// Every mistake: unknown names, missing ones, values that break their schema.
    pub fn bind_parameters(
        &self,
        given: Map<String, Value>,
    ) -> Result<Map<String, Value>, Vec<ParameterError>> {
        let mut errors: Vec<ParameterError> = given
            .keys()
            .filter_map(|name| self.declared(name).err())
            .collect();
        let mut given = given;
        let mut bound = Map::new();
        for (name, parameter) in &self.parameters {
            match bind(name, parameter, given.remove(name.as_str())) {
                Ok(value) => {
                    bound.insert(name.to_string(), value);
                }
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        if errors.is_empty() {
            Ok(bound)
        } else {
            Err(errors)
        }
    }

    fn declared(&self, name: &str) -> Result<&Parameter, ParameterError> {
        self.parameters
            .get(name)
            .ok_or_else(|| ParameterError::Unknown {
                name: name.to_owned(),
                hint: did_you_mean(name, self.parameters.keys().map(Name::as_str)),
            })
    }
}

fn bind(
    name: &Name,
    parameter: &Parameter,
    given: Option<Value>,
) -> Result<Value, Vec<ParameterError>> {
    let Some(value) = given else {
        // A default was held against the schema when the flow was checked.
        return parameter.default.clone().ok_or_else(|| {
            vec![ParameterError::Missing {
                name: name.to_string(),
            }]
        });
    };
    match validation::validate(&parameter.schema, &value) {
        Ok(()) => Ok(value),
        Err(mistakes) => Err(mistakes
            .into_iter()
            .map(|mistake| ParameterError::Schema {
                name: name.to_string(),
                path: mistake.path,
                message: mistake.message,
            })
            .collect()),
    }
}

/// The value of a text by a JSON Schema, as `-p name=text` is read.
///
/// # Errors
/// The type that the text is none of, with its article: `a number`.
pub fn convert(schema: &Value, text: &str) -> Result<Value, &'static str> {
    let json = || serde_json::from_str::<Value>(text).ok();
    let json_of =
        |expected: &'static str, fits: fn(&Value) -> bool| json().filter(fits).ok_or(expected);
    match schema.get("type").and_then(single_type) {
        Some("string") => Ok(Value::String(text.to_owned())),
        Some("integer") => json_of("an integer", |value| {
            value.is_i64()
                || value.is_u64()
                || value.as_f64().is_some_and(|float| float.fract() == 0.0)
        }),
        Some("number") => json_of("a number", Value::is_number),
        Some("boolean") => json_of("true or false", Value::is_boolean),
        Some("array") => json_of("a JSON array", Value::is_array),
        Some("object") => json_of("a JSON object", Value::is_object),
        Some("null") => json_of("null", Value::is_null),
        _ => Ok(json().unwrap_or_else(|| Value::String(text.to_owned()))),
    }
}

/// The type, where the schema names one only.
fn single_type(types: &Value) -> Option<&str> {
    match types {
        Value::String(name) => Some(name),
        Value::Array(names) => match names.as_slice() {
            [Value::String(name)] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
