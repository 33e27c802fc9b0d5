//! Values as JSON can say them, and lists of them.

use minijinja::value::ValueKind;
use tidemill_flow::{
    Value,
    template::{from_json, to_json},
};

/// How deep a value is looked into before it is rather made anew.
const DEPTH: u32 = 32;

/// How deep what an expression makes may be nested. Whoever reads, writes or masks a
/// value recurses along it, expressions over outputs could nest without end, and the
/// readers of JSON commonly end at 128.
const DEEPEST: u32 = 100;

/// A value that is nested too deep to be an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its value is nested more than {DEEPEST} deep")]
pub(crate) struct TooDeep;

/// A value as it will be read back from the store: what an expression computes
/// lazily, or JSON cannot say, is made plain.
pub(crate) fn plain(value: Value) -> Result<Value, TooDeep> {
    if is_plain(&value, DEPTH) {
        return Ok(value);
    }
    match is_deeper(&value, DEEPEST + 1) {
        true => Err(TooDeep),
        false => Ok(from_json(&to_json(&value))),
    }
}

/// Whether a value is nested deeper than this.
fn is_deeper(value: &Value, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    let inner = |item: &Value| is_deeper(item, depth);
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .is_ok_and(|mut items| items.any(|item| inner(&item))),
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.any(|key| value.get_item(&key).is_ok_and(|item| inner(&item)))
        }),
        _ => false,
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
pub(crate) fn list(value: &Value) -> Option<Result<Value, TooDeep>> {
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
            let found = plain(value.clone()).unwrap();
            assert!(is_plain(&found, DEPTH), "{text}");
            assert_eq!(to_json(&found), to_json(&value), "{text}");
        }
    }

    #[test]
    fn what_is_plain_is_not_copied() {
        let value = from_json(&serde_json::json!({"a": [1, {"b": null}], "c": 1.5}));
        assert!(is_plain(&value, DEPTH));
        let list = from_json(&serde_json::json!([1, 2]));
        assert!(super::list(&list).is_some_and(|list| is_plain(&list.unwrap(), DEPTH)));
        assert!(super::list(&Value::from(1)).is_none());
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let nested =
            |depth: u32| (0..depth).fold(Value::from(1), |inner, _| Value::from_iter([inner]));
        assert!(plain(nested(DEEPEST)).is_ok());
        assert_eq!(plain(nested(DEEPEST + 1)).unwrap_err(), TooDeep);
        assert_eq!(plain(nested(1_000)).unwrap_err(), TooDeep);
    }
}
