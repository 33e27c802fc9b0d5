//! `flows/{name}/layout`: where a flow's tasks stand on the canvas.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    http::{
        answer::{Answer, ask},
        extract::{Body, Path},
    },
    layout::{self, FlowLayout, Layout},
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(show, put))
}

/// A flow's layout
///
/// An empty one where there is no file, or none that can be read: then `warning` says
/// why.
#[utoipa::path(get, path = "/flows/{name}/layout", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    responses((status = 200, body = FlowLayout)))]
async fn show(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Answer<FlowLayout> {
    ask(host, move |host| {
        layout::show(&host.surroundings(), host.home(), host.catalog(), &name)
    })
    .await
}

/// Write a flow's layout
///
/// A file that cannot be read is put aside first: `warning` says where it is.
#[utoipa::path(put, path = "/flows/{name}/layout", tag = "flow files",
    params(("name" = String, Path, description = "The flow's name")),
    request_body = Layout, responses((status = 200, body = FlowLayout)))]
async fn put(
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Body(layout): Body<Layout>,
) -> Answer<FlowLayout> {
    ask(host, move |host| {
        host.change_files(|around, home, catalog| layout::put(around, home, catalog, &name, layout))
    })
    .await
}
