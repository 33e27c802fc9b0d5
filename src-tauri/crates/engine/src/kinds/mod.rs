//! The kinds of tasks that the engine carries out: one file or folder each.
//!
//! Each takes what the flow file says, evaluates its templates in the attempt's
//! scope, and gives the output or the [`Failure`](tidemill_orchestrate::Failure).
//! None retries, times out or records anything: that is the driver's. Each may
//! be dropped at any time, which ends what it began. Nothing here masks secrets;
//! [`Mask`](crate::mask::Mask) does, on the way out.
//!
//! ```text
//! http::HttpClient::new() -> HttpClient                       one an engine; costs nothing until used
//! http::run(&Http, &Arc<Scope>, folder: &Path, &HttpClient).await -> Result<Value, Failure>
//! sql::run(&Sql, &Arc<Scope>, folder: &Path).await -> Result<Value, Failure>
//! ```
//!
//! `scope` is the attempt's with `secrets` in it; `folder` is the flow file's.

use tidemill_flow::EvaluationError;
use tidemill_orchestrate::{Failure, FailureKind};

pub(crate) mod approve;
pub(crate) mod flow;
pub(crate) mod http;
pub(crate) mod python;
pub(crate) mod shell;
pub(crate) mod sql;
pub(crate) mod wait;

/// The most bytes that a result may have in memory: 64 MiB.
pub(crate) const LARGEST_RESULT: usize = 64 * 1024 * 1024;

/// A failure with nothing beside its message.
pub(crate) fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure {
        kind,
        message: message.into(),
        exit_code: None,
        status: None,
    }
}

/// The failure of a template that stands at `key` and could not be evaluated.
pub(crate) fn unevaluated(key: &str, error: &EvaluationError) -> Failure {
    failure(FailureKind::Expression, format!("{key}: {error}"))
}
