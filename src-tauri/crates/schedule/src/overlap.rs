//! What happens when a schedule's time comes while runs of it are still there. Decides; starts nothing.

/// What a schedule does when its time comes and runs of the same schedule have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Overlap {
    /// The new run is not started (`skip`).
    #[default]
    Skip,
    /// The new run waits for those before it (`queue`).
    Queue,
    /// Those before it are cancelled and the new run starts (`cancel_running`).
    CancelRunning,
    /// The new run starts beside them (`allow`).
    Allow,
}

/// The runs of one schedule that have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Active {
    /// Runs that have started.
    pub running: usize,
    /// Runs that wait for those.
    pub queued: usize,
}

/// What to do with a run whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Start it now.
    Start,
    /// Record it as skipped.
    Skip,
    /// Let it wait; start it when the runs before it have ended.
    Queue,
    /// Cancel every run of the schedule that has not ended, waiting ones too, then start it.
    CancelAndStart,
}

impl Overlap {
    /// Every policy with its word in the flow file.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("skip", Self::Skip),
        ("queue", Self::Queue),
        ("cancel_running", Self::CancelRunning),
        ("allow", Self::Allow),
    ];

    /// Decides on a run whose time has come, given the runs of the same schedule that have not ended.
    #[must_use]
    pub fn admit(self, active: Active) -> Admission {
        if active == Active::default() {
            return Admission::Start;
        }
        match self {
            Self::Skip => Admission::Skip,
            Self::Queue => Admission::Queue,
            Self::CancelRunning => Admission::CancelAndStart,
            Self::Allow => Admission::Start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decides_by_what_has_not_ended() {
        use Admission::{CancelAndStart, Queue, Skip, Start};
        for (policy, idle, running, waiting) in [
            (Overlap::Skip, Start, Skip, Skip),
            (Overlap::Queue, Start, Queue, Queue),
            (
                Overlap::CancelRunning,
                Start,
                CancelAndStart,
                CancelAndStart,
            ),
            (Overlap::Allow, Start, Start, Start),
        ] {
            let admit = |running, queued| policy.admit(Active { running, queued });
            assert_eq!(admit(0, 0), idle, "{policy:?}");
            assert_eq!(admit(1, 0), running, "{policy:?}");
            assert_eq!(admit(0, 1), waiting, "{policy:?}");
            assert_eq!(admit(3, 2), running, "{policy:?}");
        }
    }
}
