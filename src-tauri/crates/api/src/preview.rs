//! What the expressions of a task see, and what one gives, with what the flow's tasks
//! gave lately: for the editor, before anything runs.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use tidemill_engine::LoadedFlow;
use tidemill_flow::{
    Each, Flow, Kind, Scope, Task, TaskIndex, Template, Value,
    template::{from_json, to_json},
};
use tidemill_store::{Reader, RunFilter};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings, earlier::EarlierOutputs, flow_file, flows,
    schemas::AnyJson, trial,
};

/// Of a list, so many items are shown; of a text, so many characters; so deep.
const ITEMS: usize = 5;
const CHARACTERS: usize = 200;
const DEPTH: usize = 8;

/// A value is told whole up to so many bytes of JSON.
const WHOLE: usize = 16 * 1024;

/// What the expressions of a task see.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScopeView {
    /// Each name in scope, with a sample of its value: long lists, texts and depths are
    /// cut. What stands under `tasks` are the tasks that may be named.
    #[schema(value_type = Object)]
    pub names: Map<String, Json>,
    /// The tasks in scope that have given no output yet.
    pub without_output: Vec<String>,
}

/// What a value of the flow file gives.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Evaluation {
    /// The value; null where there is none, and cut where it is large.
    #[schema(value_type = AnyJson)]
    pub value: Json,
    /// What kind of value it is, such as `list`; null where there is none.
    pub kind: Option<String>,
    /// Whether the value is cut.
    pub cut: bool,
    /// Why there is no value, for a person.
    pub problem: Option<String>,
    /// What it reads, each with its value, such as `tasks.fetch.output`.
    pub reads: Vec<ReadValue>,
}

/// What an expression reads.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReadValue {
    /// Where it stands, such as `params.threshold`.
    pub path: String,
    /// Its value, cut where it is large.
    #[schema(value_type = AnyJson)]
    pub value: Json,
}

/// What is edited: a flow, its text where that is not the file's, and a task of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The flow's name.
    pub flow: String,
    /// Its text as it is being edited; where it has mistakes, the file's stands for it.
    pub text: Option<String>,
    /// The path of the task whose expressions are meant; `None`: those of the flow.
    pub task: Option<String>,
}

/// What the expressions of a task see, with what its flow's tasks gave lately.
///
/// # Errors
/// Where there is no such flow, neither its text nor its file can be read, or the store
/// cannot.
pub fn scope(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    edited: &Edited,
) -> Result<ScopeView, Error> {
    let flow = load(surroundings, home, catalog, edited)?;
    let seen = Seen::of(home, &flow, edited.task.as_deref())?;
    let names = seen.names.iter().map(|(name, value)| {
        let sample = cut(&to_json(value), DEPTH);
        (name.to_string(), sample)
    });
    Ok(ScopeView {
        names: names.collect(),
        without_output: seen.without_output.into_iter().collect(),
    })
}

/// What a value of a task, with expressions in it, gives with what its flow's tasks
/// gave lately. What is wrong with the value is part of the answer.
///
/// # Errors
/// As [`scope`].
pub fn evaluate(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    edited: &Edited,
    value: &Json,
) -> Result<Evaluation, Error> {
    let flow = load(surroundings, home, catalog, edited)?;
    let template = match template(value) {
        Ok(template) => template,
        Err(problem) => return Ok(Evaluation::none(problem, Vec::new())),
    };
    let seen = Seen::of(home, &flow, edited.task.as_deref())?;
    let scope = Scope::root(seen.names.clone());
    let reads = seen.reads(&template, &scope);
    if let Some(missing) = seen.missing(&template) {
        return Ok(Evaluation::none(missing, reads));
    }
    Ok(match template.evaluate(&scope) {
        Err(error) => Evaluation::none(error.to_string(), reads),
        Ok(value) => {
            let whole = to_json(&value);
            let shown = match whole.to_string().len() > WHOLE {
                true => cut(&whole, DEPTH),
                false => whole.clone(),
            };
            Evaluation {
                cut: shown != whole,
                value: shown,
                kind: Some(kind(&whole).to_owned()),
                problem: None,
                reads,
            }
        }
    })
}

impl Evaluation {
    fn none(problem: String, reads: Vec<ReadValue>) -> Self {
        Self {
            value: Json::Null,
            kind: None,
            cut: false,
            problem: Some(problem),
            reads,
        }
    }
}

