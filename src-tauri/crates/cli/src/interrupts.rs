//! Signals that ask a run to end: Ctrl-C, and what a closing terminal or a
//! stopping machine sends.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears the signals from when it was made on.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: Option<Signal>,
    #[cfg(unix)]
    terminate: Option<Signal>,
    #[cfg(unix)]
    hangup: Option<Signal>,
}

impl Interrupts {
    /// Begins to hear; from now on the signals no longer end the process. What the
    /// caller has this process ignore, as `nohup` does, stays ignored.
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Self> {
        let ignored = ignored();
        let hear = |kind: SignalKind| {
            let bit = u32::try_from(kind.as_raw_value() - 1).unwrap_or(0);
            let is_ignored = ignored.checked_shr(bit).is_some_and(|mask| mask & 1 == 1);
            if is_ignored {
                Ok(None)
            } else {
                signal(kind).map(Some)
            }
        };
        Ok(Self {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }

    /// The next one, by the words that stand in the run's record.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            () = heard(&mut self.interrupt) => "interrupted by Ctrl-C",
            () = heard(&mut self.terminate) => "ended by SIGTERM",
            () = heard(&mut self.hangup) => "ended by SIGHUP: the terminal was closed",
        }
    }

    /// Begins to hear.
    #[cfg(not(unix))]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next one, by the words that stand in the run's record.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            // There is no way to hear it: then none comes.
            std::future::pending::<()>().await;
        }
        "interrupted by Ctrl-C"
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    // It is ignored, or the runtime ends: none comes any more.
    std::future::pending::<()>().await;
}

/// The signals that this process ignores, a bit each, the first for signal 1; none
/// where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    mask_of(&status)
}

#[cfg(unix)]
fn mask_of(status: &str) -> u64 {
    let mut lines = status.lines();
    lines
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(mask_of(status), 0x1001);
        assert_eq!(mask_of(""), 0);
    }
}
