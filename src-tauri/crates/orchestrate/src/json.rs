//! Values as JSON can say them, and lists of them.

use minijinja::value::ValueKind;
use tidemill_flow::{
    Value,
    template::{from_json, to_json},
};

/// A value as it will be read back from the store: what an expression computes
/// lazily, or JSON cannot say, is made plain.
pub(crate) fn plain(value: Value) -> Value {
    match value.kind() {
        ValueKind::Undefined => Value::from(()),
        ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::String => value,
        ValueKind::Seq | ValueKind::Map if is_plain(&value) => value,
        _ => from_json(&to_json(&value)),
    }
}

/// Whether a value is a list or a mapping as JSON is read into.
fn is_plain(value: &Value) -> bool {
    value.downcast_object_ref::<Vec<Value>>().is_some() || value.kind() == ValueKind::Map
}

/// A list whose items are read by number at once; `None`: the value is no list.
pub(crate) fn list(value: &Value) -> Option<Value> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return None;
    }
    if value.downcast_object_ref::<Vec<Value>>().is_some() {
        return Some(value.clone());
    }
    let items: Vec<Value> = value.try_iter().ok()?.collect();
    Some(Value::from(items))
}
