//! How much work a schema is: the validator follows every reference, and a
//! few that refer to each other twice over are more work than a machine can do.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// The most that a schema may weigh, each part counted as often as it is reached.
const MOST: u64 = 50_000;

/// Whether the schema is little enough work. A reference in a circle counts
/// once: it goes on only where the value does.
pub(super) fn is_bearable(schema: &Value) -> bool {
    let mut scale = Scale {
        root: schema,
        known: HashMap::new(),
        open: HashSet::new(),
    };
    scale.weigh(schema) <= MOST
}

struct Scale<'s> {
    root: &'s Value,
    known: HashMap<&'s str, u64>,
    open: HashSet<&'s str>,
}

impl<'s> Scale<'s> {
    /// Depth is that of the schema times that of its references, both bounded.
    fn weigh(&mut self, part: &'s Value) -> u64 {
        let inner = match part {
            Value::Array(items) => self.sum(items.iter()),
            Value::Object(keys) => {
                let own = self.sum(keys.values());
                let reference = keys.get("$ref").and_then(Value::as_str);
                own.saturating_add(reference.map_or(0, |reference| self.follow(reference)))
            }
            _ => 0,
        };
        inner.saturating_add(1)
    }

    fn sum(&mut self, parts: impl Iterator<Item = &'s Value>) -> u64 {
        parts.fold(0, |sum: u64, part| sum.saturating_add(self.weigh(part)))
    }

    fn follow(&mut self, reference: &'s str) -> u64 {
        if let Some(known) = self.known.get(reference) {
            return *known;
        }
        // References by anchor or to other documents are not followed here.
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer));
        let Some(target) = target else {
            return 1;
        };
        if self.open.len() > 64 || !self.open.insert(reference) {
            return 1;
        }
        let weight = self.weigh(target);
        self.open.remove(reference);
        self.known.insert(reference, weight);
        weight
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn doubling_is_too_much() {
        let doubling = |levels: usize| {
            let mut definitions = serde_json::Map::new();
            definitions.insert("s0".to_owned(), json!({ "type": "integer" }));
            for level in 0..levels {
                let below = json!({ "$ref": format!("#/$defs/s{level}") });
                definitions.insert(
                    format!("s{}", level + 1),
                    json!({ "allOf": [below, below] }),
                );
            }
            json!({ "$defs": definitions, "$ref": format!("#/$defs/s{levels}") })
        };
        assert!(is_bearable(&doubling(5)));
        assert!(!is_bearable(&doubling(20)));
        assert!(!is_bearable(&doubling(60)));
        assert!(is_bearable(
            &json!({ "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } } })
        ));
    }
}
