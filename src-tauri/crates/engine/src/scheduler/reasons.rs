//! Why a time of a schedule waits or was missed: a word for programs, a sentence for people.

use tidemill_schedule::{Held, MissedReason, NotStarted};
use tidemill_store::DueReason;

/// Where the machine was while times passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Away {
    /// This process ran, and did not look: the machine slept.
    Asleep,
    /// Nobody served the home, or its folder or file could not be read.
    Off,
}

fn reason(word: &str, message: impl Into<String>) -> DueReason {
    DueReason {
        word: word.to_owned(),
        message: message.into(),
    }
}

/// Of times that passed between two looks.
pub(super) fn passed(why: MissedReason, away: Away) -> DueReason {
    let rule = match why {
        MissedReason::Paused => return reason("paused", "the schedule was paused"),
        MissedReason::CatchupOff => "and it catches nothing up (`catchup: none`)",
        MissedReason::Superseded => "and a newer time runs in its place (`catchup: latest`)",
        MissedReason::TooOld => "and it was older than `catchup_within` when that was found",
    };
    match away {
        Away::Asleep => reason("asleep", format!("the machine slept, {rule}")),
        Away::Off => reason(
            "off",
            format!("Tidemill was not running or could not read its file, {rule}"),
        ),
    }
}

/// Of a time that waited; `why` is what holds its schedule back, where something does.
pub(super) fn not_started(not: NotStarted, why: &str) -> DueReason {
    match not {
        NotStarted::Overlap => reason(
            "overlap",
            "an earlier run of the same schedule had not ended, or still waited (`overlap: skip`)",
        ),
        NotStarted::Replaced => reason(
            "overlap",
            "the next time came before it ran (`overlap: cancel_running`)",
        ),
        NotStarted::Limit => reason("limit", "too many times of the schedule waited already"),
        NotStarted::TooOld => reason(
            "late",
            "it could not start within `catchup_within` of its time",
        ),
        NotStarted::Paused => reason("paused", "the schedule was paused before it started"),
        NotStarted::Condition | NotStarted::Unknown => reason("condition", why),
    }
}

/// Of a time that waits until what holds it back does so no more.
pub(super) fn held_back(held: Held, why: &str) -> DueReason {
    match held {
        Held::Condition | Held::Unknown => reason("condition", why),
        Held::Broken => reason("broken", why),
    }
}

/// Of a time that waits for its delay, or for runs before it.
pub(super) fn in_line() -> DueReason {
    reason(
        "waits",
        "it waits for its delay, or for runs of the same schedule before it",
    )
}

/// Of a time whose run was refused.
pub(super) fn refused(message: String) -> DueReason {
    reason("refused", message)
}

/// Of a time whose schedule is in no flow file any more.
pub(super) fn removed() -> DueReason {
    reason("removed", "its flow file has the schedule no more")
}

/// Of a time whose workspace may not fire any more.
pub(super) fn disabled() -> DueReason {
    reason("disabled", "its workspace was disabled on this machine")
}
