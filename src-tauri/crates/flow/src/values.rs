//! What is read of a YAML text without checking it as a flow: a file of
//! parameters, and a flow's name where the rest may be wrong.

use serde_json::Value;

use crate::{
    FlowName,
    check::json_of_node,
    diagnostic::{Diagnostic, Severity},
    yaml,
};

/// A YAML or JSON text as a JSON value.
///
/// # Errors
/// All that is wrong with the text, each with its place.
pub fn read_values(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let node = yaml::parse(text, &mut diagnostics);
    let value = node.and_then(|node| json_of_node(text, &node, &mut diagnostics));
    let wrong = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    match value {
        Some(value) if !wrong => Ok(value),
        None if diagnostics.is_empty() => Ok(Value::Null),
        _ => Err(diagnostics),
    }
}

/// The name that a flow file gives itself, whatever else is wrong with it.
pub fn flow_name(text: &str) -> Option<FlowName> {
    // What is wrong is told by who checks the file.
    let node = yaml::parse(text, &mut Vec::new())?;
    FlowName::new(node.entry("name")?.as_text()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_from_yaml_and_json() {
        for (text, expected) in [
            (
                "a: 1\nb: [x, yes]\n",
                serde_json::json!({ "a": 1, "b": ["x", "yes"] }),
            ),
            (
                "{\"a\": {\"b\": null}}",
                serde_json::json!({ "a": { "b": null } }),
            ),
            ("", Value::Null),
        ] {
            assert_eq!(read_values(text), Ok(expected), "{text}");
        }
        for text in ["a: [", "a: 1\na: 2\n", "a: .nan"] {
            assert!(read_values(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_read_from_a_file_with_mistakes() {
        let name = |text: &str| flow_name(text).map(|name| name.to_string());
        assert_eq!(name("name: good\ntusks: {}\n").as_deref(), Some("good"));
        assert_eq!(name("name: Not good\n"), None);
        assert_eq!(name("tasks: {}\n"), None);
        assert_eq!(name("name: [\n"), None);
    }
}
