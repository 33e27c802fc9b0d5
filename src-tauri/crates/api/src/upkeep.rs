//! What a host does by the clock: carries on runs whose process went away, removes
//! what is too old to be kept, has runs started at their times and those of schedules, and
//! what was logged indexed.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tidemill_engine::Engine;
use tidemill_store::Store;
use tokio::{
    task::AbortHandle,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    Error,
    due::{self, Clock},
    indexing,
    scheduling::Scheduling,
    settings,
    tail::blocking,
};

/// Between two looks at runs that nobody carries.
const CARRY_ON: Duration = Duration::from_secs(30);

/// Between two removals; the first comes a while after the start.
const REMOVE: Duration = Duration::from_secs(60 * 60);

/// How long after the start the first removal comes.
const FIRST_REMOVAL: Duration = Duration::from_secs(60);

/// Begins it, until it is aborted.
pub(crate) fn begin(
    engine: &Engine,
    clock: Arc<Clock>,
    scheduling: Scheduling,
    started: Arc<AtomicU64>,
) -> AbortHandle {
    let engine = engine.clone();
    let task = async move {
        let store = Arc::clone(engine.store());
        tokio::join!(
            keep_up(engine.clone()),
            due::start(engine.clone(), &clock, &started),
            scheduling.keep(engine, &started),
            indexing::keep_up(store),
        )
    };
    tokio::spawn(task).abort_handle()
}

async fn keep_up(engine: Engine) {
    let now = Instant::now();
    let mut carry_on = interval_at(now + CARRY_ON, CARRY_ON);
    let mut remove = interval_at(now + FIRST_REMOVAL, REMOVE);
    // A machine that slept does it once, not as often as it slept through.
    carry_on.set_missed_tick_behavior(MissedTickBehavior::Delay);
    remove.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = carry_on.tick() => {
                if let Err(error) = engine.carry_on().await {
                    tracing::warn!(%error, "runs that nobody carries cannot be carried on");
                }
            }
            _ = remove.tick() => {
                let store = Arc::clone(engine.store());
                if let Err(error) = blocking(move || remove_old(&store)).await {
                    tracing::warn!(%error, "what is too old cannot be removed");
                }
            }
        }
    }
}

/// Removes log lines beyond what the settings keep, and results that have expired.
fn remove_old(store: &Store) -> Result<(), Error> {
    let kept = settings::kept_logs(&store.reader()?.settings()?);
    let now = Timestamp::now();
    let age = SignedDuration::from_hours(i64::from(kept.days).saturating_mul(24));
    // Before the first time there is, nothing was written.
    let before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
    store.logs().prune(before, kept.bytes)?;
    store.writer().remove_expired(now).wait_committed()?;
    Ok(())
}
