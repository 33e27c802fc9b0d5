//! Rows as they are gathered: objects with distinct keys, within a bound.

use std::sync::Arc;

use tidemill_flow::Value;

use crate::kinds::LARGEST_RESULT;

/// The rows came to more than a result may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Rows of the same columns.
pub(super) struct Rows {
    columns: Vec<Value>,
    /// What every row costs by its keys, in bytes of JSON.
    row_size: usize,
    size: usize,
    rows: Vec<Value>,
}

impl Rows {
    /// No rows yet; a name that comes again is given a number.
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<Arc<str>> = Vec::new();
        for column in columns {
            names.push(distinct(column, &names));
        }
        Self {
            row_size: names.iter().map(|name| name.len() + 4).sum::<usize>() + 2,
            columns: names.into_iter().map(Value::from).collect(),
            size: 0,
            rows: Vec::new(),
        }
    }

    /// Adds a row: its values in the columns' order, and how much they come to in bytes.
    pub(super) fn push(&mut self, values: Vec<Value>, size: usize) -> Result<(), TooLarge> {
        self.size += self.row_size + size;
        if self.size > LARGEST_RESULT {
            return Err(TooLarge);
        }
        let row = Value::from_pairs(self.columns.iter().cloned().zip(values));
        self.rows.push(row);
        Ok(())
    }

    /// All rows, as a list.
    pub(super) fn into_value(self) -> Value {
        Value::from(self.rows)
    }
}

/// What the output is where a statement gives no rows.
pub(super) fn rows_affected(count: u64) -> Value {
    Value::from_pairs([("rows_affected", count)])
}

/// What a result that is too large says.
pub(super) fn too_large() -> String {
    let limit = LARGEST_RESULT / (1024 * 1024);
    format!("the rows come to more than {limit} MiB")
}

fn distinct(column: &str, names: &[Arc<str>]) -> Arc<str> {
    let is_free = |name: &str| !names.iter().any(|known| known.as_ref() == name);
    if is_free(column) {
        return column.into();
    }
    (2..)
        .map(|number| format!("{column}_{number}"))
        .find(|name| is_free(name))
        .map_or_else(|| column.into(), Arc::from)
}
