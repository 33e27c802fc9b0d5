//! A run's record: every transition, page by page.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tidemill_orchestrate::{RunId, Subject, TaskRunNumber, Transition};
use tidemill_store::Reader;
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::Moment,
    runs::{self, TransitionDocument},
    task_path::{TaskNames, TaskPaths},
};

/// A page of a run's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TransitionList {
    /// The transitions, in order.
    pub transitions: Vec<TransitionDocument>,
    /// Where the next page begins; null where this was the last.
    pub next: Option<String>,
}

/// A page of a run's record, from a cursor that an earlier page gave.
///
/// # Errors
/// Where there is no such run, the cursor is none, or the store cannot be read.
pub fn transitions(
    home: &OpenHome,
    run: &str,
    cursor: Option<&str>,
    limit: NonZeroU32,
) -> Result<TransitionList, Error> {
    let after = match cursor {
        Some(text) => text.parse().map_err(|_| Error::Option {
            option: "cursor",
            message: format!("`{text}` is no cursor of a record"),
            mend: Some("use the `next` of the page before".to_owned()),
        })?,
        None => 0,
    };
    let reader = home.reader()?;
    let id = runs::find_in(&reader, run)?;
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let history = reader.transitions_since(id, after)?;
    let mut page = history
        .take(limit.saturating_add(1))
        .collect::<Result<Vec<_>, _>>()?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more);
    let flow = home.flows().of_id(&reader, id)?;
    Ok(TransitionList {
        next: next.map(|(sequence, _)| sequence.to_string()),
        transitions: documents(&reader, id, &flow.names, page)?,
    })
}

/// Transitions of a run as documents.
pub(crate) fn documents(
    reader: &Reader,
    run: RunId,
    names: &[TaskNames],
    page: Vec<(u64, Transition)>,
) -> Result<Vec<TransitionDocument>, Error> {
    let mut numbers: Vec<TaskRunNumber> = page
        .iter()
        .filter_map(|(_, transition)| match transition.subject {
            Subject::Run => None,
            Subject::Task(number) => Some(number),
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let rows = reader.task_runs_numbered(run, &numbers, false)?;
    let paths = TaskPaths::of_some(reader, run, names, &rows)?;
    let document = |(sequence, transition): (u64, Transition)| TransitionDocument {
        sequence,
        at: Moment(transition.at),
        path: match transition.subject {
            Subject::Run => None,
            Subject::Task(number) => paths.get(number).map(str::to_owned),
        },
        attempt: transition.run_attempt,
        from: transition.from,
        to: transition.to,
        message: transition.message.as_deref().map(str::to_owned),
    };
    Ok(page.into_iter().map(document).collect())
}
