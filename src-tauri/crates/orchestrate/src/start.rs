//! What a run starts from: the same again when it is recovered.

use std::{num::NonZeroU32, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use tidemill_flow::{Flow, Value};

use crate::{RunId, Trial};

/// What a run starts from. All of it but `slots` is recorded with the run, so
/// that it is the same when the run is recovered.
#[derive(Clone, Debug)]
pub struct RunStart {
    /// The flow, checked.
    pub flow: Arc<Flow>,
    /// The run's id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// Its parameters, validated, defaults filled in: a mapping.
    pub parameters: Value,
    /// `vars` in expressions: a mapping.
    pub variables: Value,
    /// `env` in expressions: a mapping from name to text.
    pub environment: Value,
    /// The time that it was due at, where a schedule started it.
    pub scheduled_for: Option<Timestamp>,
    /// `trigger` in expressions; null where none started it.
    pub trigger: Value,
    /// `run.dir` in expressions: the run's scratch folder.
    pub directory: String,
    /// How it differs from a run of the whole flow, where a person tries a part.
    pub trial: Option<Arc<Trial>>,
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// How many attempts of code may run at once.
    pub slots: NonZeroU32,
}
