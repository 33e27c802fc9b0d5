//! The filters of lists of runs, as they stand behind the question mark.

use std::num::NonZeroU32;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::{ListFilter, ListSort, runs::ListRequest};

/// How many runs a page has by default.
const PAGE: u32 = 50;

/// How many it has at most.
const LARGEST_PAGE: u32 = 1_000;

/// Which runs, in which order, which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Runs of this flow.
    flow: Option<String>,
    /// Runs in this state: a type (`failed`) or a name (`TimedOut`). May be repeated.
    state: Vec<String>,
    /// Runs made since: a duration back from now, or a time.
    since: Option<String>,
    /// Runs made before: a duration back from now, or a time.
    until: Option<String>,
    /// Runs with this parameter, `name=value`. May be repeated.
    parameter: Vec<String>,
    /// Runs whose logs hold all these words.
    text: Option<String>,
    /// Only runs that no other run's task started.
    top: bool,
    /// In which order: `newest`, `oldest` or `longest`.
    #[param(inline)]
    sort: ListSort,
    /// At most so many, 50 by default, 1000 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<NonZeroU32>,
    /// Where to go on: an earlier list's `next`.
    cursor: Option<String>,
}

impl ListQuery {
    /// Which runs.
    pub(crate) fn filter(self) -> ListFilter {
        ListFilter {
            flow: self.flow,
            states: self.state,
            since: self.since,
            until: self.until,
            parameters: self.parameter,
            text: self.text,
            top: self.top,
        }
    }

    /// Which runs, and which page of them.
    pub(crate) fn request(mut self) -> ListRequest {
        ListRequest {
            sort: self.sort,
            limit: page(self.limit, PAGE, LARGEST_PAGE),
            cursor: self.cursor.take(),
            filter: self.filter(),
        }
    }
}

/// How much a page holds: as asked, within what there may be.
pub(crate) fn page(asked: Option<NonZeroU32>, usual: u32, most: u32) -> NonZeroU32 {
    let size = asked.map_or(usual, NonZeroU32::get).min(most);
    NonZeroU32::new(size).unwrap_or(NonZeroU32::MIN)
}
