//! Triggers: what else starts the flow.

use std::time::Duration;

use crate::{FileChange, FlowName, Name, Trigger, TriggerSource, diagnostic::Place};

use super::{
    shape::{
        AnyValue, Condition, DurationText, FlowNameText, ListOf, MapOf, NameText, Placed, Rule,
        Text, Word, Words, converted, noun,
    },
    walk::Walk,
    workspace::Given,
};

noun! {
    /// What else starts the flow.
    TriggerKeys "trigger" "a trigger" [
        Rule::ExactlyOne(&["file", "after", "webhook", "event", "absent"]),
        Rule::Only("on", &["file"]),
        Rule::Only("settle", &["file"]),
        Rule::Only("states", &["after"]),
        Rule::Only("when", &["event"]),
        Rule::Only("within", &["absent"]),
        Rule::Only("absent", &["within"]),
    ] {
        /// What it is known by.
        "name" name: NameText,
        /// Files that match a pattern, relative to the flow file's folder.
        "file" file: Placed<Text>,
        /// Which changes of a file count; by default created and modified.
        "on" on: ListOf<Word<FileChange>, 1>,
        /// How long a file must have been quiet; by default 1s.
        "settle" settle: DurationText,
        /// The end of another flow's run.
        "after" after: Placed<FlowNameText>,
        /// Which ends of it count; by default completed.
        "states" states: ListOf<Word<EndState>, 1>,
        /// A call of `hooks/NAME`.
        "webhook" webhook: NameText,
        /// An event.
        "event" event: Text,
        /// An expression over `trigger`: whether this event counts.
        "when" when: Condition,
        /// An expected event that did not come.
        "absent" absent: Text,
        /// For how long it did not come.
        "within" within: DurationText,
        /// Parameters of the runs that it starts, with expressions over `trigger`.
        "parameters" parameters: Placed<MapOf<Name, Placed<AnyValue>>>,
    }
}

/// A state in which a run ends.
#[derive(Clone, Copy)]
pub(crate) struct EndState(&'static str);

impl Words for EndState {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("completed", Self("completed")),
        ("skipped", Self("skipped")),
        ("failed", Self("failed")),
        ("timed_out", Self("timed_out")),
        ("crashed", Self("crashed")),
        ("cancelled", Self("cancelled")),
    ];
}

impl Words for FileChange {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("created", Self::Created),
        ("modified", Self::Modified),
        ("removed", Self::Removed),
    ];
}

/// A trigger with where it and its parameters stand.
pub(crate) struct PlacedTrigger {
    /// The trigger.
    pub(crate) trigger: Trigger,
    /// Where its parameters stand.
    pub(crate) given: Given,
    /// The flow that it waits for, and where that is named.
    pub(crate) after: Option<(FlowName, Place)>,
}

converted!(
    /// A trigger.
    TriggerShape = TriggerKeys => PlacedTrigger,
    |keys: TriggerKeys, walk: &mut Walk<'_>| trigger(keys, walk)
);

fn trigger(mut keys: TriggerKeys, walk: &mut Walk<'_>) -> Option<PlacedTrigger> {
    let after = keys.after.clone();
    let (parameters, given) = Given::split(keys.parameters.take(), keys.written.place);
    let name = keys.name.take();
    let source = source(keys, walk)?;
    Some(PlacedTrigger {
        trigger: Trigger {
            name,
            source,
            parameters,
        },
        given,
        after,
    })
}

fn source(keys: TriggerKeys, walk: &mut Walk<'_>) -> Option<TriggerSource> {
    if let Some((glob, place)) = keys.file {
        if let Err(error) = globset::Glob::new(&glob) {
            walk.error(place, format!("`{glob}` is no pattern: {}", error.kind()));
            return None;
        }
        return Some(TriggerSource::File {
            glob,
            on: keys
                .on
                .unwrap_or_else(|| vec![FileChange::Created, FileChange::Modified]),
            settle: keys.settle.unwrap_or(Duration::from_secs(1)),
        });
    }
    if let Some((flow, _)) = keys.after {
        let states = match keys.states {
            Some(states) => states.iter().map(|state| state.0.to_owned()).collect(),
            None => vec!["completed".to_owned()],
        };
        return Some(TriggerSource::After { flow, states });
    }
    if let Some(name) = keys.webhook {
        return Some(TriggerSource::Webhook(name));
    }
    if let Some(event) = keys.event {
        return Some(TriggerSource::Event {
            event,
            when: keys.when,
        });
    }
    Some(TriggerSource::Absent {
        event: keys.absent?,
        within: keys.within?,
    })
}
