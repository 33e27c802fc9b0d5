//! Values as JSON can say them, and lists of them.

use minijinja::value::ValueKind;
use tidemill_flow::{
    Value,
    template::{from_json, to_json},
};

/// How deep a value is looked into before it is rather made anew.
const DEPTH: u32 = 32;

/// A value as it will be read back from the store: what an expression computes
/// lazily, or JSON cannot say, is made plain.
pub(crate) fn plain(value: Value) -> Value {
    if is_plain(&value, DEPTH) {
        value
    } else {
        from_json(&to_json(&value))
    }
}

/// Whether a value is one that JSON is read into.
fn is_plain(value: &Value, depth: u32) -> bool {
    match value.kind() {
        ValueKind::None | ValueKind::Bool | ValueKind::String => true,
        ValueKind::Number => {
            let number = f64::try_from(value.clone());
            value.is_integer() || number.is_ok_and(f64::is_finite)
        }
        ValueKind::Seq if depth > 0 => {
            let items = value.downcast_object_ref::<Vec<Value>>();
            items.is_some_and(|items| items.iter().all(|item| is_plain(item, depth - 1)))
        }
        ValueKind::Map if depth > 0 => is_plain_map(value, depth - 1),
        _ => false,
    }
}

fn is_plain_map(value: &Value, depth: u32) -> bool {
    let Ok(mut keys) = value.try_iter() else {
        return false;
    };
    keys.all(|key| {
        let entry = value.get_item(&key);
        key.as_str().is_some() && entry.is_ok_and(|entry| is_plain(&entry, depth))
    })
}

/// A list, plain, whose items are read by number at once; `None`: the value is no list.
pub(crate) fn list(value: &Value) -> Option<Value> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Some(plain(value.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tidemill_flow::{Scope, Template};

    use super::*;

    fn evaluate(text: &str) -> Value {
        let template = Template::text(text).unwrap();
        template.evaluate(&Scope::root(Vec::new())).unwrap()
    }

    #[test]
    fn what_is_computed_lazily_is_made_plain() {
        let rows = [
            "{{ range(3) }}",
            "{{ {\"a\": range(3)} }}",
            "{{ [1, [range(2)]] }}",
            "{{ ([1] + [2])[1:] }}",
            "{{ {1: 2} }}",
            "{{ \"a\" }}",
            "{{ 1.5 }}",
            "{{ none }}",
        ];
        for text in rows {
            let value = evaluate(text);
            let found = plain(value.clone());
            assert!(is_plain(&found, DEPTH), "{text}");
            assert_eq!(to_json(&found), to_json(&value), "{text}");
        }
    }

    #[test]
    fn what_is_plain_is_not_copied() {
        let value = from_json(&serde_json::json!({"a": [1, {"b": null}], "c": 1.5}));
        assert!(is_plain(&value, DEPTH));
        let list = from_json(&serde_json::json!([1, 2]));
        assert!(super::list(&list).is_some_and(|list| is_plain(&list, DEPTH)));
        assert!(super::list(&Value::from(1)).is_none());
    }
}
