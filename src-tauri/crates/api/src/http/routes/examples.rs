//! `examples`, and `flows` where one is written from an example.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    http::{extract::Body, problem::Problem},
    new::{self, Examples, NewFlow},
    tail::blocking,
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(write))
}

/// What a flow may be begun from
#[utoipa::path(get, path = "/examples", tag = "flows", responses((status = 200, body = Examples)))]
async fn list() -> Json<Examples> {
    Json(new::examples())
}

/// A flow that is to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlowRequest {
    /// The flow's name: its file is `NAME.flow.yaml` in the workspace.
    name: String,
    /// The example that it begins from; the first by default.
    #[serde(default)]
    from: Option<String>,
}

/// Write a flow from an example
///
/// Asking again gives the same flow, as long as its file is as it was written. Another
/// file of that name stays as it is.
#[utoipa::path(post, path = "/flows", tag = "flows", request_body = NewFlowRequest,
    responses((status = 201, description = "It is written", body = NewFlow),
        (status = 200, description = "It was there already, just so", body = NewFlow)))]
async fn write(
    State(host): State<Arc<Host>>,
    Body(request): Body<NewFlowRequest>,
) -> Result<Response, Problem> {
    let (flow, is_new) = blocking(move || {
        new::new_or_same(&host.surroundings(), &request.name, request.from.as_deref())
    })
    .await?;
    let place = format!("/api/v1/flows/{}", flow.name);
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, [(header::LOCATION, place)], Json(flow)).into_response())
}
