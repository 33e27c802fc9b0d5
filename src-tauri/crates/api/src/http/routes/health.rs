//! `health`: whether this Tidemill lives. The one route that needs no token.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use crate::{Host, document::Moment};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(health))
}

/// That it lives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// What answers: `tidemill`.
    program: &'static str,
    /// Its version.
    version: &'static str,
    /// Since when.
    started_at: Moment,
    /// Whether schedules and triggers are carried out.
    scheduling: bool,
}

/// Whether this Tidemill lives
#[utoipa::path(get, path = "/health", tag = "about", security(()), responses((status = 200, body = Health)))]
async fn health(State(host): State<Arc<Host>>) -> Json<Health> {
    Json(Health {
        status: "ok",
        program: "tidemill",
        version: env!("CARGO_PKG_VERSION"),
        started_at: Moment(host.started_at()),
        scheduling: false,
    })
}
