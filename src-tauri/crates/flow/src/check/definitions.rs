//! The `$defs` of the JSON Schema while it is being made: one a noun.

use serde_json::{Map, Value, json};

/// Schemas by name, each made once.
#[derive(Default)]
pub(crate) struct Definitions {
    made: Map<String, Value>,
}

impl Definitions {
    /// A reference to the schema of this name, which is made if it is not there.
    pub(crate) fn refer(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.made.contains_key(name) {
            // Its place is taken first: a schema may refer to itself.
            self.made.insert(name.to_owned(), Value::Null);
            let schema = make(self);
            self.made.insert(name.to_owned(), schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// All of them.
    pub(crate) fn finish(self) -> Map<String, Value> {
        self.made
    }
}
