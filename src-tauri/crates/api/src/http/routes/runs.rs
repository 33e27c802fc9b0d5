//! `runs`: listed and shown.

use std::{num::NonZeroU32, sync::Arc};

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    document::RunReport,
    http::{
        answer::{Answer, ask},
        extract::{Path, Query},
    },
    runs::{self, ListRequest, RunList, ShowRequest},
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(show))
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Of this flow.
    flow: Option<String>,
    /// At most so many.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<NonZeroU32>,
    /// Where to go on: an earlier list's `next`.
    cursor: Option<String>,
}

/// Runs, newest first
#[utoipa::path(get, path = "/runs", tag = "runs", params(ListQuery), responses((status = 200, body = RunList)))]
async fn list(State(host): State<Arc<Host>>, Query(query): Query<ListQuery>) -> Answer<RunList> {
    let request = ListRequest {
        flow: query.flow,
        states: Vec::new(),
        since: None,
        parameters: Vec::new(),
        limit: query.limit.unwrap_or(NonZeroU32::MIN.saturating_add(49)),
        cursor: query.cursor,
    };
    ask(host, move |host| {
        runs::list(Some(host.home()), &request, Timestamp::now())
    })
    .await
}

/// One run with its task runs
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", responses((status = 200, body = RunReport)))]
async fn show(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<RunReport> {
    let request = ShowRequest {
        run,
        transitions: false,
        tasks: None,
    };
    ask(host, move |host| {
        Ok(runs::show(Some(host.home()), &request)?.report)
    })
    .await
}
