//! The top level of a flow: everything that is not a task.

use std::time::Duration;

use indexmap::IndexMap;
use tidemill_schedule::Schedule;

use crate::{Env, FlowName, Name, TaskGraph, Uses, template::Template};

/// A checked flow. Built by `check` only.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The flow's name.
    pub name: FlowName,
    /// SHA-256 of the file's bytes, as 64 lower-case hexadecimal digits.
    pub version: String,
    /// Markdown, for people.
    pub description: Option<String>,
    /// Words to find the flow by.
    pub tags: Vec<String>,
    /// Parameters in the file's order.
    pub parameters: IndexMap<Name, Parameter>,
    /// The flow's own environment. Already merged into every task's.
    pub env: Env,
    /// When the flow is due.
    pub schedules: Vec<FlowSchedule>,
    /// What else starts the flow.
    pub triggers: Vec<Trigger>,
    /// How runs of this flow may overlap; `None`: without limit.
    pub concurrency: Option<Concurrency>,
    /// The whole run's time.
    pub timeout: Option<Duration>,
    /// Who is told of what.
    pub notify: Vec<NotifyRule>,
    /// The tasks.
    pub tasks: TaskGraph,
    /// The run's result.
    pub output: Option<Template>,
    /// What it needs of the home.
    pub uses: Uses,
}

/// A parameter of a flow.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its JSON Schema (2020-12), without nothing: `true` where anything goes.
    pub schema: serde_json::Value,
    /// Its default; `None`: required.
    pub default: Option<serde_json::Value>,
}

/// A schedule with the parameters that its runs get.
#[derive(Clone, Debug)]
pub struct FlowSchedule {
    /// When.
    pub schedule: Schedule,
    /// Parameters of the runs that it starts (templates over `run`, `vars`, `env`).
    pub parameters: IndexMap<Name, Template>,
}

/// How runs of one flow may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// How many at once, at least 1.
    pub limit: u32,
    /// What happens to one more.
    pub on_conflict: OnConflict,
}

/// What happens to a run that finds the limit reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// It waits for its turn.
    Queue,
    /// It is recorded as Skipped.
    Skip,
    /// The oldest running one is cancelled.
    CancelRunning,
}

/// What else starts a flow.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Its name, if it was given one.
    pub name: Option<Name>,
    /// What it looks at.
    pub source: TriggerSource,
    /// Parameters of the runs that it starts (templates over `trigger`).
    pub parameters: IndexMap<Name, Template>,
}

/// What a trigger looks at.
#[derive(Clone, Debug)]
pub enum TriggerSource {
    /// Files that match a pattern, relative to the flow file's folder.
    File {
        /// The pattern.
        glob: String,
        /// Which changes count.
        on: Vec<FileChange>,
        /// How long a file must have been quiet.
        settle: Duration,
    },
    /// The end of another flow's run.
    After {
        /// The other flow.
        flow: FlowName,
        /// State names that count, such as `Completed` in lower case.
        states: Vec<String>,
    },
    /// A call of `hooks/NAME`.
    Webhook(Name),
    /// An event.
    Event {
        /// Its name.
        event: String,
        /// Whether this one counts.
        when: Option<Template>,
    },
    /// An event that did not come.
    Absent {
        /// Its name.
        event: String,
        /// For how long.
        within: Duration,
    },
}

/// A change of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// It is new.
    Created,
    /// Its content is new.
    Modified,
    /// It is gone.
    Removed,
}

/// Who is told of what.
#[derive(Clone, Debug)]
pub struct NotifyRule {
    /// At which events.
    pub on: Vec<NotifyEvent>,
    /// Where to.
    pub channel: Channel,
}

/// What can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the word of the flow file")]
pub enum NotifyEvent {
    Failed,
    Crashed,
    TimedOut,
    Cancelled,
    Completed,
    Recovered,
    Late,
    Missed,
    Slow,
}

/// Where a notification goes.
#[derive(Clone, Debug)]
pub enum Channel {
    /// The desktop of the person who runs the engine.
    Desktop,
    /// A POST to a URL.
    Webhook(Template),
    /// A Slack incoming webhook.
    Slack(Template),
    /// E-mail addresses, at least one.
    Email(Vec<Template>),
    /// An ntfy topic's URL.
    Ntfy(Template),
}
