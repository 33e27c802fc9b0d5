//! `python`: code in one of the run's warm workers.
//!
//! Not here: the workers, and how an interpreter is chosen.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tidemill_flow::{
    Code, Each, Env, Kind, Python, PythonCode as FlowCode, Scope, Value, template::Template,
};
use tidemill_orchestrate::{Failure, FailureKind, Outcome, TaskRunNumber};

use super::unevaluated;
use crate::{
    attempt::Attempt,
    engine::Shared as Engine,
    interpreter::Search,
    process::{Environment, GRACE},
    python::{
        Attempted, ContextValues, PythonCode, PythonContext, PythonFailure, PythonTask, Shared,
    },
    run_facts::RunFacts,
};

/// How many tasks' contexts are kept: those whose items may be running.
const KEPT: usize = 64;

/// What the items of a mapped task have in common, by its task run.
#[derive(Default)]
pub(crate) struct Contexts {
    kept: Mutex<HashMap<TaskRunNumber, Arc<TaskContext>>>,
    run: OnceLock<RunValues>,
}

/// What the attempts of one task run, or of its items, have in common.
struct TaskContext {
    python: Arc<PythonContext>,
    /// Where they do not depend on the item.
    place: OnceLock<Place>,
}

/// What every body of the run sees.
#[derive(Clone)]
struct RunValues {
    params: Shared,
    run: Shared,
    trigger: Shared,
    variables: Shared,
}

/// Where an attempt runs.
#[derive(Clone)]
struct Place {
    interpreter: PathBuf,
    environment: Environment,
    directory: PathBuf,
}

/// Starts an interpreter ahead where the flow has Python tasks, so that it is
/// there when the first one is.
pub(crate) fn warm(engine: &Arc<Engine>, facts: &Arc<RunFacts>) {
    let usual = facts.flow.flow.tasks.iter().any(|task| {
        matches!(&task.kind, Kind::Python(python) if python.python.is_none()
            && python.requirements.is_empty()
            && !python.isolate)
    });
    if !usual {
        return;
    }
    let (engine, facts) = (Arc::clone(engine), Arc::clone(facts));
    tokio::spawn(async move {
        let search = Search {
            python: None,
            environment: &facts.machine,
            workspace: &facts.flow.workspace,
            directory: &facts.folder,
        };
        // Where there is none, the first task says so.
        if let Ok(interpreter) = engine.interpreters.find(search).await {
            facts.workers(&engine).warm(&interpreter);
        }
    });
}

/// Runs the code, and gives what it returned.
pub(crate) async fn run(python: &Python, attempt: &Attempt) -> Outcome {
    let task = match task(python, attempt).await {
        Ok(task) => task,
        Err(Stopped::Failed(failure)) => return Outcome::Failed(failure),
        Err(Stopped::Interrupted(outcome)) => return outcome,
    };
    let workers = attempt.facts.workers(&attempt.shared);
    let log = Arc::clone(&attempt.log);
    match workers.run(task, log, GRACE, attempt.interrupted()).await {
        Attempted::Returned(value) => Outcome::completed(value),
        Attempted::Failed(failure) => Outcome::Failed(failed(&failure)),
        Attempted::Stopped(interruption) => attempt.interruption_outcome(interruption),
    }
}

