//! What a flow needs of the home it runs in: the checker lists it, others look whether it is there.

use crate::diagnostic::Place;

/// Something of the home that a flow names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// Where the flow file names it.
    pub place: Place,
}

/// What a flow needs of the home, every mention, in the file's order of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Variables: `vars.NAME`.
    pub variables: Vec<Use>,
    /// Secrets: `secrets.NAME`, and those that sign webhooks are not among them.
    pub secrets: Vec<Use>,
    /// The process's environment: `env.NAME`.
    pub environment: Vec<Use>,
    /// Limits.
    pub limits: Vec<Use>,
    /// Work pools other than `local`.
    pub pools: Vec<Use>,
}
