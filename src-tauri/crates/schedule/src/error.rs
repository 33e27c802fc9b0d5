//! What can be wrong with the text of a schedule, with the mend beside it as data.

/// A mistake in a text of the flow format that says when something happens.
///
/// The message names what was written and why it is wrong; [`Error::mend`] says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A cron expression is wrong as a whole.
    #[error("cron `{text}` {cause}")]
    Cron {
        /// The expression as written.
        text: String,
        /// Why it is wrong.
        cause: String,
        /// What to write instead.
        mend: String,
    },
    /// One field of a cron expression is wrong.
    #[error("cron field {field}: `{text}` {cause}")]
    CronField {
        /// The field's name: `second`, `minute`, `hour`, `day-of-month`, `month` or `day-of-week`.
        field: &'static str,
        /// The offending part of the field.
        text: String,
        /// Why it is wrong.
        cause: String,
        /// What to write instead.
        mend: String,
    },
    /// A recurrence rule is wrong.
    #[error("rrule {part}: `{text}` {cause}")]
    RRule {
        /// The rule part's name, as `BYDAY`; `rule` for the whole.
        part: String,
        /// The offending part of the text.
        text: String,
        /// Why it is wrong.
        cause: String,
        /// What to write instead.
        mend: String,
    },
    /// A text is no duration.
    #[error("duration `{text}` {cause}")]
    Duration {
        /// The text as written.
        text: String,
        /// Why it is wrong.
        cause: String,
        /// What to write instead.
        mend: String,
    },
    /// A text is no point in time.
    #[error("time `{text}` {cause}")]
    Time {
        /// The text as written.
        text: String,
        /// Why it is wrong.
        cause: String,
        /// What to write instead.
        mend: String,
    },
    /// A text is no known time zone.
    #[error("timezone `{text}` is not known")]
    Zone {
        /// The text as written.
        text: String,
        /// What to write instead.
        mend: String,
    },
}

impl Error {
    /// What to write instead, as a fragment: `write 0 or 7 for Sunday`.
    #[must_use]
    pub fn mend(&self) -> &str {
        match self {
            Self::Cron { mend, .. }
            | Self::CronField { mend, .. }
            | Self::RRule { mend, .. }
            | Self::Duration { mend, .. }
            | Self::Time { mend, .. }
            | Self::Zone { mend, .. } => mend,
        }
    }
}
