//! Top-level `notify`: who is told of what.

use crate::{NotifyEvent, NotifyRule};

use super::{
    channel::{CHANNELS, ChannelFields},
    sees::Secret,
    shape::{ListOf, Over, Rule, TemplateText, True, Word, Words, converted, noun},
    walk::Walk,
};

noun! {
    /// Who is told of what.
    NotifyKeys "notify-rule" "a `notify` rule" [Rule::ExactlyOne(CHANNELS)] {
        /// At which events; by default failed, crashed and timed_out.
        "on" on: ListOf<Word<NotifyEvent>, 1>,
        /// The desktop of the person who runs the engine.
        "desktop" desktop: True,
        /// A POST to this URL.
        "webhook" webhook: Over<Secret, TemplateText>,
        /// A Slack incoming webhook's URL.
        "slack" slack: Over<Secret, TemplateText>,
        /// E-mail addresses.
        "email" email: ListOf<TemplateText, 1>,
        /// An ntfy topic's URL.
        "ntfy" ntfy: Over<Secret, TemplateText>,
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
    |keys: NotifyKeys, _: &mut Walk<'_>| {
        let fields = ChannelFields {
            desktop: keys.desktop,
            webhook: keys.webhook,
            slack: keys.slack,
            email: keys.email,
            ntfy: keys.ntfy,
        };
        Some(NotifyRule {
            on: keys.on.unwrap_or_else(|| BY_DEFAULT.to_vec()),
            channel: fields.channel()?,
        })
    }
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
