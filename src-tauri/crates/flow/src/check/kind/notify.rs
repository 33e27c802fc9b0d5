//! `notify`: a message to people.

use crate::{
    Kind, NotifyTask, Template,
    check::{
        channel::{CHANNELS, noun_with_channel},
        shape::{Or, Rule, Shape, TemplateText, converted},
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

noun_with_channel! {
    /// A message to people; without a channel, to the desktop.
    Keys "notify" "`notify`" [Rule::AtMostOne(CHANNELS)] {
        /// Its title.
        "title" title: TemplateText,
        /// Its text.
        "message" (required) message: TemplateText,
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
    |mut keys: Keys, _: &mut Walk<'_>| Some(NotifyTask {
        channel: keys.take_channel(),
        title: keys.title,
        message: keys.message?,
    })
);
