//! A JSON value as a statement's parameter, in Postgres's own text form, which the
//! server reads as the type that the statement asks for.

use std::{error::Error, fmt::Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use serde_json::Value as Json;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type, to_sql_checked};

/// A parameter in text form; `None` is NULL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text(Option<String>);

/// The text form of a value for a type; an error says why there is none.
pub(super) fn bound(value: &Json, kind: &Type) -> Result<Text, String> {
    if let (Json::Array(items), Kind::Array(member)) = (value, kind.kind()) {
        return Ok(Text(Some(array(items, member)?)));
    }
    scalar(value, kind).map(Text)
}

fn scalar(value: &Json, kind: &Type) -> Result<Option<String>, String> {
    if matches!(*kind, Type::JSON | Type::JSONB) {
        return Ok((!value.is_null()).then(|| value.to_string()));
    }
    Ok(match value {
        Json::Null => None,
        Json::String(text) if *kind == Type::BYTEA => Some(binary(text)?),
        Json::String(text) if text.contains('\0') => {
            return Err("a text in Postgres cannot hold the character U+0000".to_owned());
        }
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    })
}

/// Base64 as Postgres's hexadecimal form, in which it may also stand already.
fn binary(text: &str) -> Result<String, String> {
    if text.starts_with("\\x") {
        return Ok(text.to_owned());
    }
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| format!("it is bound as bytea and is no base64: {error}"))?;
    let mut hexadecimal = String::with_capacity(2 + bytes.len() * 2);
    hexadecimal.push_str("\\x");
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    Ok(hexadecimal)
}

fn array(items: &[Json], member: &Type) -> Result<String, String> {
    let is_json = matches!(*member, Type::JSON | Type::JSONB);
    let elements = items.iter().map(|item| match item {
        Json::Array(inner) if !is_json => array(inner, member),
        _ => Ok(match scalar(item, member)? {
            None => "NULL".to_owned(),
            Some(text) => quoted(&text),
        }),
    });
    let elements: Vec<String> = elements.collect::<Result<_, String>>()?;
    Ok(format!("{{{}}}", elements.join(",")))
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_take_the_form_of_their_type() {
        let check = |value: Json, kind: Type, expected: Option<&str>| {
            let text = bound(&value, &kind).unwrap();
            assert_eq!(text.0.as_deref(), expected, "{value} as {kind}");
        };
        check(json!(null), Type::INT4, None);
        check(json!(null), Type::JSONB, None);
        check(json!(7), Type::INT4, Some("7"));
        check(json!(true), Type::BOOL, Some("true"));
        check(json!("it's"), Type::TEXT, Some("it's"));
        check(json!("a"), Type::JSONB, Some("\"a\""));
        check(json!([1, [2]]), Type::JSONB, Some("[1,[2]]"));
        check(json!({"a": 1}), Type::TEXT, Some("{\"a\":1}"));
        check(json!("AP8="), Type::BYTEA, Some("\\x00ff"));
        check(json!("\\x00ff"), Type::BYTEA, Some("\\x00ff"));
        check(json!([1, null]), Type::INT4_ARRAY, Some("{\"1\",NULL}"));
        check(json!([]), Type::INT4_ARRAY, Some("{}"));
        check(
            json!(["a\"b", "c\\d", "NULL"]),
            Type::TEXT_ARRAY,
            Some(r#"{"a\"b","c\\d","NULL"}"#),
        );
        check(
            json!([[1, 2], [3, 4]]),
            Type::INT4_ARRAY,
            Some(r#"{{"1","2"},{"3","4"}}"#),
        );
        check(json!("{1,2}"), Type::INT4_ARRAY, Some("{1,2}"));
    }

    #[test]
    fn what_has_no_form_is_said() {
        assert!(bound(&json!("!"), &Type::BYTEA).is_err());
        assert!(bound(&json!("a\0b"), &Type::TEXT).is_err());
    }
}
