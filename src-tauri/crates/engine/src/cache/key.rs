//! What a result is known by: a hash of all that can change it.
//!
//! Seen are the task's code (a file's content too), its evaluated options, and
//! what its body can see of the flow. Not seen: the machine's environment and
//! `run`, which differ each time though they seldom matter. In place of each
//! secret stands its keyed hash.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use indexmap::IndexMap;
use sha2::{Digest, Sha256};
use tidemill_flow::{
    Code, Each, Env, EvaluationError, Http, HttpAuth, HttpBody, Kind, Python, PythonCode, Scope,
    SettingError, Shell, Sql, Subflow, SubflowTarget, Task, Value,
    template::{Template, as_text, to_json},
};
use tidemill_store::CacheKey;

use crate::request::{FlowReference, LoadError, LoadFlow, LoadedFlow};

/// Why a key could not be made, for a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("{0}")]
    Expression(#[from] EvaluationError),
    #[error("{0}")]
    Setting(#[from] SettingError),
    #[error("cannot read {}: {cause}", path.display())]
    File {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{0}")]
    Flow(#[from] LoadError),
}

/// Whose result it is.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) workspace: &'a Path,
    pub(crate) flow: &'a str,
    /// The flow file's folder, which relative paths are of.
    pub(crate) folder: &'a Path,
    /// Reads the flows that tasks call.
    pub(crate) load: &'a LoadFlow,
}

/// The key of a task's result. Reads the files that hold its code: may block.
///
/// `scope` is the assignment's, with keyed hashes as its `secrets`.
pub(crate) fn key(
    origin: Origin<'_>,
    task: &Task,
    scope: &Arc<Scope>,
    inputs: &Value,
) -> Result<CacheKey, KeyError> {
    let mut hashed = Hashed::new(origin, scope);
    hashed.text("workspace", &origin.workspace.to_string_lossy());
    hashed.text("flow", origin.flow);
    hashed.text("task", &task.path);
    match task.cache.as_ref().and_then(|cache| cache.key.as_ref()) {
        Some(template) => hashed.template("key", template)?,
        None => hashed.everything(task, inputs)?,
    }
    Ok(CacheKey(hashed.digest.finalize().into()))
}

/// A hash being made: of names and values, each with its length, so that no two
/// different tasks give the same bytes.
struct Hashed<'a> {
    digest: Sha256,
    origin: Origin<'a>,
    scope: &'a Arc<Scope>,
}

impl<'a> Hashed<'a> {
    fn new(origin: Origin<'a>, scope: &'a Arc<Scope>) -> Self {
        Self {
            digest: Sha256::new_with_prefix(b"tidemill result 1\n"),
            origin,
            scope,
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.digest.update((part.len() as u64).to_le_bytes());
            self.digest.update(part);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.bytes(name, text.as_bytes());
    }

    fn value(&mut self, name: &str, value: &Value) {
        self.text(name, &to_json(value).to_string());
    }

    fn template(&mut self, name: &str, template: &Template) -> Result<(), KeyError> {
        let value = template.evaluate(self.scope)?;
        self.value(name, &value);
        Ok(())
    }

    fn optional(&mut self, name: &str, template: Option<&Template>) -> Result<(), KeyError> {
        template.map_or(Ok(()), |template| self.template(name, template))
    }

    fn templates<Name: AsRef<str>>(
        &mut self,
        name: &str,
        templates: &IndexMap<Name, Template>,
    ) -> Result<(), KeyError> {
        for (key, template) in templates {
            self.text(name, key.as_ref());
            self.template("=", template)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), KeyError> {
        let path = self.origin.folder.join(path);
        match std::fs::read(&path) {
            Ok(content) => {
                self.bytes("file", &content);
                Ok(())
            }
            Err(cause) => Err(KeyError::File { path, cause }),
        }
    }

    fn code(&mut self, code: &Code) -> Result<(), KeyError> {
        match code {
            Code::Inline(text) => {
                self.text("code", text);
                Ok(())
            }
            Code::File(path) => {
                let path = path.render(self.scope)?;
                self.file(Path::new(&path))
            }
        }
    }

    fn everything(&mut self, task: &Task, inputs: &Value) -> Result<(), KeyError> {
        self.text("kind", task.kind.key());
        match &task.kind {
            Kind::Shell(shell) => {
                self.shell(shell)?;
                self.surroundings(task)
            }
            Kind::Python(python) => {
                self.python(python, task, inputs)?;
                self.surroundings(task)
            }
            Kind::Http(http) => self.http(http),
            Kind::Sql(sql) => self.sql(sql),
            Kind::Value(template) => self.template("value", template),
            Kind::Flow(subflow) => self.subflow(subflow),
            // The checker lets no cache stand on these.
            Kind::Group(_) | Kind::Wait(_) | Kind::Approve(_) | Kind::Notify(_) => Ok(()),
        }
    }

    /// What a process finds around it, as far as the flow says so.
    fn surroundings(&mut self, task: &Task) -> Result<(), KeyError> {
        self.folder();
        self.optional("cwd", task.cwd.as_ref())?;
        self.environment(&task.env)
    }

    /// Where the flow file lies, by which `cwd` and relative paths go.
    fn folder(&mut self) {
        let folder = self.origin.folder;
        let folder = folder.strip_prefix(self.origin.workspace).unwrap_or(folder);
        self.text("folder", &folder.to_string_lossy());
    }

    fn environment(&mut self, env: &Env) -> Result<(), KeyError> {
        for (name, template) in env {
            self.text("env", name);
            self.optional("=", template.as_ref())?;
        }
        Ok(())
    }

    fn shell(&mut self, shell: &Shell) -> Result<(), KeyError> {
        self.code(&shell.code)?;
        self.optional("interpreter", shell.interpreter.as_ref())
    }

    fn python(&mut self, python: &Python, task: &Task, inputs: &Value) -> Result<(), KeyError> {
        match &python.code {
            PythonCode::Body(code) => {
                self.code(code)?;
                self.seen_by_a_body(task, inputs);
            }
            PythonCode::Call { callee, with } => {
                let callee = callee.value("python.call", self.scope)?;
                self.file(Path::new(&callee.file))?;
                self.text("function", &callee.function);
                self.templates("with", with)?;
            }
        }
        for package in &python.requirements {
            self.template("requirement", package)?;
        }
        self.optional("python", python.python.as_ref())
    }

    fn seen_by_a_body(&mut self, task: &Task, inputs: &Value) {
        self.value("inputs", inputs);
        let item = match &task.each {
            Some(Each::ForEach(each)) => each.name.as_str(),
            Some(Each::Matrix(_)) | None => "item",
        };
        for name in ["params", item, "index", "matrix", "trigger", "vars"] {
            if let Some(value) = self.scope.get(name) {
                self.value(name, &value);
            }
        }
    }

    fn http(&mut self, http: &Http) -> Result<(), KeyError> {
        let method = http.method.value("http.method", self.scope)?;
        self.text("method", method.as_str());
        self.template("url", &http.url)?;
        self.templates("query", &http.query)?;
        self.templates("header", &http.headers)?;
        match &http.body {
            Some(HttpBody::Json(json)) => self.template("json", json)?,
            Some(HttpBody::Form(form)) => self.templates("form", form)?,
            Some(HttpBody::Text(text)) => self.template("body", text)?,
            None => {}
        }
        match &http.auth {
            Some(HttpAuth::Bearer(token)) => self.template("bearer", token)?,
            Some(HttpAuth::Basic { user, password }) => {
                self.template("user", user)?;
                self.template("password", password)?;
            }
            None => {}
        }
        for range in &http.expect {
            let range = range.value("http.expect", self.scope)?;
            self.text("expect", &range.to_string());
        }
        if http.save_to.is_some() {
            self.folder();
        }
        self.optional("save_to", http.save_to.as_ref())
    }

    fn sql(&mut self, sql: &Sql) -> Result<(), KeyError> {
        self.folder();
        self.template("database", &sql.database)?;
        self.code(&sql.query)?;
        self.templates("parameter", &sql.parameters)
    }

    /// The called flow counts by what it is made of, and by the variables, which it sees.
    fn subflow(&mut self, subflow: &Subflow) -> Result<(), KeyError> {
        let reference = called_flow(
            &subflow.target,
            self.origin.workspace,
            self.origin.folder,
            self.scope,
        )?;
        let called = (self.origin.load)(&reference)?;
        self.called(called);
        if let Some(variables) = self.scope.get("vars") {
            self.value("vars", &variables);
        }
        self.templates("parameter", &subflow.parameters)
    }

    /// A called flow's text and the files that it names, and those of every flow that it
    /// calls in turn. Which of them an expression says is not known here, and what is not
    /// there may never be asked for: neither counts.
    fn called(&mut self, called: LoadedFlow) {
        let mut seen = BTreeSet::from([called.file.clone()]);
        let mut left = vec![called];
        while let Some(called) = left.pop() {
            self.text("called", &called.flow.version);
            let folder = called.file.parent().unwrap_or(Path::new(""));
            for task in called.flow.tasks.iter() {
                if let Some(file) = code_file(&task.kind) {
                    self.text("file", &file);
                    if let Ok(content) = std::fs::read(folder.join(&file)) {
                        self.bytes("content", &content);
                    }
                }
                if let Kind::Flow(subflow) = &task.kind
                    && let Some(reference) = fixed_flow(&subflow.target, &called.workspace, folder)
                    && let Ok(next) = (self.origin.load)(&reference)
                    && seen.insert(next.file.clone())
                {
                    left.push(next);
                }
            }
        }
    }
}

/// The file that a task's code is in, where the flow file says which.
fn code_file(kind: &Kind) -> Option<String> {
    let code = match kind {
        Kind::Shell(shell) => &shell.code,
        Kind::Sql(sql) => &sql.query,
        Kind::Python(python) => match &python.code {
            PythonCode::Body(code) => code,
            PythonCode::Call { callee, .. } => {
                return callee.as_fixed().map(|callee| callee.file.clone());
            }
        },
        _ => return None,
    };
    match code {
        Code::Inline(_) => None,
        Code::File(path) => path.as_constant().map(|path| as_text(&path)),
    }
}

/// Which flow a task calls, where the flow file says so.
fn fixed_flow(target: &SubflowTarget, workspace: &Path, folder: &Path) -> Option<FlowReference> {
    let workspace = workspace.to_owned();
    match target {
        SubflowTarget::Name(name) => Some(FlowReference::Name {
            workspace,
            name: name.clone(),
        }),
        SubflowTarget::File(path) => Some(FlowReference::File {
            workspace,
            file: folder.join(as_text(&path.as_constant()?)),
        }),
    }
}

/// Which flow a task calls.
pub(crate) fn called_flow(
    target: &SubflowTarget,
    workspace: &Path,
    folder: &Path,
    scope: &Arc<Scope>,
) -> Result<FlowReference, EvaluationError> {
    let workspace = workspace.to_owned();
    Ok(match target {
        SubflowTarget::Name(name) => FlowReference::Name {
            workspace,
            name: name.clone(),
        },
        SubflowTarget::File(path) => FlowReference::File {
            workspace,
            file: folder.join(path.render(scope)?),
        },
    })
}
