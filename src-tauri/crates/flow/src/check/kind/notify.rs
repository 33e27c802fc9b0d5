//! `notify`: a message to people.

use crate::{
    Kind, NotifyTask, Template,
    check::{
        channel::{CHANNELS, ChannelFields},
        sees::Secret,
        shape::{ListOf, Or, Over, Rule, Shape, TemplateText, True, converted, noun},
        walk::Walk,
    },
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "notify",
    doc: "A message to people.",
    takes_defaults: false,
    cacheable: false,
    read: |node, walk| Some(Kind::Notify(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// A message to people.
    Keys "notify" "`notify`" [Rule::AtMostOne(CHANNELS)] {
        /// Its title.
        "title" title: TemplateText,
        /// Its text.
        "message" (required) message: TemplateText,
        /// To the desktop; this is the default.
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

converted!(
    /// A message.
    Short = TemplateText => NotifyTask,
    |message: Template, _: &mut Walk<'_>| Some(NotifyTask { title: None, message, channel: None })
);

converted!(
    /// A message with more to say of it.
    Long = Keys => NotifyTask,
    |keys: Keys, _: &mut Walk<'_>| {
        let fields = ChannelFields {
            desktop: keys.desktop,
            webhook: keys.webhook,
            slack: keys.slack,
            email: keys.email,
            ntfy: keys.ntfy,
        };
        Some(NotifyTask {
            title: keys.title,
            message: keys.message?,
            channel: fields.channel(),
        })
    }
);
