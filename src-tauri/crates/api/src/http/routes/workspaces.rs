//! `workspaces`: the folders of flows that the home knows; and `doctor`.

use std::{path::PathBuf, sync::Arc};

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    doctor::{self, DoctorAnswer},
    http::{
        answer::{Answer, ask},
        extract::Body,
    },
    workspaces::{self, EnabledAnswer, Workspaces},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(open))
        .routes(routes!(enable))
        .routes(routes!(examine))
}

/// A workspace to be in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenWorkspaceRequest {
    /// The absolute path of a folder, or of a flow file, whose workspace is meant.
    #[schema(value_type = String)]
    path: PathBuf,
}

/// Whether a workspace may fire.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableWorkspaceRequest {
    /// The absolute path of a folder; by default the workspace that is served.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    path: Option<PathBuf>,
    /// Whether its schedules and triggers may fire on this machine.
    enabled: bool,
}

/// The workspaces that the home remembers, the one that is served first
#[utoipa::path(get, path = "/workspaces", tag = "flows", responses((status = 200, body = Workspaces)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<Workspaces> {
    ask(host, |host| {
        workspaces::list(&host.surroundings(), host.home())
    })
    .await
}

/// Look flows up in another folder from now on; what runs goes on
#[utoipa::path(put, path = "/workspaces/current", tag = "flows",
    request_body = OpenWorkspaceRequest, responses((status = 200, body = Workspaces)))]
async fn open(
    State(host): State<Arc<Host>>,
    Body(request): Body<OpenWorkspaceRequest>,
) -> Answer<Workspaces> {
    ask(host, move |host| workspaces::open(host, &request.path)).await
}

/// Let a workspace's schedules and triggers fire on this machine, or no more
#[utoipa::path(put, path = "/workspaces/enabled", tag = "flows",
    request_body = EnableWorkspaceRequest, responses((status = 200, body = EnabledAnswer)))]
async fn enable(
    State(host): State<Arc<Host>>,
    Body(request): Body<EnableWorkspaceRequest>,
) -> Answer<EnabledAnswer> {
    ask(host, move |host| {
        let folder = request.path.as_deref();
        let answer =
            workspaces::enable(&host.surroundings(), host.home(), folder, request.enabled)?;
        host.look_at_schedules();
        Ok(answer)
    })
    .await
}

/// Whether all that Tidemill needs is there
#[utoipa::path(get, path = "/doctor", tag = "about", responses((status = 200, body = DoctorAnswer)))]
async fn examine(State(host): State<Arc<Host>>) -> Answer<DoctorAnswer> {
    ask(host, |host| {
        Ok(doctor::doctor(&host.surroundings(), Timestamp::now()))
    })
    .await
}
