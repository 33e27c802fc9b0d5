//! The JSON Schema of the format, made of the same declarations that the walk follows.

use serde_json::{Map, Value, json};

use super::{
    definitions::Definitions,
    shape::{Noun as _, Shape as _},
    top::TopKeys,
};
use crate::expression::{FILTERS, FUNCTIONS, TESTS};

/// Where the schema is known by.
const ID: &str = "https://tidemill.dev/schema/flow-1.json";

/// What stands beside the schema for who writes expressions; to a validator it means nothing.
const EXPRESSIONS: &str = "x-expressions";

/// The JSON Schema (draft 2020-12) of a flow file, version 1.
///
/// It says what a schema can: keys, types, forms, which keys exclude each
/// other. Names, cycles, expressions and times are the checker's. Which functions, filters
/// and tests an expression may use stands under `x-expressions`.
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    TopKeys::schema(&mut definitions);
    let mut definitions = definitions.finish();
    let top = definitions.remove(TopKeys::NAME);
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "Tidemill flow, version 1".into());
    if let Some(Value::Object(top)) = top {
        schema.extend(top);
    }
    schema.insert("$defs".to_owned(), definitions.into());
    let builtins = json!({ "functions": FUNCTIONS, "filters": FILTERS, "tests": TESTS });
    schema.insert(EXPRESSIONS.to_owned(), builtins);
    Value::Object(schema)
}
