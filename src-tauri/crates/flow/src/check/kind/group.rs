//! `tasks`: a group of tasks.

use crate::{
    Kind,
    check::{shape::Shape, task::Tasks},
};

use super::{Body, KindKey};

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "tasks",
    doc: "A group: inner tasks by name. Its output is the map of their outputs.",
    takes_defaults: false,
    cacheable: false,
    read: |node, walk| {
        let inner = Tasks::read(node, walk)?;
        // Their numbers are known once all tasks are read.
        let kind = Kind::Group(Vec::new());
        Some(Body { kind, inner })
    },
    schema: Tasks::schema,
};
