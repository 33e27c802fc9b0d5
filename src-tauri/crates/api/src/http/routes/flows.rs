//! `flows`: the workspace's flow files, each with how it went lately.

use std::{num::NonZeroU32, sync::Arc};

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Routes, list_query::page};
use crate::{
    Host,
    flows::{self, FlowDetail, FlowList},
    graph::{self, Graph},
    http::{
        answer::{Answer, ask},
        extract::Path,
        query::Query,
    },
    nodes::{self, Grid},
    versions::{self, VersionDiff, VersionList, VersionText},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(drawn))
        .routes(routes!(over_runs))
        .routes(routes!(known_versions))
        .routes(routes!(version_text))
        .routes(routes!(changed))
}

/// The flows of the workspace
#[utoipa::path(get, path = "/flows", tag = "flows", responses((status = 200, body = FlowList)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<FlowList> {
    ask(host, |host| {
        flows::list(
            &host.surroundings(),
            host.home(),
            host.catalog(),
            Timestamp::now(),
        )
    })
    .await
}

/// One flow, with its file's text and its parameters' schema
#[utoipa::path(get, path = "/flows/{name}", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = FlowDetail)))]
async fn show(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<FlowDetail> {
    ask(host, move |host| {
        flows::show(
            &host.surroundings(),
            host.home(),
            host.catalog(),
            &name,
            Timestamp::now(),
        )
    })
    .await
}

/// The flow of a file as a graph, as far as it can be drawn
#[utoipa::path(get, path = "/flows/{name}/graph", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = Graph)))]
async fn drawn(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<Graph> {
    ask(host, move |host| {
        graph::of_flow(&host.surroundings(), host.home(), host.catalog(), &name)
    })
    .await
}

/// How many runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GridQuery {
    /// At most so many runs, 30 by default, 100 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<NonZeroU32>,
}

/// A flow's tasks over its newest runs
#[utoipa::path(get, path = "/flows/{name}/grid", tag = "flows",
    params(("name" = String, Path, description = "The flow's name"), GridQuery),
    responses((status = 200, body = Grid)))]
async fn over_runs(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Query(query): Query<GridQuery>,
) -> Answer<Grid> {
    let limit = page(query.limit, 30, 100);
    ask(host, move |host| {
        nodes::grid(
            &host.surroundings(),
            host.home(),
            host.catalog(),
            &name,
            limit,
        )
    })
    .await
}

/// The versions of a flow that its runs had or that were saved, and the file as it is now
#[utoipa::path(get, path = "/flows/{name}/versions", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = VersionList)))]
async fn known_versions(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
) -> Answer<VersionList> {
    ask(host, move |host| {
        versions::list(&host.surroundings(), host.home(), host.catalog(), &name)
    })
    .await
}

/// The text of a version of a flow
#[utoipa::path(get, path = "/flows/{name}/versions/{version}", tag = "flows",
    params(("name" = String, Path, description = "The flow's name"),
        ("version" = String, Path, description = "A version, or `current`")),
    responses((status = 200, body = VersionText)))]
async fn version_text(
    State(host): State<Arc<Host>>,
    Path((name, version)): Path<(String, String)>,
) -> Answer<VersionText> {
    ask(host, move |host| {
        let (around, catalog) = (&host.surroundings(), host.catalog());
        versions::text(around, host.home(), catalog, &name, &version)
    })
    .await
}

/// What changed from one version of a flow to another
#[utoipa::path(get, path = "/flows/{name}/versions/{left}/diff/{right}", tag = "flows",
    params(("name" = String, Path, description = "The flow's name"),
        ("left" = String, Path, description = "A version, or `current`"),
        ("right" = String, Path, description = "A version, or `current`")),
    responses((status = 200, body = VersionDiff)))]
async fn changed(
    State(host): State<Arc<Host>>,
    Path((name, left, right)): Path<(String, String, String)>,
) -> Answer<VersionDiff> {
    ask(host, move |host| {
        let (around, catalog) = (&host.surroundings(), host.catalog());
        versions::diff(around, host.home(), catalog, &name, (&left, &right))
    })
    .await
}
