//! Whether an earlier result stands for a new one.
//!
//! Not here: when that is asked and what follows, which is the orchestrator's.

mod key;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use tidemill_flow::{SettingError, Value};
use tidemill_orchestrate::{Assignment, CachedResult, Failure, FailureKind, TaskRunNumber};
use tidemill_store::{CacheEntry, CacheKey, Cached, StoreError};

use crate::{attempt::duration_text, engine::Shared, run_facts::RunFacts};
pub(crate) use key::{Origin, called_flow};

/// What a new result is to be kept as.
#[derive(Clone, Debug)]
pub(crate) struct ResultKey {
    key: CacheKey,
    expires: Option<Duration>,
}

impl ResultKey {
    /// The result, to be kept.
    pub(crate) fn entry(&self, task: TaskRunNumber, value: Value, now: Timestamp) -> CacheEntry {
        CacheEntry {
            key: self.key,
            task,
            value,
            created_at: now,
            // A time past the calendar's end never comes.
            expires_at: self
                .expires
                .and_then(|expires| now.checked_add(expires).ok()),
        }
    }
}

/// Makes the key of a task run's result, and looks for an earlier one. May block.
///
/// A key or a term that cannot be made fails the attempt. A store that cannot be read does
/// not: the work is only done again.
pub(crate) fn look_up(
    shared: &Shared,
    facts: &RunFacts,
    assignment: &Assignment,
    refresh: bool,
    now: Timestamp,
) -> Result<(ResultKey, Option<CachedResult>), Failure> {
    let origin = Origin {
        workspace: &facts.flow.workspace,
        flow: facts.flow.flow.name.as_str(),
        folder: &facts.folder,
        load: &shared.load_flow,
    };
    let scope = facts.secrets.hashed_scope(&assignment.scope);
    let key = key::key(origin, &assignment.task, &scope, &assignment.inputs);
    let key = key.map_err(|error| {
        let message = format!("its cache key cannot be made: {error}");
        Failure::new(FailureKind::Expression, message)
    })?;
    let expires = expires(assignment)?;
    let found = match refresh {
        true => None,
        false => find(shared, key, now).unwrap_or_else(|error| {
            tracing::warn!(%error, "the cache cannot be read");
            None
        }),
    };
    Ok((ResultKey { key, expires }, found))
}

/// How long a new result stands; `None`: for ever.
fn expires(assignment: &Assignment) -> Result<Option<Duration>, SettingError> {
    let cache = assignment.task.cache.as_ref();
    let Some(expires) = cache.and_then(|cache| cache.expires.as_ref()) else {
        return Ok(None);
    };
    let expires = expires.value("cache.expires", &assignment.scope)?;
    Ok(Some(*expires))
}

fn find(
    shared: &Shared,
    key: CacheKey,
    now: Timestamp,
) -> Result<Option<CachedResult>, StoreError> {
    let reader = shared.store.reader()?;
    let Some(cached) = reader.cached(key, now)? else {
        return Ok(None);
    };
    let name = reader.run(cached.run)?.map(|run| run.name);
    Ok(Some(CachedResult {
        origin: origin_text(&cached, name.as_deref(), now),
        output: cached.value,
    }))
}

/// Where a result comes from, such as `run amber-heron-417 from 3h ago`.
fn origin_text(cached: &Cached, name: Option<&str>, now: Timestamp) -> String {
    let run = name.map_or_else(
        || "a run that was removed".to_owned(),
        |name| format!("run {name}"),
    );
    let age = now.duration_since(cached.created_at).unsigned_abs();
    format!("{run} from {} ago", duration_text(coarse(age)))
}

/// The duration in whole units of its largest one or two.
fn coarse(duration: Duration) -> Duration {
    let seconds = duration.as_secs();
    let unit = match seconds {
        0..60 => 1,
        60..86_400 => 60,
        _ => 3_600,
    };
    Duration::from_secs(seconds / unit * unit)
}
