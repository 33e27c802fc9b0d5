//! `search` and `activity`: what is where, and what happened.

use std::{num::NonZeroU32, sync::Arc};

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Routes, list_query::page};
use crate::{
    Host,
    activity::{self, Activity, ActivityKind},
    http::{
        answer::{Answer, ask},
        query::Query,
    },
    search::{self, SearchResults},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(found))
        .routes(routes!(happened))
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// The text.
    q: String,
    /// At most so many finds of each kind, 10 by default, 100 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<NonZeroU32>,
}

/// Look for a text in flows, runs and what runs wrote
#[utoipa::path(get, path = "/search", tag = "overview", params(SearchQuery), responses((status = 200, body = SearchResults)))]
async fn found(
    State(host): State<Arc<Host>>,
    Query(query): Query<SearchQuery>,
) -> Answer<SearchResults> {
    let limit = page(query.limit, 10, 100);
    ask(host, move |host| {
        let (around, catalog) = (&host.surroundings(), host.catalog());
        search::search(around, host.home(), catalog, &query.q, limit)
    })
    .await
}

/// Which part of what happened.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ActivityQuery {
    /// Only entries of this kind.
    #[param(inline)]
    kind: Option<ActivityKind>,
    /// Only entries of this flow's runs.
    flow: Option<String>,
    /// At most so many, 50 by default, 500 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<NonZeroU32>,
    /// Where to go on: an earlier page's `next`.
    cursor: Option<String>,
}

/// What happened, newest first
#[utoipa::path(get, path = "/activity", tag = "overview", params(ActivityQuery), responses((status = 200, body = Activity)))]
async fn happened(
    State(host): State<Arc<Host>>,
    Query(query): Query<ActivityQuery>,
) -> Answer<Activity> {
    let limit = page(query.limit, 50, 500);
    ask(host, move |host| {
        let (flow, cursor) = (query.flow.as_deref(), query.cursor.as_deref());
        activity::activity(host.home(), query.kind, flow, cursor, limit)
    })
    .await
}