/// Why there is no task to run.
enum Stopped {
    Failed(Failure),
    Interrupted(Outcome),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

async fn task(python: &Python, attempt: &Attempt) -> Result<PythonTask, Stopped> {
    let context = context(python, attempt).await?;
    let place = match context.place.get() {
        Some(place) => place.clone(),
        None => {
            let place = tokio::select! {
                biased;
                interruption = attempt.interrupted() => {
                    return Err(Stopped::Interrupted(attempt.interruption_outcome(interruption)));
                }
                place = place(python, attempt) => place?,
            };
            if is_the_same_for_all(python, attempt) {
                // Another item may have been faster: it found the same.
                let _ = context.place.set(place.clone());
            }
            place
        }
    };
    let scope = &attempt.assignment.scope;
    Ok(PythonTask {
        context: Arc::clone(&context.python),
        interpreter: place.interpreter,
        item: scope.get(item_name(attempt)),
        index: attempt.assignment.item.map(u64::from),
        matrix: scope.get("matrix"),
        arguments: arguments(python, attempt)?,
        environment: place.environment,
        directory: place.directory,
        isolate: python.isolate,
    })
}

/// What the item is called in expressions.
fn item_name(attempt: &Attempt) -> &str {
    match &attempt.task().each {
        Some(Each::ForEach(each)) => each.name.as_str(),
        Some(Each::Matrix(_)) | None => "item",
    }
}

fn arguments(python: &Python, attempt: &Attempt) -> Result<Option<Value>, Failure> {
    let FlowCode::Call { with, .. } = &python.code else {
        return Ok(None);
    };
    let scope = attempt.secret_scope();
    let mut pairs = Vec::with_capacity(with.len());
    for (name, template) in with {
        let value = template
            .evaluate(&scope)
            .map_err(|error| unevaluated(&format!("python.with.{name}"), &error))?;
        pairs.push((name.clone(), value));
    }
    Ok(Some(Value::from_pairs(pairs)))
}

async fn context(python: &Python, attempt: &Attempt) -> Result<Arc<TaskContext>, Failure> {
    let contexts = &attempt.facts.contexts;
    let row = attempt.assignment.row;
    if let Some(context) = contexts.kept(row) {
        return Ok(context);
    }
    let context = Arc::new(TaskContext {
        python: PythonContext::new(values(python, attempt).await?),
        place: OnceLock::new(),
    });
    if has_one_code(python) {
        contexts.keep(row, &context);
    }
    Ok(context)
}

impl Contexts {
    fn kept(&self, row: TaskRunNumber) -> Option<Arc<TaskContext>> {
        self.lock().get(&row).cloned()
    }

    fn keep(&self, row: TaskRunNumber, context: &Arc<TaskContext>) {
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            // Whose items still run makes its own anew.
            kept.clear();
        }
        kept.insert(row, Arc::clone(context));
    }

    /// Locks; what a panicked holder left is still a map of contexts.
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TaskRunNumber, Arc<TaskContext>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run_values(&self, scope: &Scope) -> RunValues {
        let shared = |name: &str| Shared::new(scope.get(name).unwrap_or_else(|| Value::from(())));
        let make = || RunValues {
            params: shared("params"),
            run: shared("run"),
            trigger: shared("trigger"),
            variables: shared("vars"),
        };
        self.run.get_or_init(make).clone()
    }
}

async fn values(python: &Python, attempt: &Attempt) -> Result<ContextValues, Failure> {
    let assignment = &attempt.assignment;
    let of_run = attempt.facts.contexts.run_values(&assignment.scope);
    let named = item_name(attempt);
    Ok(ContextValues {
        code: code(python, attempt).await?,
        params: of_run.params,
        inputs: inputs(&assignment.inputs),
        run: of_run.run,
        trigger: of_run.trigger,
        variables: of_run.variables,
        item_name: (named != "item").then(|| named.to_owned()),
    })
}

fn inputs(inputs: &Value) -> Vec<(String, Shared)> {
    let names = inputs.try_iter().into_iter().flatten();
    names
        .filter_map(|name| {
            let value = inputs.get_item(&name).ok()?;
            Some((name.as_str()?.to_owned(), Shared::new(value)))
        })
        .collect()
}

