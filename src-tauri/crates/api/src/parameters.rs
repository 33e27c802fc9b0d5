//! A run's parameters as they are typed: `name=value` and a file of values.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use tidemill_flow::{Diagnostic, Flow, ParameterError, Place};

use crate::{Error, Surroundings};

/// Parameters as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenParameters {
    /// Each `name=value`; of one name the last counts.
    pub pairs: Vec<String>,
    /// A YAML or JSON file with a mapping; the pairs win over it.
    pub file: Option<PathBuf>,
    /// Values that have their types already, as programs give them; they win over
    /// the file.
    pub values: Map<String, Json>,
}

/// The parameters of a run of `flow`: those given, converted to their types, and defaults.
///
/// # Errors
/// All that is wrong with them at once; or the file, where it is no mapping.
pub(crate) fn bind(
    surroundings: &Surroundings,
    flow: &Flow,
    given: &GivenParameters,
) -> Result<Map<String, Json>, Error> {
    let mut values = match &given.file {
        Some(file) => read(surroundings, file)?,
        None => Map::new(),
    };
    values.extend(given.values.clone());
    let mut mistakes = Vec::new();
    for pair in &given.pairs {
        match split(pair) {
            Err(mistake) => mistakes.push(mistake),
            Ok((name, text)) => match flow.convert_parameter(name, text) {
                Ok(value) => {
                    values.insert(name.to_owned(), value);
                }
                Err(mistake) => mistakes.push(mistake.to_string()),
            },
        }
    }
    if !mistakes.is_empty() {
        return Err(Error::Parameters(mistakes));
    }
    flow.bind_parameters(values)
        .map_err(|mistakes| Error::Parameters(mistakes.iter().map(mended).collect()))
}

/// A mistake, with what to type where something is missing.
fn mended(mistake: &ParameterError) -> String {
    match mistake {
        ParameterError::Missing { name } => format!("{mistake}; give it with -p {name}=VALUE"),
        _ => mistake.to_string(),
    }
}

/// The two sides of `name=value`.
pub(crate) fn split(pair: &str) -> Result<(&str, &str), String> {
    match pair.split_once('=') {
        Some((name, text)) if !name.is_empty() => Ok((name, text)),
        _ => Err(format!(
            "`{pair}` is no name with a value; write it as name=value"
        )),
    }
}

/// The values of a file.
///
/// # Errors
/// Where it cannot be read, or is no mapping.
pub(crate) fn read(surroundings: &Surroundings, file: &Path) -> Result<Map<String, Json>, Error> {
    let text = std::fs::read_to_string(surroundings.path(file)).map_err(|cause| Error::Read {
        path: file.to_owned(),
        cause,
    })?;
    let wrong = |message: String| Error::ParametersFile {
        path: file.to_owned(),
        message,
    };
    match tidemill_flow::read_values(&text) {
        Ok(Json::Object(values)) => Ok(values),
        Ok(Json::Null) => Ok(Map::new()),
        Ok(_) => Err(wrong("holds no mapping of names to values".to_owned())),
        Err(mistakes) => {
            let mistakes: Vec<String> = mistakes.iter().map(described).collect();
            Err(wrong(mistakes.join("; ")))
        }
    }
}

/// A mistake with its place, to stand behind the file's path.
fn described(mistake: &Diagnostic) -> String {
    let Place { line, column } = mistake.place;
    let hint = mistake
        .hint
        .as_ref()
        .map_or(String::new(), |hint| format!("; {hint}"));
    format!("line {line}, column {column}: {}{hint}", mistake.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_at_the_first_equals_sign() {
        assert_eq!(split("a=b=c"), Ok(("a", "b=c")));
        assert_eq!(split("a="), Ok(("a", "")));
        assert!(split("a").is_err());
        assert!(split("=b").unwrap_err().contains("name=value"));
    }
}
