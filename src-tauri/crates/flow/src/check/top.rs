//! The top level of a flow file.

use crate::{Concurrency, OnConflict};

use super::{
    notify::NotifyRuleShape,
    options::{DefaultKeys, EnvMap},
    parameter::Parameters,
    schedules::ScheduleShape,
    sees,
    shape::{
        AnyValue, DurationText, FlowNameText, ListOf, Over, Placed, Positive, See, Text, Word,
        Words, converted, noun,
    },
    task::Tasks,
    triggers::TriggerShape,
    walk::{Sees, Walk},
};

noun! {
    /// A flow: tasks, what they need, when they run, who is told.
    TopKeys "flow" "a flow file" [] {
        /// The flow's name.
        "name" (required) name: Placed<FlowNameText>,
        /// For people: Markdown.
        "description" description: Text,
        /// Words to find the flow by.
        "tags" tags: ListOf<Text>,
        /// Parameters by name: a JSON Schema with `default`, or a plain value, which is the default and gives the type.
        "parameters" parameters: Parameters,
        /// The environment of every shell and python task; null unsets.
        "env" env: Over<Shared, EnvMap>,
        /// Options that every task gets unless it says otherwise.
        "defaults" defaults: Over<Shared, DefaultKeys>,
        /// When the flow is due.
        "schedules" schedules: Over<Due, ListOf<ScheduleShape>>,
        /// What else starts the flow.
        "triggers" triggers: Over<Event, ListOf<TriggerShape>>,
        /// How runs of this flow may overlap.
        "concurrency" concurrency: ConcurrencyShape,
        /// The whole run's time.
        "timeout" timeout: DurationText,
        /// Who is told of what.
        "notify" notify: Over<Shared, ListOf<NotifyRuleShape>>,
        /// The tasks by name.
        "tasks" (required) tasks: Over<InTask, Tasks>,
        /// The run's result.
        "output" output: Over<Outcome, AnyValue>,
    }
}

macro_rules! place {
    ($($name:ident => $sees:expr),*) => {
        $(
            /// A place of the file.
            pub(crate) struct $name;

            impl See for $name {
                fn see(_: Sees) -> Sees {
                    $sees
                }
            }
        )*
    };
}

place! {
    Shared => sees::SHARED,
    Due => sees::DUE,
    Event => sees::EVENT,
    InTask => sees::TASK,
    Outcome => sees::RESULT
}

noun! {
    /// How runs of this flow may overlap.
    ConcurrencyKeys "concurrency" "`concurrency`" [] {
        /// How many at once.
        "limit" (required) limit: Positive,
        /// What happens to one more: it waits (`queue`, the default), is recorded as Skipped (`skip`), or the oldest one is cancelled.
        "on_conflict" on_conflict: Word<OnConflict>,
    }
}

impl Words for OnConflict {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("queue", Self::Queue),
        ("skip", Self::Skip),
        ("cancel_running", Self::CancelRunning),
    ];
}

converted!(
    /// How runs of this flow may overlap.
    ConcurrencyShape = ConcurrencyKeys => Concurrency,
    |keys: ConcurrencyKeys, _: &mut Walk<'_>| Some(Concurrency {
        limit: keys.limit?,
        on_conflict: keys.on_conflict.unwrap_or(OnConflict::Queue),
    })
);
