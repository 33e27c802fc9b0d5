//! `stats`: what Home shows, and runs over time.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use utoipa_axum::routes;

use super::{Routes, list_query::ListQuery};
use crate::{
    Host,
    histogram::{self, Histogram},
    http::{
        answer::{Answer, ask},
        query::Query,
    },
    overview::{self, Overview},
};

/// How many buckets a histogram has.
const BUCKETS: u32 = 60;

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(stats))
        .routes(routes!(over_time))
}

/// Is everything as expected? What Home shows, as one document
#[utoipa::path(get, path = "/stats", tag = "overview", responses((status = 200, body = Overview)))]
async fn stats(State(host): State<Arc<Host>>) -> Answer<Overview> {
    ask(host, |host| {
        overview::overview(
            &host.surroundings(),
            host.home(),
            host.catalog(),
            Timestamp::now(),
        )
    })
    .await
}

/// Runs over time, by how they stand
///
/// The filters are those of the list of runs; its order, limit and cursor are not asked.
#[utoipa::path(get, path = "/stats/runs", tag = "overview", params(ListQuery), responses((status = 200, body = Histogram)))]
async fn over_time(
    State(host): State<Arc<Host>>,
    Query(query): Query<ListQuery>,
) -> Answer<Histogram> {
    let filter = query.filter();
    ask(host, move |host| {
        histogram::histogram(host.home(), &filter, BUCKETS, Timestamp::now())
    })
    .await
}
