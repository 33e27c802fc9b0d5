//! How the tasks of a flow that is being edited stand: what each gave last, whether that
//! is pinned, and whether it would give something else if it ran now.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::Serialize;
use serde_json::Value as Json;
use tidemill_engine::LoadedFlow;
use tidemill_flow::{Code, Flow, Kind, PythonCode, Task, TaskIndex, template::to_json};
use tidemill_orchestrate::State;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    document::{Moment, duration},
    earlier::{Earlier, EarlierOutputs},
    preview::{self, Edited},
    schemas::{AnyJson, StateName},
    trial,
};

/// What of a task does not change what it gives.
const WITHOUT_EFFECT: [&str; 3] = ["description", "tags", "tasks"];

/// How the tasks of a flow stand.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Standings {
    /// The tasks, in the flow's order.
    pub tasks: Vec<Standing>,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Standing {
    /// The task's path: `group/inner`.
    pub task: String,
    /// What it gave last; null where it never did.
    pub last: Option<LastOutput>,
    /// Whether an output of it is pinned.
    pub pinned: bool,
    /// Why it would run anew, or with something else: null where its last output is what
    /// it would give, as far as can be known.
    pub stale: Option<String>,
}

/// What a task gave last.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LastOutput {
    /// The run's id.
    pub run: String,
    /// The run's name.
    pub name: String,
    /// How the task ended.
    #[schema(value_type = StateName)]
    pub state: State,
    /// Why, for a person, such as from where a result was reused.
    pub message: Option<String>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The output, without what is long or deep.
    #[schema(value_type = AnyJson)]
    pub output: Json,
    /// Whether something was left out of it.
    pub cut: bool,
}

/// How the tasks of a flow stand as it is being edited.
///
/// # Errors
/// Where there is no such flow, neither its text nor its file can be read, or the store
/// cannot.
pub fn standings(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    edited: &Edited,
) -> Result<Standings, Error> {
    let flow = preview::load(surroundings, home, catalog, edited)?;
    let outputs = EarlierOutputs::of(home, &trial::pinned_flow(&flow), None)?;
    let mut comparison = Comparison::of(home, &flow, &outputs)?;
    let tasks = flow.flow.tasks.iter().map(|task| Standing {
        task: task.path.to_string(),
        last: outputs.newest(&task.path).map(last),
        pinned: outputs.pin(&task.path).is_some(),
        stale: comparison.stale(task.index),
    });
    Ok(Standings {
        tasks: tasks.collect(),
    })
}

fn last(earlier: &Earlier) -> LastOutput {
    let whole = to_json(&earlier.output);
    let output = preview::sample(&whole);
    LastOutput {
        run: earlier.run.id.to_string(),
        name: earlier.run.name.clone(),
        state: earlier.state,
        message: earlier.message.as_deref().map(str::to_owned),
        ended_at: earlier.ended_at.map(Moment),
        duration_ms: duration(earlier.started_at, earlier.ended_at),
        cut: output != whole,
        output,
    }
}

/// A flow as it is now, beside the flows that its tasks' last outputs are of.
struct Comparison<'a> {
    flow: &'a LoadedFlow,
    outputs: &'a EarlierOutputs,
    now: Definitions,
    before: HashMap<String, Definitions>,
    known: BTreeMap<TaskIndex, Option<String>>,
}

impl<'a> Comparison<'a> {
    fn of(
        home: &OpenHome,
        flow: &'a LoadedFlow,
        outputs: &'a EarlierOutputs,
    ) -> Result<Self, Error> {
        let reader = home.reader()?;
        let mut before = HashMap::new();
        for version in outputs.versions() {
            if let Some(text) = home.flows().version(&reader, version)?.text.as_deref() {
                before.insert(version.to_owned(), Definitions::of(text));
            }
        }
        Ok(Self {
            now: Definitions::of(&flow.text),
            flow,
            outputs,
            before,
            known: BTreeMap::new(),
        })
    }

    /// Why a task's last output is not what it would give now.
    fn stale(&mut self, index: TaskIndex) -> Option<String> {
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        // What is asked for again meanwhile stands in itself: the graph has no circles.
        self.known.insert(index, None);
        let why = self.why(index);
        self.known.insert(index, why.clone());
        why
    }

