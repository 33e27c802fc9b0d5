//! The HTTP API, `/api/v1`: one router over the verbs, described as it is built.
//!
//! [`router`] knows no socket: the desktop window hands it requests in process
//! ([`Door::InProcess`]), and [`listen`] puts it on an address.

mod answer;
mod extract;
mod guard;
pub mod listen;
mod pieces;
mod problem;
mod query;
mod routes;
mod sse;
mod studio;
mod token;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware,
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;

use crate::Host;

pub use guard::{Door, Gate};
pub use problem::Problem;
pub use studio::{Studio, StudioFile};
pub use token::Token;

/// The largest body that a route reads.
const BODY: usize = 1 << 20;

/// The largest body with a flow's text in it: one of the format's largest, in which JSON
/// writes every other character as two, beside what else a route takes.
const TEXT_BODY: usize = 2 * tidemill_flow::MAX_BYTES + BODY;

/// How long a request may take until its answer begins. Steering another process's
/// run may take twenty seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the pages that are served may load: nothing from anywhere else.
const POLICY: &str = "default-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'self'";

/// The API over a host.
pub fn router(host: Arc<Host>) -> Router {
    assembled(host, Router::new())
}

/// The API's description.
pub fn document() -> Document {
    let (_, mut document) = described().split_for_parts();
    routes::complete(&mut document);
    document
}

fn described() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::with_openapi(routes::about()).nest("/api/v1", routes::all())
}

/// The API, beside what else is served.
fn assembled(host: Arc<Host>, beside: Router) -> Router {
    let (api, mut document) = described().split_for_parts();
    routes::complete(&mut document);
    let document = Arc::new(document);
    let described = get(move || {
        let document = Arc::clone(&document);
        async move { Json(document.as_ref().clone()) }
    });
    let api = api
        .route("/api/v1/openapi.json", described)
        .route("/api/{*path}", axum::routing::any(nothing))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .with_state(host);
    Router::new()
        .merge(api)
        .merge(beside)
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(DefaultBodyLimit::max(BODY))
        // What announces more than any route reads is not read at all.
        .layer(RequestBodyLimitLayer::new(TEXT_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIMEOUT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(guard::guard))
        .layer(middleware::map_response(problem::explain))
        .layer(set(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

fn set(name: header::HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
