//! Requests taken apart: as axum does, with problem documents for what does not fit.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection},
    http::{StatusCode, header},
};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A body of JSON.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(crate) struct Body<T>(pub(crate) T);

/// A body of JSON, or none: then as if all were left out.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let said_nothing = request.body().is_end_stream();
        if said_nothing && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        let Body(body) = Body::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// What stands in the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<rejection::JsonRejection> for Problem {
    fn from(rejection: rejection::JsonRejection) -> Self {
        let problem = Self::of_status(rejection.status(), rejection.body_text());
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                problem.with_hint("send JSON, with the header `Content-Type: application/json`")
            }
            _ => problem,
        }
    }
}

impl From<rejection::PathRejection> for Problem {
    fn from(rejection: rejection::PathRejection) -> Self {
        Self::of_status(rejection.status(), rejection.body_text())
    }
}
