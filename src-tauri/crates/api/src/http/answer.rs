//! Answers: a verb carried out on a thread that may block, its answer as JSON.

use std::sync::Arc;

use axum::Json;

use super::problem::Problem;
use crate::{Error, Host, tail::blocking};

/// What a route gives.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// Asks a verb over a host.
pub(crate) async fn ask<T: Send + 'static>(
    host: Arc<Host>,
    verb: impl FnOnce(&Host) -> Result<T, Error> + Send + 'static,
) -> Answer<T> {
    Ok(Json(blocking(move || verb(&host)).await?))
}
