//! `check`, `plan`, `schema`: what is said of flow files without running them.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Routes, with_texts};
use crate::{
    FlowChoice, GivenParameters, Host,
    answers::DiagnosticDocument,
    check,
    graph::{self, Graph},
    http::{
        answer::{Answer, ask},
        extract::Body,
    },
    plan::PlanAnswer,
    schemas::AnyJson,
};

pub(super) fn routes() -> Routes {
    with_texts(Routes::new().routes(routes!(check_text)))
        .routes(routes!(plan))
        .routes(routes!(schema))
}

/// A flow file's text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// The text, which may be unsaved.
    text: String,
    /// The file that it is of, or will be: absolute, or relative to the workspace. What
    /// it calls and what is called like it is looked for from there.
    file: Option<String>,
}

/// What the checker says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckReport {
    /// The flow's name, where it can be read.
    flow: Option<String>,
    /// Every mistake and warning, by place.
    diagnostics: Vec<DiagnosticDocument>,
    /// What of it can be drawn, right or wrong.
    graph: Graph,
}

/// Check a flow file's text
#[utoipa::path(post, path = "/check", tag = "flows", request_body = CheckRequest,
    responses((status = 200, body = CheckReport)))]
async fn check_text(
    State(host): State<Arc<Host>>,
    Body(request): Body<CheckRequest>,
) -> Answer<CheckReport> {
    ask(host, move |host| {
        let file = request.file.as_deref().map(std::path::Path::new);
        let graph = graph::of_text(&request.text);
        let said = check::text(&host.surroundings(), host.home(), request.text, file)?;
        let document = |diagnostic| DiagnosticDocument::of(diagnostic, None);
        Ok(CheckReport {
            graph,
            diagnostics: said.diagnostics.iter().map(document).collect(),
            flow: said.flow,
        })
    })
    .await
}

/// A run that might be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanRequest {
    /// The flow's name.
    flow: String,
    /// Parameters with their types.
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: Map<String, JsonValue>,
    /// Parameters as a person types them, each `name=value`; they win.
    #[serde(default)]
    typed: Vec<String>,
}

/// What a run would do; nothing runs
#[utoipa::path(post, path = "/plan", tag = "flows", request_body = PlanRequest,
    responses((status = 200, body = PlanAnswer)))]
async fn plan(
    State(host): State<Arc<Host>>,
    Body(request): Body<PlanRequest>,
) -> Answer<PlanAnswer> {
    let given = GivenParameters {
        pairs: request.typed,
        values: request.parameters,
        file: None,
    };
    let flow = FlowChoice::named(&request.flow)?;
    Ok(Json(host.plan(flow, given).await?))
}

/// The flow file's JSON Schema
#[utoipa::path(get, path = "/schema", tag = "flows", responses((status = 200, body = AnyJson)))]
async fn schema() -> Json<JsonValue> {
    Json(crate::schema())
}