/// The flow as it is being edited; where that has mistakes, as its file has it.
pub(crate) fn load(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    edited: &Edited,
) -> Result<LoadedFlow, Error> {
    let file = flows::file(surroundings, home, catalog, &edited.flow)?;
    let right = |text: &str| of_text(&file.path, &file.workspace, text.to_owned()).ok();
    if let Some(flow) = edited.text.as_deref().and_then(right) {
        return Ok(flow);
    }
    of_text(&file.path, &file.workspace, file.text.as_ref().to_owned())
}

/// The flow of a text, checked as that of a file.
///
/// # Errors
/// Where it has mistakes.
fn of_text(file: &Path, workspace: &Path, text: String) -> Result<LoadedFlow, Error> {
    flow_file::examine_text(file, file, workspace.to_owned(), text).loaded()
}

/// A value of the flow file as a template.
fn template(value: &Json) -> Result<Template, String> {
    Ok(match value {
        Json::String(text) => Template::text(text).map_err(|error| error.to_string())?,
        Json::Array(items) => Template::list(items.iter().map(template).collect::<Result<_, _>>()?),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| Ok((key.clone(), template(value)?));
            Template::map(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        plain => Template::constant(from_json(plain)),
    })
}

/// What is in scope at a task, and what is missing there.
struct Seen {
    names: Vec<(Arc<str>, Value)>,
    without_output: BTreeSet<String>,
}

impl Seen {
    fn of(home: &OpenHome, flow: &LoadedFlow, task: Option<&str>) -> Result<Self, Error> {
        let reader = home.reader()?;
        let task = task.and_then(|path| flow.flow.tasks.by_path(path));
        let mut seen = Self {
            names: root(&reader, flow)?,
            without_output: BTreeSet::new(),
        };
        let mut around: Vec<&Task> = Vec::new();
        let mut inner = task.map(Arc::as_ref);
        while let Some(task) = inner {
            around.push(task);
            inner = task.parent.map(|group| flow.flow.tasks[group].as_ref());
        }
        around.reverse();
        let pinned = trial::pinned_flow(flow);
        let levels = std::iter::once(None).chain(around.iter().map(|task| Some(task.index)));
        let paths: Vec<&str> = levels
            .clone()
            .flat_map(|group| level(&flow.flow, group))
            .map(|index| flow.flow.tasks[*index].path.as_ref())
            .collect();
        let outputs = EarlierOutputs::of(home, &pinned, Some(&paths))?;
        seen.add_tasks(&flow.flow, None, &outputs);
        for task in around {
            seen.add_item(task);
            seen.add_tasks(&flow.flow, Some(task.index), &outputs);
        }
        Ok(seen)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.names.iter().find(|(known, _)| known.as_ref() == name);
        found.map(|(_, value)| value)
    }

    fn set(&mut self, name: &str, value: Value) {
        self.names.retain(|(known, _)| known.as_ref() != name);
        self.names.push((name.into(), value));
    }

    /// The tasks of a level, which hide those of the same name around it.
    fn add_tasks(&mut self, flow: &Flow, group: Option<TaskIndex>, outputs: &EarlierOutputs) {
        let before = self.get("tasks").cloned();
        let mut tasks: Vec<(String, Value)> = Vec::new();
        if let Some(before) = before {
            for name in before.try_iter().into_iter().flatten() {
                if let (Some(text), Ok(value)) = (name.as_str(), before.get_item(&name)) {
                    tasks.push((text.to_owned(), value));
                }
            }
        }
        for index in level(flow, group) {
            let task = &flow.tasks[*index];
            let name = task.name.as_str();
            let state = outputs.newest(&task.path).map(|newest| newest.state.name());
            let mut facts = vec![("state", Value::from(state.unwrap_or("Completed")))];
            match outputs.output(&task.path) {
                Some(output) => {
                    self.without_output.remove(name);
                    facts.push(("output", output));
                }
                None => {
                    self.without_output.insert(name.to_owned());
                }
            }
            tasks.retain(|(known, _)| known != name);
            tasks.push((name.to_owned(), Value::from_pairs(facts)));
        }
        self.set("tasks", Value::from_pairs(tasks));
    }

    /// The first item of a mapped task, which stands for all of them.
    fn add_item(&mut self, task: &Task) {
        let scope = Scope::root(self.names.clone());
        let first = |list: &Template| list.evaluate(&scope).ok()?.try_iter().ok()?.next();
        match &task.each {
            Some(Each::ForEach(each)) => {
                if let Some(item) = first(&each.list) {
                    self.set(each.name.as_str(), item);
                }
            }
            Some(Each::Matrix(axes)) => {
                let firsts = axes
                    .iter()
                    .filter_map(|(name, list)| Some((name.to_string(), first(list)?)));
                self.set("matrix", Value::from_pairs(firsts));
            }
            None => return,
        }
        self.set("index", Value::from(0));
    }

    /// What a template reads, with the values.
    fn reads(&self, template: &Template, scope: &Arc<Scope>) -> Vec<ReadValue> {
        let value = |path: String| {
            let value = Template::text(&format!("{{{{ {path} }}}}")).ok()?;
            let value = to_json(&value.evaluate(scope).ok()?);
            Some(ReadValue {
                path,
                value: cut(&value, DEPTH),
            })
        };
        template.reads().into_iter().filter_map(value).collect()
    }

    /// What is said where a template reads what is not there before a run.
    fn missing(&self, template: &Template) -> Option<String> {
        let reads = template.reads();
        let mut names = reads.iter().map(|path| {
            let mut names = path.split('.');
            (names.next().unwrap_or_default(), names.next())
        });
        names.find_map(|(root, name)| match (root, name) {
            ("secrets", _) => Some("a secret's value is not shown".to_owned()),
            ("tasks", Some(name)) if self.without_output.contains(name) => Some(format!(
                "`{name}` has no output yet: run it, or pin an output of it"
            )),
            ("output" | "error", _) if self.get(root).is_none() => {
                Some(format!("`{root}` is known once the task has run"))
            }
            _ => None,
        })
    }
}

/// The tasks of a level; none where the task is no group.
fn level(flow: &Flow, group: Option<TaskIndex>) -> &[TaskIndex] {
    match group.map(|group| &flow.tasks[group].kind) {
        None => flow.tasks.top(),
        Some(Kind::Group(tasks)) => tasks,
        Some(_) => &[],
    }
}

/// What every expression of a flow sees: the parameters of its newest run, so far as they
/// still fit, and the defaults of the others.
fn root(reader: &Reader, flow: &LoadedFlow) -> Result<Vec<(Arc<str>, Value)>, Error> {
    let filter = RunFilter {
        flow: Some(flow.flow.name.to_string()),
        ..RunFilter::default()
    };
    let newest = reader.runs(&filter, None, 1)?.runs.into_iter().next();
    let given = newest.as_ref().map(|run| to_json(&run.parameters));
    let parameters = flow.flow.parameters.iter().map(|(name, parameter)| {
        let given = given.as_ref().and_then(|given| given.get(name.as_str()));
        let value = given.or(parameter.default.as_ref());
        let value = value.map_or_else(|| Value::from(()), from_json);
        (name.to_string(), value)
    });
    let variables = reader.variables()?.into_iter();
    let variables = variables.map(|(name, value)| (name, from_json(&value)));
    let environment = std::env::vars_os().map(|(name, value)| {
        let value = value.to_string_lossy().into_owned();
        (name.to_string_lossy().into_owned(), Value::from(value))
    });
    let run = json!({
        "id": newest.as_ref().map(|run| run.id.to_string()),
        "name": newest.as_ref().map(|run| run.name.clone()),
        "flow": flow.flow.name.as_str(),
        "scheduled_for": null,
        "started_at": newest.as_ref().and_then(|run| run.started_at).map(|at| format!("{at:.3}")),
        "attempt": 1,
        "dir": "",
    });
    Ok(vec![
        ("params".into(), Value::from_pairs(parameters)),
        ("vars".into(), Value::from_pairs(variables)),
        ("env".into(), Value::from_pairs(environment)),
        ("trigger".into(), Value::from(())),
        ("run".into(), from_json(&run)),
    ])
}

/// The value without what is long or deep.
pub(crate) fn sample(value: &Json) -> Json {
    cut(value, DEPTH)
}

fn cut(value: &Json, depth: usize) -> Json {
    match value {
        Json::String(text) if text.len() > CHARACTERS => {
            let short: String = text.chars().take(CHARACTERS).collect();
            Json::String(short)
        }
        Json::Array(_) | Json::Object(_) if depth == 0 => Json::Null,
        Json::Array(items) => {
            let items = items.iter().take(ITEMS);
            items.map(|item| cut(item, depth - 1)).collect()
        }
        Json::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (key.clone(), cut(value, depth - 1)));
            Json::Object(entries.collect())
        }
        plain => plain.clone(),
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "text",
        Json::Array(_) => "list",
        Json::Object(_) => "mapping",
    }
}
