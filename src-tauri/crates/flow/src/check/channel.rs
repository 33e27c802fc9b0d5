//! Where notifications go: the keys that `notify` rules and `notify` tasks share.

use crate::{Channel, Template};

/// The keys of channels, of which one stands.
pub(crate) const CHANNELS: &[&str] = &["desktop", "webhook", "slack", "email", "ntfy"];

/// The values of those keys.
pub(crate) struct ChannelFields {
    /// `desktop`
    pub(crate) desktop: Option<()>,
    /// `webhook`
    pub(crate) webhook: Option<Template>,
    /// `slack`
    pub(crate) slack: Option<Template>,
    /// `email`
    pub(crate) email: Option<Vec<Template>>,
    /// `ntfy`
    pub(crate) ntfy: Option<Template>,
}

impl ChannelFields {
    /// The one that stands there.
    pub(crate) fn channel(self) -> Option<Channel> {
        let desktop = self.desktop.map(|()| Channel::Desktop);
        desktop
            .or(self.webhook.map(Channel::Webhook))
            .or(self.slack.map(Channel::Slack))
            .or(self.email.map(Channel::Email))
            .or(self.ntfy.map(Channel::Ntfy))
    }
}
