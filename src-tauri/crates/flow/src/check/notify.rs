//! Top-level `notify`: who is told of what.

use crate::{NotifyEvent, NotifyRule};

use super::{
    channel::{CHANNELS, noun_with_channel},
    shape::{ListOf, Rule, Word, Words, converted},
    walk::Walk,
};

noun_with_channel! {
    /// Who is told of what.
    NotifyKeys "notify-rule" "a `notify` rule" [Rule::ExactlyOne(CHANNELS)] {
        /// At which events; by default failed, crashed and timed_out.
        "on" on: ListOf<Word<NotifyEvent>, 1>,
    }
}

/// What is told of where a rule does not say: a run that did not do its work.
const BY_DEFAULT: [NotifyEvent; 3] = [
    NotifyEvent::Failed,
    NotifyEvent::Crashed,
    NotifyEvent::TimedOut,
];

converted!(
    /// A rule.
    NotifyRuleShape = NotifyKeys => NotifyRule,
    |mut keys: NotifyKeys, _: &mut Walk<'_>| Some(NotifyRule {
        channel: keys.take_channel()?,
        on: keys.on.unwrap_or_else(|| BY_DEFAULT.to_vec()),
    })
);

impl Words for NotifyEvent {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("failed", Self::Failed),
        ("crashed", Self::Crashed),
        ("timed_out", Self::TimedOut),
        ("cancelled", Self::Cancelled),
        ("completed", Self::Completed),
        ("recovered", Self::Recovered),
        ("late", Self::Late),
        ("missed", Self::Missed),
        ("slow", Self::Slow),
    ];
}
