//! Requests taken apart: as axum does, with problem documents for what does not fit.

use axum::{
    extract::{FromRequest, FromRequestParts, rejection},
    http::StatusCode,
};

use super::problem::Problem;

/// A body of JSON.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(crate) struct Body<T>(pub(crate) T);

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
