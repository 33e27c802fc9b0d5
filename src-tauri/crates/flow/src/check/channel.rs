//! Where notifications go: the keys that `notify` rules and `notify` tasks share.

use super::{
    sees::Secret,
    shape::{ListOf, Over, TemplateText},
};

/// The keys of channels, of which one stands.
pub(crate) const CHANNELS: &[&str] = &["desktop", "webhook", "slack", "email", "ntfy"];

/// A URL, which may hold a secret.
pub(crate) type Url = Over<Secret, TemplateText>;

/// E-mail addresses.
pub(crate) type Addresses = ListOf<TemplateText, 1>;

/// Declares a noun with the keys of channels behind its own, and gives it the channel
/// that stands there.
///
/// ```text
/// noun_with_channel! {
///     /// What it is for.
///     Name "name-in-schema" "its title, with an article" [rules] {
///         /// What the key means.
///         "key" (required)? field: Shape,
///     }
/// }
/// ```
macro_rules! noun_with_channel {
    (
        $(#[doc = $doc:literal])*
        $name:ident $schema_name:literal $title:literal [$($rule:expr),*] {
            $($keys:tt)*
        }
    ) => {
        $crate::check::shape::noun! {
            $(#[doc = $doc])*
            $name $schema_name $title [$($rule),*] {
                $($keys)*
                /// The desktop of the person who runs the engine.
                "desktop" desktop: $crate::check::shape::True,
                /// A POST to this URL.
                "webhook" webhook: $crate::check::channel::Url,
                /// A Slack incoming webhook's URL.
                "slack" slack: $crate::check::channel::Url,
                /// E-mail addresses.
                "email" email: $crate::check::channel::Addresses,
                /// An ntfy topic's URL.
                "ntfy" ntfy: $crate::check::channel::Url,
            }
        }

        impl $name {
            /// The channel that stands there; takes it out.
            fn take_channel(&mut self) -> Option<$crate::Channel> {
                let desktop = self.desktop.take().map(|()| $crate::Channel::Desktop);
                desktop
                    .or(self.webhook.take().map($crate::Channel::Webhook))
                    .or(self.slack.take().map($crate::Channel::Slack))
                    .or(self.email.take().map($crate::Channel::Email))
                    .or(self.ntfy.take().map($crate::Channel::Ntfy))
            }
        }
    };
}

pub(crate) use noun_with_channel;
