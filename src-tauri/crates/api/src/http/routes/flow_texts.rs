//! Flow files written: saved, made, renamed, duplicated, removed.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Routes, with_texts};
use crate::{
    Host,
    delete::{self, DeletedFlow},
    duplicate,
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
        problem::Problem,
        query::Query,
    },
    rename::{self, RenamedFlow},
    save::{self, NewFlow, SavedFlow},
};

pub(super) fn routes() -> Routes {
    let written = Routes::new()
        .routes(routes!(save_text))
        .routes(routes!(create));
    with_texts(written)
        .routes(routes!(remove))
        .routes(routes!(give_name))
        .routes(routes!(copy))
}

/// A flow file's text, to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveTextRequest {
    /// The text, right or wrong.
    text: String,
    /// The version of the file that it is derived from.
    base: String,
}

/// Save a flow's text
///
/// It is written as it is, also where it is wrong: the answer says what is. Where the
/// file is no longer the version `base`, nothing is written: 409
/// `tidemill:changed-elsewhere` with the file's `text` and `version` as they are now.
#[utoipa::path(put, path = "/flows/{name}/text", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = SaveTextRequest, responses((status = 200, body = SavedFlow)))]
async fn save_text(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<SaveTextRequest>,
) -> Answer<SavedFlow> {
    ask(host, move |host| {
        host.change_files(|around, home, catalog| {
            save::save(around, home, catalog, &name, &request.text, &request.base)
        })
    })
    .await
}

/// A flow to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTextRequest {
    /// Its file's text, right or wrong.
    text: String,
    /// Its file, relative to the workspace; by default it is called after the flow.
    file: Option<String>,
}

/// Make a flow from a text
#[utoipa::path(post, path = "/flows/{name}/text", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = NewTextRequest,
    responses((status = 201, body = SavedFlow)))]
async fn create(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<NewTextRequest>,
) -> Result<(StatusCode, Json<SavedFlow>), Problem> {
    let new = NewFlow {
        name,
        text: request.text,
        file: request.file,
    };
    let made = ask(host, move |host| {
        host.change_files(|around, home, catalog| save::create(around, home, catalog, &new))
    });
    Ok((StatusCode::CREATED, made.await?))
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameRequest {
    /// The name.
    to: String,
}

/// Give a flow another name
///
/// Its file, layout, draft and versions follow, and so do the flows of the workspace
/// that name it. Nothing but the names is changed in any file; where one cannot be
/// changed, none is.
#[utoipa::path(post, path = "/flows/{name}/rename", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = NameRequest, responses((status = 200, body = RenamedFlow)))]
async fn give_name(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<NameRequest>,
) -> Answer<RenamedFlow> {
    ask(host, move |host| {
        host.change_files(|around, home, catalog| {
            rename::rename(around, home, catalog, &name, &request.to)
        })
    })
    .await
}

/// Make a flow like another, beside it
///
/// Nothing starts the copy by itself: its schedules are paused and its triggers become
/// comments, which `warnings` says. Where its text cannot be changed so: 409
/// `tidemill:pause-in-file`.
#[utoipa::path(post, path = "/flows/{name}/duplicate", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = NameRequest, responses((status = 201, body = SavedFlow)))]
async fn copy(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(request): Body<NameRequest>,
) -> Result<(StatusCode, Json<SavedFlow>), Problem> {
    let made = ask(host, move |host| {
        host.change_files(|around, home, catalog| {
            duplicate::duplicate(around, home, catalog, &name, &request.to)
        })
    });
    Ok((StatusCode::CREATED, made.await?))
}

/// Whether it is removed all the same.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RemovalQuery {
    /// Also where other flows need it.
    force: bool,
}

/// Remove a flow's file
///
/// It goes to the system's bin, or to `.tidemill/bin` where there is none. Its runs and
/// versions stay. Where other flows need it: 409 `tidemill:needed` with `callers`.
#[utoipa::path(delete, path = "/flows/{name}", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name"), RemovalQuery),
    responses((status = 200, body = DeletedFlow)))]
async fn remove(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Query(query): Query<RemovalQuery>,
) -> Answer<DeletedFlow> {
    ask(host, move |host| {
        host.change_files(|around, home, catalog| {
            delete::delete(around, home, catalog, &name, query.force)
        })
    })
    .await
}
