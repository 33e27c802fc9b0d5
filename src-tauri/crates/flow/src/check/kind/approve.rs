//! `approve`: a person's answer.

use crate::{
    Approve, Kind, OnExpiry, Template,
    check::{
        parameter::SchemaShape,
        shape::{
            DurationText, Or, Rule, SettingOf, Shape, TemplateText, Word, Words, converted, noun,
        },
        walk::Walk,
    },
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "approve",
    doc: "A person's answer; its output is what the person entered.",
    takes_defaults: false,
    cacheable: false,
    read: |node, walk| Some(Kind::Approve(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// A person's answer.
    Keys "approve" "`approve`" [Rule::Only("on_expiry", &["expires"])] {
        /// What the person is asked.
        "message" (required) message: TemplateText,
        /// A JSON Schema of what the person may enter.
        "fields" fields: SchemaShape,
        /// How long the question stands; by default for ever.
        "expires" expires: SettingOf<DurationText>,
        /// What happens then; by default `reject`.
        "on_expiry" on_expiry: Word<OnExpiry>,
    }
}

impl Words for OnExpiry {
    const WORDS: &'static [(&'static str, Self)] =
        &[("reject", Self::Reject), ("approve", Self::Approve)];
}

converted!(
    /// A message.
    Short = TemplateText => Approve,
    |message: Template, _: &mut Walk<'_>| Some(Approve {
        message,
        fields: None,
        expires: None,
        on_expiry: OnExpiry::default(),
    })
);

converted!(
    /// A question with more to say of it.
    Long = Keys => Approve,
    |keys: Keys, _: &mut Walk<'_>| Some(Approve {
        message: keys.message?,
        fields: keys.fields,
        expires: keys.expires,
        on_expiry: keys.on_expiry.unwrap_or_default(),
    })
);
