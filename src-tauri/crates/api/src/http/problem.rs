//! Refusals over HTTP: problem documents (RFC 9457), each with what to do about it.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tidemill_engine::EngineError;
use tidemill_store::StoreError;
use utoipa::ToSchema;

use crate::{
    Error, ErrorKind, FileDiagnostics,
    answers::{DiagnosticDocument, FlowCaller},
};

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Which problem it is: a name that stays, such as `tidemill:no-run`;
    /// `about:blank` where the status says it all.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same in a few words.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong, for a person.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
    /// What programs need of it.
    #[serde(flatten)]
    pub facts: Box<ProblemFacts>,
}

/// What programs need of a problem, beside its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ProblemFacts {
    /// Of a flow file: every mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub diagnostics: Option<Vec<DiagnosticDocument>>,
    /// Of parameters, or of the answer to a question: every mistake, each with the field
    /// that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mistakes: Option<Vec<String>>,
    /// Of a file that was changed elsewhere: its text as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
    /// Of a file that was changed elsewhere: its version as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub version: Option<String>,
    /// Of a flow that others need: which do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub callers: Option<Vec<FlowCaller>>,
}

impl From<Error> for ProblemFacts {
    fn from(error: Error) -> Self {
        let mut facts = Self::default();
        match error {
            Error::Mistakes(file) | Error::Hindered(file) => {
                facts.diagnostics = Some(of_file(&file));
            }
            Error::Parameters(mistakes) | Error::Fields { mistakes, .. } => {
                facts.mistakes = Some(mistakes);
            }
            Error::ChangedElsewhere(file) => {
                facts.text = Some(file.text);
                facts.version = Some(file.version);
            }
            Error::Needed { callers, .. } => facts.callers = Some(callers),
            _ => {}
        }
        facts
    }
}

impl Problem {
    /// A problem that a status names.
    pub(crate) fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Refused"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
            facts: Box::default(),
        }
    }

    /// A problem with a name of its own.
    pub(crate) fn named(
        status: StatusCode,
        name: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("tidemill:{name}"),
            title,
            ..Self::of_status(status, detail)
        }
    }

    /// The same with what to do about it.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::of_status(StatusCode::BAD_REQUEST, detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, name, title) = named(&error);
        let detail = error.to_string();
        if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(%error, "a request failed");
        }
        Self {
            hint: error.hint(),
            facts: Box::new(error.into()),
            ..Self::named(status, name, title, detail)
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A document of texts and numbers always is JSON.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let media_type = HeaderValue::from_static(MEDIA_TYPE);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media_type);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// An error's status, name and title.
fn named(error: &Error) -> (StatusCode, &'static str, &'static str) {
    const UNFIT: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    match error {
        Error::NoFlow { .. } | Error::NowhereToLook { .. } => {
            (StatusCode::NOT_FOUND, "no-flow", "No such flow")
        }
        Error::FlowInsteadOfRun { .. } => (StatusCode::NOT_FOUND, "no-run", "No such run"),
        Error::NoExample { .. } => (StatusCode::NOT_FOUND, "no-example", "No such example"),
        Error::NoWorkspace(_) => (StatusCode::NOT_FOUND, "no-workspace", "No such workspace"),
        Error::NoTask { .. } => (StatusCode::NOT_FOUND, "no-task", "No such task"),
        Error::NoSetting { .. } => (StatusCode::NOT_FOUND, "no-setting", "No such setting"),
        Error::Nothing { .. } => (StatusCode::NOT_FOUND, "nothing", "Not there"),
        Error::Mistakes(_) => (UNFIT, "flow-mistakes", "The flow file has mistakes"),
        Error::Hindered(_) => (UNFIT, "hindered", "The flow cannot run here"),
        Error::Parameters(_) => (UNFIT, "parameters", "The parameters do not fit"),
        Error::Fields { .. } => (UNFIT, "fields", "The answer does not fit the question"),
        Error::Trial(_) | Error::Refused(_) => {
            (StatusCode::CONFLICT, "refused", "Refused as things stand")
        }
        Error::NoQuestion(_) => (StatusCode::CONFLICT, "no-question", "No such question"),
        Error::SeveralFlows { .. } => (
            StatusCode::CONFLICT,
            "several-flows",
            "Several flows of one name",
        ),
        Error::ChangedElsewhere(_) => (
            StatusCode::CONFLICT,
            "changed-elsewhere",
            "The file was changed elsewhere",
        ),
        Error::FlowExists { .. } | Error::Exists(_) => {
            (StatusCode::CONFLICT, "exists", "It is there already")
        }
        Error::Needed { .. } => (StatusCode::CONFLICT, "needed", "Other flows need it"),
        Error::NameInFile { .. } | Error::Nameless(_) => (
            StatusCode::CONFLICT,
            "name-in-file",
            "A name in a file cannot be changed",
        ),
        Error::PauseInFile { .. } => (
            StatusCode::CONFLICT,
            "pause-in-file",
            "What starts the flow cannot be paused in a copy",
        ),
        Error::Outside { .. } => (UNFIT, "outside", "The path leads out of the workspace"),
        Error::FlowPath { .. } => (UNFIT, "flow-path", "No flow file can be there"),
        Error::Layout(_) => (UNFIT, "layout", "The layout does not fit"),
        Error::Write { .. } => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "write",
            "A file cannot be written",
        ),
        Error::KeyTaken(_) => (UNFIT, "key-taken", "The idempotency key is taken"),
        Error::Closing => (
            StatusCode::SERVICE_UNAVAILABLE,
            "closing",
            "Tidemill is closing",
        ),
        Error::TooMany(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many",
            "Too many at once",
        ),
        Error::Store(error) => named_by_store(error),
        Error::Engine(error) => named_by_engine(error),
        Error::Lost(error) => named_by_engine(error),
        other => match other.kind() {
            ErrorKind::Call => (StatusCode::BAD_REQUEST, "call", "The request is wrong"),
            ErrorKind::System => SYSTEM,
        },
    }
}

