//! `stats`: what Home shows.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Host,
    http::answer::{Answer, ask},
    overview::{self, Overview},
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(stats))
}

/// Is everything as expected? What Home shows, as one document
#[utoipa::path(get, path = "/stats", tag = "overview", responses((status = 200, body = Overview)))]
async fn stats(State(host): State<Arc<Host>>) -> Answer<Overview> {
    ask(host, |host| {
        overview::overview(
            host.surroundings(),
            host.home(),
            host.catalog(),
            Timestamp::now(),
        )
    })
    .await
}
