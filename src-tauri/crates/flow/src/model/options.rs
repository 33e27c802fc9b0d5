//! The options of tasks.

use std::time::Duration;

use indexmap::IndexMap;

use crate::{Name, Setting, template::Template};

/// An environment: a name to its value, or to `None` where it is unset.
pub type Env = IndexMap<String, Option<Template>>;

/// The list that a mapped task goes through, and what it calls an item.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// The list, or a template for one.
    pub list: Template,
    /// The name of the item in scope: `item` unless the file says otherwise.
    pub name: Name,
}

/// Run a task again until a condition holds.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Over `output`, beside what the task sees.
    pub condition: Template,
    /// Whether the condition ends the turns (`until`) or continues them (`while`).
    pub until: bool,
    /// At most so many turns; `None`: without bound.
    pub max: Option<u32>,
    /// Between two turns; over `output`, as the condition.
    pub delay: Setting<Duration>,
}

/// What happens after a failed attempt.
#[derive(Clone, Debug, Default)]
pub struct Retries {
    /// Attempts after the first.
    pub max: u32,
    /// Delays in order; the last repeats; empty: none.
    pub delays: Vec<Duration>,
    /// How a delay grows.
    pub backoff: Backoff,
    /// No delay is longer.
    pub max_delay: Option<Duration>,
    /// 0 to 1: each delay is multiplied by 1 ± this.
    pub jitter: f64,
    /// Over `error`: whether this failure is worth a retry.
    pub when: Option<Template>,
}

/// How the delay between attempts grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backoff {
    /// It does not.
    #[default]
    Fixed,
    /// It doubles each time.
    Exponential,
}

/// Whether an earlier result may stand for a new one.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// What a result is known by; `None`: all that can change it.
    pub key: Option<Template>,
    /// How long a result stands; `None`: for ever.
    pub expires: Option<Setting<Duration>>,
    /// True: run anyway and keep the new result.
    pub refresh: Option<Template>,
}
