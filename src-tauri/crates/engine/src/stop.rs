//! Asking an attempt to end: first politely, then at once.
//!
//! Not here: how a process tree is ended.

use tokio::sync::watch;

/// How far the ending of an attempt has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stopping {
    /// It goes on.
    #[default]
    No,
    /// It is to end, with a grace.
    Terminate,
    /// Likewise, since the engine lets go of its run: what it waits for elsewhere,
    /// such as a child run, is let go of and not cancelled.
    LetGo,
    /// It is to end at once.
    Kill,
}

/// The asking side.
#[derive(Debug)]
pub(crate) struct StopSwitch {
    sender: watch::Sender<Stopping>,
}

impl StopSwitch {
    pub(crate) fn new() -> Self {
        Self {
            sender: watch::Sender::new(Stopping::No),
        }
    }

    /// Asks for this much; what was asked for is never taken back.
    pub(crate) fn ask(&self, stopping: Stopping) {
        self.sender.send_if_modified(|asked| {
            let more = stopping > *asked;
            if more {
                *asked = stopping;
            }
            more
        });
    }

    pub(crate) fn listen(&self) -> StopSignal {
        StopSignal {
            receiver: self.sender.subscribe(),
        }
    }
}

/// The side that obeys. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct StopSignal {
    receiver: watch::Receiver<Stopping>,
}

impl StopSignal {
    /// Whether at least this was asked for.
    pub(crate) fn is_asked(&self, stopping: Stopping) -> bool {
        *self.receiver.borrow() >= stopping
    }

    /// Waits until at least this is asked for; for ever where the asking side is gone.
    pub(crate) async fn asked(&self, stopping: Stopping) {
        let mut receiver = self.receiver.clone();
        if receiver.wait_for(|asked| *asked >= stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_asked_is_not_taken_back() {
        let switch = StopSwitch::new();
        let signal = switch.listen();
        switch.ask(Stopping::Kill);
        switch.ask(Stopping::Terminate);
        signal.asked(Stopping::Terminate).await;
        signal.asked(Stopping::Kill).await;
    }
}
