//! Runs over time: how many were made when, by how they stand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use tidemill_orchestrate::StateType;
use utoipa::ToSchema;

use crate::{Error, ListFilter, OpenHome, document::Moment};

/// Runs over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Histogram {
    /// Where the first bucket begins.
    pub from: Option<Moment>,
    /// Where the last bucket ends.
    pub to: Option<Moment>,
    /// The buckets, in order, all of one width; none where there are no runs.
    pub buckets: Vec<Bucket>,
    /// How many runs that are.
    pub total: u64,
    /// Whether a filter by text in logs looked through all that was logged.
    pub complete: bool,
}

/// Runs that were made within some time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Bucket {
    /// Where it begins.
    pub at: Moment,
    /// How many runs stand in which type of state.
    pub counts: BTreeMap<&'static str, u64>,
}

/// The runs that a filter lets through, over the time that it spans; where it names no
/// bounds, from the first to the last of them.
///
/// # Errors
/// Where the filter is wrong, or the store cannot be read.
pub fn histogram(
    home: &OpenHome,
    filter: &ListFilter,
    buckets: u32,
    now: Timestamp,
) -> Result<Histogram, Error> {
    let (filter, complete) = filter.read(Some(home), now)?;
    let mut made: Vec<(u64, StateType)> = Vec::new();
    let reader = home.reader()?;
    reader.for_each_run(&filter, |at, state| made.push((at, state.state_type())))?;
    let bound = |time: Option<Timestamp>| time.map(milliseconds);
    let first = made.iter().map(|(at, _)| *at).min();
    let last = made.iter().map(|(at, _)| at.saturating_add(1)).max();
    let (Some(from), Some(to)) = (
        bound(filter.since).or(first),
        bound(filter.until)
            .or_else(|| filter.since.map(|_| milliseconds(now)))
            .max(last),
    ) else {
        return Ok(Histogram {
            from: None,
            to: None,
            buckets: Vec::new(),
            total: 0,
            complete,
        });
    };
    Ok(Histogram {
        complete,
        ..filled(from, to, u64::from(buckets.clamp(1, 1_000)), &made)
    })
}

fn milliseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond()).unwrap_or(0)
}

fn filled(from: u64, to: u64, count: u64, made: &[(u64, StateType)]) -> Histogram {
    let width = to.saturating_sub(from).div_ceil(count).max(1);
    let moment = |at: u64| {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        Moment(Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX))
    };
    let bucket = |number: u64| Bucket {
        at: moment(from + number * width),
        counts: BTreeMap::new(),
    };
    let mut buckets: Vec<Bucket> = (0..count).map(bucket).collect();
    for (at, state) in made {
        let place = at.saturating_sub(from) / width;
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some(bucket) = buckets.get_mut(place) {
            *bucket.counts.entry(state.name()).or_insert(0) += 1;
        }
    }
    Histogram {
        from: Some(moment(from)),
        to: Some(moment(from + count * width)),
        buckets,
        total: made.len() as u64,
        complete: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_fall_into_buckets_of_one_width() {
        let made = [
            (1_000, StateType::Completed),
            (1_999, StateType::Failed),
            (3_999, StateType::Completed),
        ];
        let histogram = filled(1_000, 4_000, 3, &made);
        let counts: Vec<u64> = histogram
            .buckets
            .iter()
            .map(|bucket| bucket.counts.values().sum())
            .collect();
        assert_eq!(counts, [2, 0, 1]);
        assert_eq!(histogram.total, 3);
        assert_eq!(histogram.buckets[0].counts["failed"], 1);
        assert_eq!(
            serde_json::to_value(histogram.to).unwrap(),
            "1970-01-01T00:00:04.000Z"
        );
    }
}
