//! What expressions see in the places of a flow file.

use super::{shape::See, walk::Sees};

/// In a task: everything but `output`, `error` and `secrets`.
pub(crate) const TASK: Sees = Sees {
    params: true,
    trigger: true,
    tasks: true,
    item: true,
    output: false,
    error: false,
    secrets: false,
};

/// In what every task gets: no task is there yet, and no item.
pub(crate) const SHARED: Sees = Sees {
    tasks: false,
    item: false,
    ..TASK
};

/// In the flow's `output`.
pub(crate) const RESULT: Sees = Sees {
    item: false,
    ..TASK
};

/// In what a schedule gives to its runs.
pub(crate) const DUE: Sees = Sees {
    params: false,
    trigger: false,
    ..SHARED
};

/// In a trigger.
pub(crate) const EVENT: Sees = Sees {
    trigger: true,
    ..DUE
};

macro_rules! see {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $value:literal),* })*) => {
        $(
            $(#[doc = $doc])*
            pub(crate) struct $name;

            impl See for $name {
                fn see(around: Sees) -> Sees {
                    Sees { $($field: $value,)* ..around }
                }
            }
        )*
    };
}

see! {
    /// Secrets may stand here.
    Secret { secrets: true }
    /// The task's own items are not known yet.
    Unmapped { item: false }
    /// A turn's output is there.
    Turn { output: true }
    /// An attempt's error is there.
    Failure { error: true }
}
