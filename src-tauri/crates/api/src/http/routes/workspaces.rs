//! `workspaces`: the folders of flows that the home knows; and `doctor`.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    doctor::{self, DoctorAnswer},
    http::answer::{Answer, ask},
    workspaces::{self, Workspaces},
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(examine))
}

/// The workspaces that the home remembers, the one that is served first
#[utoipa::path(get, path = "/workspaces", tag = "flows", responses((status = 200, body = Workspaces)))]
async fn list(State(host): State<Arc<Host>>) -> Answer<Workspaces> {
    ask(host, |host| {
        workspaces::list(host.surroundings(), host.home())
    })
    .await
}

/// Whether all that Tidemill needs is there
#[utoipa::path(get, path = "/doctor", tag = "about", responses((status = 200, body = DoctorAnswer)))]
async fn examine(State(host): State<Arc<Host>>) -> Answer<DoctorAnswer> {
    ask(host, |host| {
        Ok(doctor::doctor(host.surroundings(), Timestamp::now()))
    })
    .await
}
