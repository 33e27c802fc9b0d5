//! `value`: any JSON value with expressions in it.

use crate::{
    Kind,
    check::shape::{AnyValue, Shape},
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "value",
    doc: "Any JSON value with expressions in it; its output is the value, types kept.",
    takes_defaults: false,
    cacheable: true,
    read: |node, walk| Some(Kind::Value(AnyValue::read(node, walk)?).into()),
    schema: AnyValue::schema,
};
