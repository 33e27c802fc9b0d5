//! What a task does.

use std::time::Duration;

use indexmap::IndexMap;

use crate::{
    Callee, Channel, FlowName, HttpMethod, Name, Setting, StatusRange, TaskIndex,
    template::Template,
};

/// What a task does: one variant a kind key of the flow file.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A script in a shell.
    Shell(Shell),
    /// A Python function's body, file or call.
    Python(Python),
    /// One HTTP request.
    Http(Box<Http>),
    /// Statements against a database.
    Sql(Sql),
    /// A value.
    Value(Template),
    /// Another flow's run.
    Flow(Subflow),
    /// Inner tasks, in the file's order.
    Group(Vec<TaskIndex>),
    /// Nothing, for a while.
    Wait(Wait),
    /// A person's answer.
    Approve(Approve),
    /// A message to people.
    Notify(NotifyTask),
}

impl Kind {
    /// The kind's key in the flow file.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Shell(_) => "shell",
            Self::Python(_) => "python",
            Self::Http(_) => "http",
            Self::Sql(_) => "sql",
            Self::Value(_) => "value",
            Self::Flow(_) => "flow",
            Self::Group(_) => "tasks",
            Self::Wait(_) => "wait",
            Self::Approve(_) => "approve",
            Self::Notify(_) => "notify",
        }
    }
}

/// Where code comes from.
#[derive(Clone, Debug)]
pub enum Code {
    /// It stands in the flow file, and runs as it stands.
    Inline(String),
    /// It is a file's, relative to the flow file's folder.
    File(Template),
}

/// A script in a shell.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The script.
    pub code: Code,
    /// What runs it; `None`: the platform's (`sh`; on Windows `pwsh`).
    pub interpreter: Option<Template>,
}

/// Python code.
#[derive(Clone, Debug)]
pub struct Python {
    /// What runs.
    pub code: PythonCode,
    /// Packages that it needs, as pip names them.
    pub requirements: Vec<Template>,
    /// The interpreter's path; `None`: chosen as the docs say.
    pub python: Option<Template>,
    /// Each attempt gets a process of its own.
    pub isolate: bool,
}

/// What of Python runs.
#[derive(Clone, Debug)]
pub enum PythonCode {
    /// A function's body.
    Body(Code),
    /// A function in a file.
    Call {
        /// Which.
        callee: Setting<Callee>,
        /// Its keyword arguments.
        with: IndexMap<String, Template>,
    },
}

/// One HTTP request.
#[derive(Clone, Debug)]
pub struct Http {
    /// `GET` by default.
    pub method: Setting<HttpMethod>,
    /// Where to.
    pub url: Template,
    /// Added to the URL's own.
    pub query: IndexMap<String, Template>,
    /// Sent as they stand.
    pub headers: IndexMap<String, Template>,
    /// What is sent.
    pub body: Option<HttpBody>,
    /// Who asks.
    pub auth: Option<HttpAuth>,
    /// Status codes that are success; 200-299 by default.
    pub expect: Vec<Setting<StatusRange>>,
    /// Where the answer's body goes, relative to the flow file's folder.
    pub save_to: Option<Template>,
}

/// What an HTTP request sends.
#[derive(Clone, Debug)]
pub enum HttpBody {
    /// A JSON document.
    Json(Template),
    /// A form, URL-encoded.
    Form(IndexMap<String, Template>),
    /// Text.
    Text(Template),
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum HttpAuth {
    /// `Authorization: Bearer …`.
    Bearer(Template),
    /// `Authorization: Basic …`.
    Basic {
        /// The user.
        user: Template,
        /// The password.
        password: Template,
    },
}

/// Statements against a database.
#[derive(Clone, Debug)]
pub struct Sql {
    /// A SQLite file's path, relative to the flow file's folder, or a `postgres://` URL.
    pub database: Template,
    /// The statements.
    pub query: Code,
    /// Bound by name.
    pub parameters: IndexMap<Name, Template>,
}

/// Another flow's run.
#[derive(Clone, Debug)]
pub struct Subflow {
    /// Which flow.
    pub target: SubflowTarget,
    /// Its parameters.
    pub parameters: IndexMap<Name, Template>,
}

/// Which flow a subflow task runs.
#[derive(Clone, Debug)]
pub enum SubflowTarget {
    /// One of the workspace.
    Name(FlowName),
    /// A file, relative to the flow file's folder.
    File(Template),
}

/// Nothing, for a while.
#[derive(Clone, Debug)]
pub enum Wait {
    /// So long.
    For(Setting<Duration>),
    /// Until a time (the template gives RFC 3339, or a local time).
    Until(Template),
    /// Until a file is there, relative to the flow file's folder.
    File(Template),
}

/// A person's answer.
#[derive(Clone, Debug)]
pub struct Approve {
    /// What the person is asked.
    pub message: Template,
    /// JSON Schema of what the person may enter, if anything.
    pub fields: Option<serde_json::Value>,
    /// How long the question stands; `None`: for ever.
    pub expires: Option<Setting<Duration>>,
    /// What happens then.
    pub on_expiry: OnExpiry,
}

/// What an approval that expires counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExpiry {
    /// A rejection.
    #[default]
    Reject,
    /// An approval.
    Approve,
}

/// A message to people.
#[derive(Clone, Debug)]
pub struct NotifyTask {
    /// Its title.
    pub title: Option<Template>,
    /// Its text.
    pub message: Template,
    /// Where to; `None`: the desktop.
    pub channel: Option<Channel>,
}
