//! Starts runs at their times, while this process serves the home.
//!
//! Times are compared on the wall clock, with a timer to the next one and a short tick
//! beside it: a timer alone stands still while a laptop sleeps, and the clock may be set.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tidemill_engine::Engine;
use tokio::sync::Notify;

/// The longest time between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// The longest time between two looks at the store.
const LOOK: Duration = Duration::from_secs(30);

/// Wakes who starts runs at their times.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    more: Notify,
}

impl Clock {
    /// A run was recorded that is to start at a time.
    pub(crate) fn told_of_more(&self) {
        self.more.notify_one();
    }

    /// Waits until `next` has come, there is more to look at, or a look is due.
    async fn wait(&self, next: Option<Timestamp>) {
        let looked = Instant::now();
        let mut tick = pause(next, LOOK);
        loop {
            let told = tokio::time::timeout(tick, self.more.notified()).await;
            let left = LOOK.saturating_sub(looked.elapsed());
            let has_come = next.is_some_and(|next| next <= Timestamp::now());
            if told.is_ok() || has_come || left.is_zero() {
                return;
            }
            tick = pause(next, left);
        }
    }
}

/// How long to wait before the clock is looked at again.
fn pause(next: Option<Timestamp>, left: Duration) -> Duration {
    let Some(next) = next else {
        return left;
    };
    let until = Duration::try_from(next.duration_since(Timestamp::now()));
    // What is overdue and could not be had is tried again in a while, not at once.
    until.map_or(TICK, |until| until.min(TICK)).min(left)
}

/// Starts what is due, as often as something is, until it is aborted.
pub(crate) async fn start(engine: Engine, clock: &Clock, started: &AtomicU64) {
    loop {
        let next = match engine.start_due().await {
            Ok(due) => {
                for run in &due.started {
                    tracing::info!(run = %run.id, name = %run.name, "started at its time");
                }
                started.fetch_add(due.started.len() as u64, Ordering::Relaxed);
                due.next
            }
            Err(error) => {
                tracing::warn!(%error, "runs that are due cannot be started");
                None
            }
        };
        clock.wait(next).await;
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_clock_is_looked_at_when_the_next_is_due_and_at_a_short_tick() {
        let at = |milliseconds| Some(Timestamp::now() + SignedDuration::from_millis(milliseconds));
        assert_eq!(pause(None, LOOK), LOOK);
        assert_eq!(pause(at(3_600_000), LOOK), TICK);
        assert_eq!(pause(at(3_600_000), TICK / 2), TICK / 2);
        assert_eq!(pause(at(-5_000), LOOK), TICK);
        assert!(pause(at(100), LOOK) <= Duration::from_millis(100));
    }
}
