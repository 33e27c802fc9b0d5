//! `runs`: listed, shown, with their task runs and their record; removed.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{
    Routes,
    list_query::{ListQuery, page},
};
use crate::{
    Host, RunStream,
    http::{
        answer::{Answer, ask},
        extract::Path,
        pieces,
        problem::Problem,
        query::Query,
    },
    record::{self, TransitionList},
    run_detail::{self, RunDetailDocument},
    runs::{self, RunDetail, RunList, ShowRequest},
    tail::blocking,
    task_runs::{self, TaskRunList, TaskRunsRequest},
};

/// How many task runs or transitions a page has by default.
const PAGE: u32 = 200;

/// How many it has at most.
const LARGEST_PAGE: u32 = 5_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show, remove))
        .routes(routes!(report))
        .routes(routes!(tasks))
        .routes(routes!(transitions))
}

/// Runs, filtered, a page of them
#[utoipa::path(get, path = "/runs", tag = "runs", params(ListQuery), responses((status = 200, body = RunList)))]
async fn list(State(host): State<Arc<Host>>, Query(query): Query<ListQuery>) -> Answer<RunList> {
    let request = query.request();
    ask(host, move |host| {
        runs::list(Some(host.home()), &request, Timestamp::now())
    })
    .await
}

/// One run, and what its page shows of it
#[utoipa::path(get, path = "/runs/{id}", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, body = RunDetailDocument)))]
async fn show(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<RunDetailDocument> {
    ask(host, move |host| run_detail::detail(host.home(), &run)).await
}

/// A run that was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removed {
    /// Its readable name.
    name: String,
}

/// Forget a run that has ended: its record, its logs, its results
#[utoipa::path(delete, path = "/runs/{id}", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, body = Removed)))]
async fn remove(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<Removed> {
    ask(host, move |host| {
        let name = runs::remove(Some(host.home()), &run)?;
        Ok(Removed { name })
    })
    .await
}

/// What a report holds.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// Whether the recorded transitions are wanted.
    transitions: bool,
    /// At most so many task runs, 5000 at most, and at most as many
    /// transitions; by default all.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 5000)]
    tasks: Option<NonZeroU32>,
}

/// One run as `tidemill runs show --json` prints it
#[utoipa::path(get, path = "/runs/{id}/report", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"), ReportQuery),
    responses((status = 200, body = RunDetail)))]
async fn report(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let home = host.home().clone();
    let Some(tasks) = query.tasks else {
        let permit = host.stream_permit()?;
        let stream = move || RunStream::open(Some(&home), &run, query.transitions);
        let stream = blocking(stream).await?;
        let body = pieces::body(move |to| {
            let written = serde_json::to_writer(to, &stream);
            drop(permit);
            written.map_err(std::io::Error::from)
        });
        let json = [(header::CONTENT_TYPE, "application/json")];
        return Ok((json, body).into_response());
    };
    let limit = page(Some(tasks), PAGE, LARGEST_PAGE);
    let most = usize::try_from(limit.get()).unwrap_or_default();
    let request = ShowRequest {
        run,
        transitions: if query.transitions { most } else { 0 },
        tasks: most,
    };
    let detail = blocking(move || runs::show(Some(&home), &request)).await?;
    Ok(Json(detail).into_response())
}

/// Which task runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TasksQuery {
    /// Only those that stand in the task run with this number.
    parent: Option<u32>,
    /// Only those in this state: a type or a name. May be repeated.
    state: Vec<String>,
    /// No items of mapped tasks, nor what is in them.
    without_items: bool,
    /// At most so many, 200 by default, 5000 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 5000)]
    limit: Option<NonZeroU32>,
    /// Where to go on: an earlier list's `next`.
    cursor: Option<String>,
}

/// A run's task runs, a page of them
#[utoipa::path(get, path = "/runs/{id}/tasks", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"), TasksQuery),
    responses((status = 200, body = TaskRunList)))]
async fn tasks(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    Query(query): Query<TasksQuery>,
) -> Answer<TaskRunList> {
    let request = TaskRunsRequest {
        run,
        parent: query.parent,
        states: query.state,
        without_items: query.without_items,
        limit: page(query.limit, PAGE, LARGEST_PAGE),
        cursor: query.cursor,
    };
    ask(host, move |host| task_runs::list(host.home(), &request)).await
}

/// Which part of a record.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TransitionsQuery {
    /// At most so many, 200 by default, 5000 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 5000)]
    limit: Option<NonZeroU32>,
    /// Where to go on: an earlier page's `next`.
    cursor: Option<String>,
}

/// A run's record, a page of it
#[utoipa::path(get, path = "/runs/{id}/transitions", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"), TransitionsQuery),
    responses((status = 200, body = TransitionList)))]
async fn transitions(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    Query(query): Query<TransitionsQuery>,
) -> Answer<TransitionList> {
    let limit = page(query.limit, PAGE, LARGEST_PAGE);
    ask(host, move |host| {
        record::transitions(host.home(), &run, query.cursor.as_deref(), limit)
    })
    .await
}
