//! `wait`: nothing, for a while.

use std::time::Duration;

use serde_json::Value;
use tidemill_schedule::{Time, duration};

use crate::{
    Kind, Setting, Template, Wait,
    check::{
        definitions::Definitions,
        shape::{DurationText, Or, Placed, Rule, SettingOf, Shape, TemplateText, converted, noun},
        walk::Walk,
    },
    diagnostic::Place,
    yaml::Node,
};

use super::KindKey;

/// The kind.
pub(crate) const KIND: KindKey = KindKey {
    name: "wait",
    doc: "Nothing, for a while; it survives a restart.",
    takes_defaults: false,
    cacheable: false,
    read: |node, walk| Some(Kind::Wait(Form::read(node, walk)?).into()),
    schema: Form::schema,
};

type Form = Or<Short, Long>;

noun! {
    /// Nothing, for a while.
    Keys "wait" "`wait`" [Rule::ExactlyOne(&["for", "until", "file"])] {
        /// So long.
        "for" duration: SettingOf<WaitText>,
        /// Until a time: RFC 3339, or without an offset in local time.
        "until" until: Placed<TemplateText>,
        /// Until this file is there, relative to the flow file's folder.
        "file" file: TemplateText,
    }
}

converted!(
    /// So long.
    Short = SettingOf<WaitText> => Wait,
    |duration: Setting<Duration>, _: &mut Walk<'_>| Some(Wait::For(duration))
);

converted!(
    /// For a while that is said in another way.
    Long = Keys => Wait,
    |keys: Keys, walk: &mut Walk<'_>| {
        if let Some(duration) = keys.duration {
            return Some(Wait::For(duration));
        }
        if let Some((until, place)) = keys.until {
            check_time(&until, place, walk);
            return Some(Wait::Until(until));
        }
        keys.file.map(Wait::File)
    }
);

/// A time that is known now is checked now.
fn check_time(until: &Template, place: Place, walk: &mut Walk<'_>) {
    let Some(constant) = until.as_constant() else {
        return;
    };
    if let Err(error) = Time::parse(constant.as_str().unwrap_or_default()) {
        walk.error_with_hint(place, error.to_string(), error.mend());
    }
}

/// A duration; a time in its place is told apart.
pub(crate) struct WaitText;

impl Shape for WaitText {
    type Output = Duration;

    fn fits(node: &Node) -> bool {
        DurationText::fits(node)
    }

    fn read(node: &Node, walk: &mut Walk<'_>) -> Option<Duration> {
        match node.as_text() {
            Some(text) if duration::parse(text).is_err() && Time::parse(text).is_ok() => {
                let hint = format!("write `until: {text}`");
                walk.expected(node, "a duration", Some(&hint));
                None
            }
            _ => DurationText::read(node, walk),
        }
    }

    fn expected() -> String {
        DurationText::expected()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        DurationText::schema(definitions)
    }
}