    fn why(&mut self, index: TaskIndex) -> Option<String> {
        let flow: &Flow = &self.flow.flow;
        let task = &flow.tasks[index];
        if self.outputs.pin(&task.path).is_some() {
            return None;
        }
        let Some(last) = self.outputs.newest(&task.path) else {
            // Nothing is known of what stands in a mapped group: the group says it.
            return (!in_mapped(flow, task)).then(|| "it has not run yet".to_owned());
        };
        let before = last.run.version.as_ref();
        if let Some(before) = before.and_then(|version| self.before.get(version))
            && let Some(what) = self.now.difference(before, &task.path)
        {
            return Some(what);
        }
        if let Some(file) = changed_file(self.flow, task, last) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            return Some(format!("{name} was changed since it ran"));
        }
        for edge in &task.needs {
            let upstream = &flow.tasks[edge.upstream];
            if self.stale(edge.upstream).is_some() {
                return Some(format!("`{}` before it is stale", upstream.name));
            }
            let newer = self.outputs.newest(&upstream.path).is_some_and(|upstream| {
                upstream.run.id != last.run.id && upstream.ended_at > last.ended_at
            });
            if newer {
                return Some(format!("`{}` has run since", upstream.name));
            }
        }
        let inner = match &task.kind {
            Kind::Group(tasks) if task.each.is_none() => tasks.clone(),
            _ => Vec::new(),
        };
        let stale = inner
            .into_iter()
            .find(|inner| self.stale(*inner).is_some())?;
        Some(format!("`{}` in it is stale", flow.tasks[stale].name))
    }
}

fn in_mapped(flow: &Flow, task: &Task) -> bool {
    let mut around = task.parent;
    while let Some(group) = around {
        let group = &flow.tasks[group];
        if group.each.is_some() {
            return true;
        }
        around = group.parent;
    }
    false
}

/// A file with a task's code that is newer than its last output.
fn changed_file(flow: &LoadedFlow, task: &Task, last: &Earlier) -> Option<PathBuf> {
    let folder = flow.file.parent().unwrap_or(Path::new(""));
    let file = folder.join(code_file(task)?);
    let modified = file.metadata().ok()?.modified().ok()?;
    let changed = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let ran = Duration::try_from(last.started_at?.as_duration()).ok()?;
    (changed > ran).then_some(file)
}

/// The file that a task's code stands in, where that is known before it runs.
fn code_file(task: &Task) -> Option<String> {
    let code = match &task.kind {
        Kind::Shell(shell) => &shell.code,
        Kind::Sql(sql) => &sql.query,
        Kind::Python(python) => match &python.code {
            PythonCode::Body(code) => code,
            PythonCode::Call { callee, .. } => return Some(callee.as_fixed()?.file.clone()),
        },
        _ => return None,
    };
    match code {
        Code::File(path) => Some(path.as_constant()?.as_str()?.to_owned()),
        Code::Inline(_) => None,
    }
}

/// What stands in a flow file, as values.
struct Definitions {
    flow: Json,
}

impl Definitions {
    fn of(text: &str) -> Self {
        Self {
            // A text that was run can be read.
            flow: tidemill_flow::read_values(text).unwrap_or_default(),
        }
    }

    /// A task's own keys.
    fn task(&self, path: &str) -> Option<&Json> {
        let mut around = &self.flow;
        for name in path.split('/') {
            around = around.get("tasks")?.get(name)?;
        }
        Some(around)
    }

    /// What of a task differs from what it was, so that it may give something else.
    fn difference(&self, before: &Self, path: &str) -> Option<String> {
        let keys = changed_keys(self.task(path), before.task(path));
        if !keys.is_empty() {
            return Some(format!("its {} changed", listed(&keys)));
        }
        let top = ["env", "defaults"];
        let changed = top
            .into_iter()
            .find(|key| self.flow.get(key) != before.flow.get(key))?;
        Some(format!("`{changed}` of the flow changed"))
    }
}

/// The keys of a task that changed, in order.
fn changed_keys<'a>(now: Option<&'a Json>, before: Option<&'a Json>) -> Vec<&'a str> {
    let entries = |task: Option<&'a Json>| task.and_then(Json::as_object);
    let (now, before) = (entries(now), entries(before));
    let mut keys: Vec<&str> = now
        .into_iter()
        .chain(before)
        .flat_map(|entries| entries.keys().map(String::as_str))
        .filter(|key| !WITHOUT_EFFECT.contains(key))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| {
        let value = |task: Option<&'a serde_json::Map<String, Json>>| task?.get(*key);
        value(now) != value(before)
    });
    keys
}

fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}