/// What is nobody's fault who asks.
const SYSTEM: (StatusCode, &str, &str) = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "system",
    "Tidemill could not go on",
);

fn named_by_store(error: &StoreError) -> (StatusCode, &'static str, &'static str) {
    match error {
        StoreError::NoRun(_) => (StatusCode::NOT_FOUND, "no-run", "No such run"),
        StoreError::NoLimit(_) => (StatusCode::NOT_FOUND, "nothing", "Not there"),
        StoreError::AmbiguousRun { .. } => (
            StatusCode::CONFLICT,
            "several-runs",
            "Several runs may be meant",
        ),
        StoreError::RunOwned { .. } => (
            StatusCode::CONFLICT,
            "run-carried",
            "A process carries the run",
        ),
        StoreError::Cursor(_) => (
            StatusCode::BAD_REQUEST,
            "cursor",
            "No such place in the list",
        ),
        StoreError::Full { .. } => (
            StatusCode::INSUFFICIENT_STORAGE,
            "disk-full",
            "The disk is full",
        ),
        StoreError::Closed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "closing",
            "Tidemill is closing",
        ),
        _ => SYSTEM,
    }
}

fn named_by_engine(error: &EngineError) -> (StatusCode, &'static str, &'static str) {
    match error {
        EngineError::Store(error) => named_by_store(error),
        EngineError::Hindered { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "hindered",
            "The flow cannot run here",
        ),
        EngineError::Fields { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "fields",
            "The answer does not fit the question",
        ),
        EngineError::Owned { .. } => (
            StatusCode::CONFLICT,
            "run-carried",
            "A process carries the run",
        ),
        EngineError::RunEnded { .. } => (StatusCode::CONFLICT, "run-ended", "The run has ended"),
        EngineError::NotEnded { .. } => (
            StatusCode::CONFLICT,
            "run-not-ended",
            "The run has not ended",
        ),
        EngineError::RecordedCommand { .. } | EngineError::Refused(_) => {
            (StatusCode::CONFLICT, "refused", "Refused as things stand")
        }
        EngineError::NotAsked { .. } | EngineError::SeveralAsked { .. } => {
            (StatusCode::CONFLICT, "no-question", "No such question")
        }
        EngineError::NoAnswer { .. } => (
            StatusCode::GATEWAY_TIMEOUT,
            "no-answer",
            "The process that carries the run does not answer",
        ),
        EngineError::Closed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "closing",
            "Tidemill is closing",
        ),
        _ => SYSTEM,
    }
}

fn of_file(file: &FileDiagnostics) -> Vec<DiagnosticDocument> {
    let path = file.path.display().to_string();
    let document = |diagnostic| DiagnosticDocument::of(diagnostic, Some(path.clone()));
    file.diagnostics.iter().map(document).collect()
}

/// Makes a problem of every other refusal: those of the router and of its layers.
pub(crate) async fn explain(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let said = response.headers().get(header::CONTENT_TYPE);
    if !is_refusal || said.is_some_and(|said| said == MEDIA_TYPE) {
        return response;
    }
    let detail = match status {
        StatusCode::NOT_FOUND => "nothing is at this path",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not know that method",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than this path takes",
        StatusCode::REQUEST_TIMEOUT => "the request did not come to its end in time",
        StatusCode::INTERNAL_SERVER_ERROR => "the request could not be carried out",
        _ => "the request cannot be read",
    };
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut explained = Problem::of_status(status, detail).into_response();
    if let Some(allowed) = allowed {
        explained.headers_mut().insert(header::ALLOW, allowed);
    }
    explained
}
