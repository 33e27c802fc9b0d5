//! `drafts`: texts that an editor holds and nobody has saved.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Routes, with_texts};
use crate::{
    Host,
    drafts::{self, DraftDocument, DraftOf, Drafts},
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
    },
};

pub(super) fn routes() -> Routes {
    let kept = Routes::new()
        .routes(routes!(of_flow, keep_of_flow, remove_of_flow))
        .routes(routes!(of_file, keep_of_file, remove_of_file));
    Routes::new().routes(routes!(list)).merge(with_texts(kept))
}

/// A text to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftRequest {
    /// The text.
    text: String,
    /// The version of the file that it is derived from; null: there is none yet.
    base: Option<String>,
}

/// The drafts of the workspace
#[utoipa::path(get, path = "/drafts", tag = "flow files",
    responses((status = 200, body = Drafts)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<Drafts> {
    ask(host, |host| drafts::list(&host.surroundings(), host.home())).await
}

/// A flow's draft
#[utoipa::path(get, path = "/flows/{name}/draft", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = DraftDocument)))]
async fn of_flow(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<DraftDocument> {
    ask(host, move |host| show(host, DraftOf::Flow(&name))).await
}

/// Keep a flow's draft
#[utoipa::path(put, path = "/flows/{name}/draft", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = DraftRequest, responses((status = 200, body = DraftDocument)))]
async fn keep_of_flow(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<DraftRequest>,
) -> Answer<DraftDocument> {
    ask(host, move |host| keep(host, DraftOf::Flow(&name), request)).await
}

/// Remove a flow's draft
#[utoipa::path(delete, path = "/flows/{name}/draft", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = Drafts)))]
async fn remove_of_flow(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<Drafts> {
    ask(host, move |host| remove(host, DraftOf::Flow(&name))).await
}

/// The draft of a file, which may be new
#[utoipa::path(get, path = "/drafts/{file}", tag = "flow files",
    params(("file" = String, Path, description = "A flow file, relative to the workspace, its `/` written `%2F`")),
    responses((status = 200, body = DraftDocument)))]
async fn of_file(State(host): State<Arc<Host>>, Path(file): Path<String>) -> Answer<DraftDocument> {
    ask(host, move |host| show(host, DraftOf::File(&file))).await
}

/// Keep the draft of a file, which may be new
#[utoipa::path(put, path = "/drafts/{file}", tag = "flow files",
    params(("file" = String, Path, description = "A flow file, relative to the workspace, its `/` written `%2F`")),
    request_body = DraftRequest, responses((status = 200, body = DraftDocument)))]
async fn keep_of_file(
    State(host): State<Arc<Host>>,
    Path(file): Path<String>,
    Body(request): Body<DraftRequest>,
) -> Answer<DraftDocument> {
    ask(host, move |host| keep(host, DraftOf::File(&file), request)).await
}

/// Remove the draft of a file
#[utoipa::path(delete, path = "/drafts/{file}", tag = "flow files",
    params(("file" = String, Path, description = "A flow file, relative to the workspace, its `/` written `%2F`")),
    responses((status = 200, body = Drafts)))]
async fn remove_of_file(State(host): State<Arc<Host>>, Path(file): Path<String>) -> Answer<Drafts> {
    ask(host, move |host| remove(host, DraftOf::File(&file))).await
}

fn show(host: &Host, of: DraftOf<'_>) -> Result<DraftDocument, crate::Error> {
    drafts::show(&host.surroundings(), host.home(), host.catalog(), of)
}

fn keep(
    host: &Host,
    of: DraftOf<'_>,
    request: DraftRequest,
) -> Result<DraftDocument, crate::Error> {
    let text = (request.text, request.base);
    drafts::put(&host.surroundings(), host.home(), host.catalog(), of, text)
}

fn remove(host: &Host, of: DraftOf<'_>) -> Result<Drafts, crate::Error> {
    drafts::remove(&host.surroundings(), host.home(), host.catalog(), of)
}