async fn code(python: &Python, attempt: &Attempt) -> Result<PythonCode, Failure> {
    let folder = attempt.folder();
    match &python.code {
        FlowCode::Body(Code::Inline(source)) => Ok(PythonCode::Body {
            name: format!(
                "{}:{}",
                file_name(&attempt.facts.flow.file),
                attempt.task().path
            ),
            source: source.clone(),
        }),
        FlowCode::Body(Code::File(path)) => {
            let path = path
                .render(&attempt.assignment.scope)
                .map_err(|error| unevaluated("python.file", &error))?;
            let file = folder.join(path);
            let source = tokio::fs::read_to_string(&file).await.map_err(|error| {
                Failure::new(
                    FailureKind::Start,
                    format!("cannot read {}: {error}", file.display()),
                )
            })?;
            let name = file.to_string_lossy().into_owned();
            Ok(PythonCode::Body { name, source })
        }
        FlowCode::Call { callee, .. } => {
            let callee = callee.value("python.call", &attempt.assignment.scope)?;
            Ok(PythonCode::Call {
                file: folder.join(&callee.file),
                function: callee.function.clone(),
            })
        }
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

async fn place(python: &Python, attempt: &Attempt) -> Result<Place, Failure> {
    let environment: Environment = match attempt.task().env.is_empty() {
        true => Arc::clone(&attempt.facts.machine),
        false => Arc::new(attempt.environment()?),
    };
    let interpreter = interpreter(python, attempt, &environment).await?;
    Ok(Place {
        interpreter,
        environment,
        directory: attempt.working_directory()?,
    })
}

async fn interpreter(
    python: &Python,
    attempt: &Attempt,
    environment: &Environment,
) -> Result<PathBuf, Failure> {
    let scope = &attempt.assignment.scope;
    let render = |key: &str, template: &Template| {
        let rendered = template.render(scope);
        rendered.map_err(|error| unevaluated(key, &error))
    };
    let named = match &python.python {
        Some(template) => Some(render("python.python", template)?),
        None => None,
    };
    let mut requirements = Vec::with_capacity(python.requirements.len());
    for template in &python.requirements {
        requirements.push(render("python.requirements", template)?);
    }
    let interpreters = &attempt.shared.interpreters;
    let search = Search {
        python: named.as_deref(),
        environment,
        workspace: &attempt.facts.flow.workspace,
        directory: attempt.folder(),
    };
    let not_started = |error: String| Failure::new(FailureKind::Start, error);
    let found = interpreters.find(search).await;
    let found = found.map_err(|error| not_started(error.to_string()))?;
    if requirements.is_empty() {
        return Ok(found);
    }
    let processes = &attempt.facts.processes;
    let sink = attempt.log.as_ref();
    let made = interpreters.with_packages(processes, &found, &requirements, environment, sink);
    made.await.map_err(|error| not_started(error.to_string()))
}

/// Whether every item of the task runs the same code, since no expression says which.
fn has_one_code(python: &Python) -> bool {
    match &python.code {
        FlowCode::Body(Code::Inline(_)) => true,
        FlowCode::Body(Code::File(path)) => path.as_constant().is_some(),
        FlowCode::Call { callee, .. } => callee.as_fixed().is_some(),
    }
}

/// Whether every item of the task runs with the same interpreter, environment
/// and folder, since no expression stands in them.
fn is_the_same_for_all(python: &Python, attempt: &Attempt) -> bool {
    let constant = |template: &Template| template.as_constant().is_some();
    let task = attempt.task();
    python.python.iter().all(constant)
        && python.requirements.iter().all(constant)
        && task.cwd.iter().all(constant)
        && is_constant(&task.env)
}

fn is_constant(env: &Env) -> bool {
    env.values()
        .flatten()
        .all(|template| template.as_constant().is_some())
}

fn failed(failure: &PythonFailure) -> Failure {
    let (kind, exit_code) = match failure {
        PythonFailure::Raised { .. } => (FailureKind::Exception, None),
        PythonFailure::Output(_) => (FailureKind::Output, None),
        PythonFailure::Exited(code) => (FailureKind::Exit, Some(*code)),
        PythonFailure::Died(exit) => (FailureKind::Crashed, Some(exit.shell_code())),
        PythonFailure::NotStarted(_) => (FailureKind::Start, None),
    };
    Failure {
        exit_code,
        ..Failure::new(kind, failure.to_string())
    }
}
