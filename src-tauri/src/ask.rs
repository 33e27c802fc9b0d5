//! What the app itself asks of the API: the same requests that the page sends.

use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::backend::Backend;

/// The largest answer that is read.
const LARGEST: usize = 32 << 20;

/// Why there is no answer to use, in words.
pub(crate) type Refusal = String;

/// What the studio's first page shows; the part that the tray shows of it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Overview {
    pub(crate) as_expected: bool,
    pub(crate) broken: Vec<Broken>,
    pub(crate) running: Vec<Running>,
    pub(crate) flows: Vec<Flow>,
}

/// Something that is not as expected.
#[derive(Debug, Deserialize)]
pub(crate) struct Broken {
    pub(crate) kind: String,
    pub(crate) flow: String,
    pub(crate) run: Option<RunName>,
}

/// A run, as it is called.
#[derive(Debug, Deserialize)]
pub(crate) struct RunName {
    pub(crate) id: String,
}

/// A run that goes on.
#[derive(Debug, Deserialize)]
pub(crate) struct Running {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) flow: String,
}

/// A flow of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Flow {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) workspace: String,
    pub(crate) schedules: Vec<Value>,
    /// Whether this version carries schedules out.
    pub(crate) scheduling: bool,
}

#[derive(Deserialize)]
struct FlowList {
    flows: Vec<Flow>,
}

#[derive(Deserialize)]
struct Workspaces {
    workspaces: Vec<Workspace>,
}

#[derive(Deserialize)]
struct Workspace {
    path: String,
    current: bool,
}

impl Workspaces {
    fn current(self) -> Option<String> {
        let mut all = self.workspaces.into_iter();
        all.find(|one| one.current).map(|one| one.path)
    }
}

#[derive(Deserialize)]
struct Settings {
    settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    key: String,
    value: Value,
}

impl Backend {
    /// How everything stands.
    pub(crate) async fn overview(&self) -> Result<Overview, Refusal> {
        self.ask(Method::GET, "/stats", None).await
    }

    /// The workspace's flows.
    pub(crate) async fn flows(&self) -> Result<Vec<Flow>, Refusal> {
        let list: FlowList = self.ask(Method::GET, "/flows", None).await?;
        Ok(list.flows)
    }

    /// The workspace whose flows these are; `None`: there is none.
    pub(crate) async fn workspace(&self) -> Result<Option<String>, Refusal> {
        let all: Workspaces = self.ask(Method::GET, "/workspaces", None).await?;
        Ok(all.current())
    }

    /// Has the flows be those of another workspace: a folder's, or a flow file's.
    /// Answers which that is.
    pub(crate) async fn open_workspace(&self, path: &str) -> Result<Option<String>, Refusal> {
        let body = Some(json!({ "path": path }));
        let all: Workspaces = self.ask(Method::PUT, "/workspaces/current", body).await?;
        Ok(all.current())
    }

    /// Starts a run of a flow, without parameters; answers its id.
    pub(crate) async fn start(&self, flow: &str) -> Result<String, Refusal> {
        let path = format!("/flows/{flow}/runs");
        let run: RunName = self.ask(Method::POST, &path, Some(json!({}))).await?;
        Ok(run.id)
    }

    /// A setting's value, if it is a text; `None`: its default holds.
    pub(crate) async fn setting(&self, key: &str) -> Result<Option<String>, Refusal> {
        let all: Settings = self.ask(Method::GET, "/settings", None).await?;
        let found = all.settings.into_iter().find(|one| one.key == key);
        Ok(found.and_then(|one| one.value.as_str().map(str::to_owned)))
    }

    /// Changes a setting.
    pub(crate) async fn set(&self, key: &str, value: &str) -> Result<(), Refusal> {
        let path = format!("/settings/{key}");
        let body = Some(json!({ "value": value }));
        self.ask::<Value>(Method::PUT, &path, body).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refusal> {
        let mut request = Request::new(
            body.map(|body| body.to_string().into_bytes())
                .unwrap_or_default(),
        );
        *request.method_mut() = method;
        let uri = format!("/api/v1{path}").parse();
        *request.uri_mut() = uri.map_err(|error| format!("{path}: {error}"))?;
        let kind = axum::http::HeaderValue::from_static("application/json");
        request.headers_mut().insert("content-type", kind);
        let answer = self.send(request).await.map_err(|none| none.to_string())?;
        let status = answer.status();
        let body = http_body_util::Limited::new(answer.into_body(), LARGEST);
        let bytes = body
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        if !status.is_success() {
            return Err(refusal(status.as_u16(), &bytes));
        }
        let text = if bytes.is_empty() {
            b"null"
        } else {
            &bytes[..]
        };
        serde_json::from_slice(text).map_err(|error| format!("{path}: {error}"))
    }
}

/// What a problem document says.
fn refusal(status: u16, bytes: &[u8]) -> Refusal {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => problem.detail,
        Err(_) => format!("status {status}"),
    }
}
