//! What the editor asks before and beside a run: pinned outputs, what expressions see
//! and give.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Routes, with_texts};
use crate::{
    Host,
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
    },
    pins::{self, Pins},
    preview::{self, Edited, Evaluation, ScopeView},
    schemas::AnyJson,
    standing::{self, Standings},
};

pub(super) fn routes() -> Routes {
    let asked = Routes::new()
        .routes(routes!(scope))
        .routes(routes!(evaluate))
        .routes(routes!(standings));
    Routes::new()
        .routes(routes!(list_pins))
        .routes(routes!(set_pin, remove_pin))
        .merge(with_texts(asked))
}

/// What is pinned of a flow
#[utoipa::path(get, path = "/flows/{name}/pins", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = Pins)))]
async fn list_pins(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<Pins> {
    ask(host, move |host| {
        pins::list(&host.surroundings(), host.home(), host.catalog(), &name)
    })
    .await
}

/// An output to pin.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinRequest {
    /// The output; the task's newest where none is given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AnyJson>)]
    output: Option<JsonValue>,
}

/// A value that is given, also where it is null.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<JsonValue>, D::Error> {
    JsonValue::deserialize(value).map(Some)
}

/// Pin an output of a flow's task
#[utoipa::path(put, path = "/flows/{name}/pins/{task}", tag = "flows",
    params(("name" = String, Path, description = "The flow's name"),
        ("task" = String, Path, description = "The task's path, its `/` as `%2F`")),
    request_body = PinRequest, responses((status = 200, body = Pins)))]
async fn set_pin(
    State(host): State<Arc<Host>>,
    Path((name, task)): Path<(String, String)>,
    Body(request): Body<PinRequest>,
) -> Answer<Pins> {
    ask(host, move |host| {
        let (around, home, catalog) = (&host.surroundings(), host.home(), host.catalog());
        pins::set(around, home, catalog, &name, &task, request.output)
    })
    .await
}

/// Remove a pin
#[utoipa::path(delete, path = "/flows/{name}/pins/{task}", tag = "flows",
    params(("name" = String, Path, description = "The flow's name"),
        ("task" = String, Path, description = "The task's path, its `/` as `%2F`")),
    responses((status = 200, body = Pins)))]
async fn remove_pin(
    State(host): State<Arc<Host>>,
    Path((name, task)): Path<(String, String)>,
) -> Answer<Pins> {
    ask(host, move |host| {
        let (around, home, catalog) = (&host.surroundings(), host.home(), host.catalog());
        pins::remove(around, home, catalog, &name, &task)
    })
    .await
}

/// A task whose expressions are meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeRequest {
    /// The flow's text as it is being edited; the file's by default, and where it has
    /// mistakes.
    text: Option<String>,
    /// The task's path: `group/inner`; what the flow itself sees by default.
    task: Option<String>,
}

/// What the expressions of a task see, with what its flow's tasks gave lately
#[utoipa::path(post, path = "/flows/{name}/scope", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = ScopeRequest, responses((status = 200, body = ScopeView)))]
async fn scope(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<ScopeRequest>,
) -> Answer<ScopeView> {
    ask(host, move |host| {
        let edited = Edited {
            flow: name,
            text: request.text,
            task: request.task,
        };
        preview::scope(&host.surroundings(), host.home(), host.catalog(), &edited)
    })
    .await
}

/// A value with expressions in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvaluateRequest {
    /// The flow's text as it is being edited; the file's by default, and where it has
    /// mistakes.
    text: Option<String>,
    /// The path of the task that it is of; the flow itself by default.
    task: Option<String>,
    /// The value, as it stands in the flow file.
    #[schema(value_type = AnyJson)]
    value: JsonValue,
}

/// What a value of a flow file gives, with what the flow's tasks gave lately; nothing runs
#[utoipa::path(post, path = "/flows/{name}/evaluate", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = EvaluateRequest, responses((status = 200, body = Evaluation)))]
async fn evaluate(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<EvaluateRequest>,
) -> Answer<Evaluation> {
    ask(host, move |host| {
        let edited = Edited {
            flow: name,
            text: request.text,
            task: request.task,
        };
        let (around, home, catalog) = (&host.surroundings(), host.home(), host.catalog());
        preview::evaluate(around, home, catalog, &edited, &request.value)
    })
    .await
}

/// A flow as it is being edited.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StandingsRequest {
    /// The flow's text as it is being edited; the file's by default, and where it has
    /// mistakes.
    text: Option<String>,
}

/// How the tasks of a flow stand: what each gave last, what is pinned, what is stale
#[utoipa::path(post, path = "/flows/{name}/standings", tag = "flows",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = StandingsRequest, responses((status = 200, body = Standings)))]
async fn standings(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<StandingsRequest>,
) -> Answer<Standings> {
    ask(host, move |host| {
        let edited = Edited {
            flow: name,
            text: request.text,
            task: None,
        };
        standing::standings(&host.surroundings(), host.home(), host.catalog(), &edited)
    })
    .await
}
