//! `runs/{id}/graph|nodes|timeline|tasks/{number}|compare/{other}`: what the run's page draws.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    compare::{self, Comparison},
    graph::{self, Graph},
    http::{
        answer::{Answer, ask},
        extract::Path,
    },
    nodes::{self, NodeStates},
    timeline::{self, TaskRunDetail, Timeline},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(drawn))
        .routes(routes!(states))
        .routes(routes!(over_time))
        .routes(routes!(task_run))
        .routes(routes!(beside))
}

/// The flow of a run as a graph, as it was when the run began
#[utoipa::path(get, path = "/runs/{id}/graph", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, body = Graph)))]
async fn drawn(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<Graph> {
    ask(host, move |host| graph::of_run(host.home(), &run)).await
}

/// How a run's tasks stand, one answer for each node of its graph
#[utoipa::path(get, path = "/runs/{id}/nodes", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, body = NodeStates)))]
async fn states(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<NodeStates> {
    ask(host, move |host| nodes::states(host.home(), &run)).await
}

/// A run over time: a bar for each task run, with its attempts
#[utoipa::path(get, path = "/runs/{id}/timeline", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, body = Timeline)))]
async fn over_time(State(host): State<Arc<Host>>, Path(run): Path<String>) -> Answer<Timeline> {
    ask(host, move |host| timeline::timeline(host.home(), &run)).await
}

/// One task run, with what it was given, what failed, and its attempts
#[utoipa::path(get, path = "/runs/{id}/tasks/{number}", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"),
        ("number" = u32, Path, description = "The task run's number, from 1")),
    responses((status = 200, body = TaskRunDetail)))]
async fn task_run(
    State(host): State<Arc<Host>>,
    Path((run, number)): Path<(String, u32)>,
) -> Answer<TaskRunDetail> {
    ask(host, move |host| {
        timeline::task_run(host.home(), &run, number)
    })
    .await
}

/// Two runs side by side
#[utoipa::path(get, path = "/runs/{id}/compare/{other}", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"),
        ("other" = String, Path, description = "The other run, likewise")),
    responses((status = 200, body = Comparison)))]
async fn beside(
    State(host): State<Arc<Host>>,
    Path((run, other)): Path<(String, String)>,
) -> Answer<Comparison> {
    ask(host, move |host| {
        compare::compare(host.home(), &run, &other)
    })
    .await
}
