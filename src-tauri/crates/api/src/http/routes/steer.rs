//! `runs/{id}/cancel`, `retry`, `approve`, `reject`: what a person wants of a run.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    document::RunDocument,
    http::{
        answer::Answer,
        extract::{OptionalBody, Path},
        problem::Problem,
    },
    schemas::AnyJson,
    steer::{Fields, SteeredRun, Wish},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// How a run is ended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CancelRequest {
    /// Whether what runs is killed; else it has some seconds to end by itself.
    at_once: bool,
}

/// End a run and every process that it started
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    request_body = Option<CancelRequest>,
    responses((status = 200, body = SteeredRun)))]
async fn cancel(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    OptionalBody(request): OptionalBody<CancelRequest>,
) -> Answer<SteeredRun> {
    let wish = Wish::Cancel {
        at_once: request.at_once,
    };
    Ok(Json(host.steer(&run, wish).await?))
}

/// How a run is run again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetryRequest {
    /// Whether what completed stays.
    from_failed: bool,
}

/// Run a run again, with the flow text and parameters of its start
///
/// One whose process went away goes on from where it was.
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    request_body = Option<RetryRequest>,
    responses((status = 200, body = RunDocument)))]
async fn retry(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    OptionalBody(request): OptionalBody<RetryRequest>,
) -> Result<Json<RunDocument>, Problem> {
    Ok(Json(host.retry(run, request.from_failed).await?))
}

/// A yes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    /// The path of the task run that asks; needed where several do.
    task: Option<String>,
    /// What was entered, with its types.
    #[schema(value_type = AnyJson)]
    fields: JsonValue,
    /// What was entered, as a person types it: each `name=value`. Instead of `fields`.
    typed: Vec<String>,
}

/// Answer a question with yes
#[utoipa::path(post, path = "/runs/{id}/approve", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    request_body = Option<ApproveRequest>,
    responses((status = 200, body = SteeredRun)))]
async fn approve(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    OptionalBody(request): OptionalBody<ApproveRequest>,
) -> Answer<SteeredRun> {
    let fields = match request.typed.is_empty() {
        true => Fields::Values(&request.fields),
        false => Fields::Typed(&request.typed),
    };
    let wish = Wish::Approve(request.task.as_deref(), fields);
    Ok(Json(host.steer(&run, wish).await?))
}

/// A no.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RejectRequest {
    /// The path of the task run that asks; needed where several do.
    task: Option<String>,
}

/// Answer a question with no
#[utoipa::path(post, path = "/runs/{id}/reject", tag = "runs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    request_body = Option<RejectRequest>,
    responses((status = 200, body = SteeredRun)))]
async fn reject(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    OptionalBody(request): OptionalBody<RejectRequest>,
) -> Answer<SteeredRun> {
    let wish = Wish::Reject(request.task.as_deref());
    Ok(Json(host.steer(&run, wish).await?))
}
