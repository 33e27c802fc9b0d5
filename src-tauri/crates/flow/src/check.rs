//! The checker: a file's text to a checked flow, or to everything that is wrong with it.
//!
//! The text becomes a tree with places; the tree is read by shapes; names are
//! looked up and edges drawn; then the flow is built. Nothing here does IO:
//! what depends on other files comes in with [`CheckContext`].

use indexmap::IndexSet;
use sha2::{Digest, Sha256};

use crate::{
    Flow,
    diagnostic::{Diagnostic, Place},
    yaml::{self, Node},
};

mod build;
mod channel;
mod context;
mod definitions;
mod graph;
mod kind;
mod names;
mod notify;
mod options;
mod parameter;
mod schedules;
pub(crate) mod schema;
mod sees;
mod shape;
mod sketch;
mod task;
mod top;
mod triggers;
mod walk;
mod workspace;

pub use context::{CheckContext, KnownFlow};
pub use sketch::{Sketch, SketchTask, sketch};

use graph::Graph;
use names::{Items, Names};
use options::DefaultKeys;
use shape::Shape as _;
use top::TopKeys;
use walk::Walk;

/// What a check gives.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The flow, if there is no mistake; warnings do not keep it.
    pub flow: Option<Flow>,
    /// Mistakes and warnings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A node of a text as JSON; what JSON cannot say goes to `diagnostics`.
pub(crate) fn json_of_node(
    text: &str,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<serde_json::Value> {
    let mut walk = Walk::new(text, std::mem::take(diagnostics));
    let value = shape::json_of(node, &mut walk);
    *diagnostics = walk.finish();
    value
}

/// Checks a flow file's text.
///
/// All mistakes are reported at once, each with its place.
///
/// ```
/// use tidemill_flow::{CheckContext, check};
///
/// let text = "name: hello\ntasks:\n  greet: { shel: echo hello }\n";
/// let checked = check(text, &CheckContext::default());
/// let lines: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
/// assert!(lines.contains(&"3:12: error: unknown key `shel` in a task; did you mean `shell`?".to_owned()));
/// ```
pub fn check(text: &str, context: &CheckContext) -> Checked {
    let version = version(text);
    // A byte order mark is no character of the first line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut diagnostics = Vec::new();
    let node = yaml::parse(text, &mut diagnostics);
    let mut walk = Walk::new(text, diagnostics);
    if node.is_none() && !walk.has_errors() {
        walk.error(Place { line: 1, column: 1 }, "the file is empty");
    }
    let flow = node.and_then(|node| flow(version, &node, context, &mut walk));
    Checked {
        flow: flow.filter(|_| !walk.has_errors()),
        diagnostics: walk.finish(),
    }
}

fn flow(version: String, node: &Node, context: &CheckContext, walk: &mut Walk<'_>) -> Option<Flow> {
    let (top, reads) = walk.gather(|walk| TopKeys::read(node, walk));
    let top = top?;
    let tasks = top.tasks.as_deref().unwrap_or_default();
    let mut graph = Graph::new(tasks, walk);
    let mut names = Names {
        parameters: parameter_names(node),
        uses: crate::Uses::default(),
    };
    names.check_top(&reads, &graph, walk);
    check_tasks(&mut graph, &mut names, walk);
    graph.check_cycles(walk);
    schedules::check_identities(top.schedules.as_deref().unwrap_or_default(), walk);
    workspace::check(&top, names.parameters.len(), &graph, context, walk);
    if walk.has_errors() {
        return None;
    }
    let none = DefaultKeys::default();
    let defaults = top.defaults.as_ref().unwrap_or(&none);
    let env = top.env.clone().unwrap_or_default();
    let mut uses = names.uses;
    note_pool(defaults, &mut uses);
    let tasks = build::tasks(&graph, &env, defaults, &mut uses, walk)?;
    built(version, top, tasks, uses)
}

/// The names of parameters, those with mistakes too: they may be read.
fn parameter_names(node: &Node) -> IndexSet<&str> {
    let mut top = node.as_mapping().into_iter().flatten();
    let parameters = top.find(|entry| entry.key.as_ref() == "parameters");
    let entries = parameters.and_then(|entry| entry.value.as_mapping());
    entries
        .into_iter()
        .flatten()
        .map(|entry| entry.key.as_ref())
        .collect()
}

fn check_tasks(graph: &mut Graph<'_>, names: &mut Names<'_>, walk: &mut Walk<'_>) {
    let mut seen: Vec<Items> = Vec::with_capacity(graph.tasks.len());
    for number in 0..graph.tasks.len() {
        let Some(task) = graph.tasks.get(number) else {
            continue;
        };
        let raw = task.raw;
        let around = task
            .parent
            .and_then(|parent| seen.get(parent))
            .cloned()
            .unwrap_or_default();
        let own = items(&raw.options, around.clone());
        names.check_task(number, &raw.reads, (&own, &around), graph, walk);
        seen.push(own);
    }
}

/// What a task sees of items: its own beside those around it.
fn items(options: &options::OptionKeys, mut around: Items) -> Items {
    let mut add = |name: &str| {
        if !around.names.iter().any(|known| known == name) {
            around.names.push(name.to_owned());
        }
    };
    if options.written.has("for_each") || options.written.has("matrix") {
        add("index");
    }
    if options.written.has("for_each") {
        // A wrong `for_each` is reported; `item` is what it most likely gives.
        add(options
            .for_each
            .as_ref()
            .map_or("item", |each| each.name.as_str()));
    }
    if let Some(axes) = &options.matrix {
        around.axes = Some(axes.keys().map(ToString::to_string).collect());
    }
    around
}

fn note_pool(defaults: &DefaultKeys, uses: &mut crate::Uses) {
    if let Some((name, place)) = &defaults.runs_on
        && name.as_str() != "local"
    {
        uses.pools.push(crate::Use {
            name: name.to_string(),
            place: *place,
        });
    }
}

fn built(
    version: String,
    top: TopKeys,
    tasks: crate::TaskGraph,
    uses: crate::Uses,
) -> Option<Flow> {
    let schedules = top.schedules.unwrap_or_default().into_iter();
    let triggers = top.triggers.unwrap_or_default().into_iter();
    Some(Flow {
        name: top.name?.0,
        version,
        description: top.description,
        tags: top.tags.unwrap_or_default(),
        parameters: top.parameters.unwrap_or_default(),
        env: top.env.unwrap_or_default(),
        schedules: schedules.map(|placed| placed.schedule).collect(),
        triggers: triggers.map(|placed| placed.trigger).collect(),
        concurrency: top.concurrency,
        timeout: top.timeout,
        notify: top.notify.unwrap_or_default(),
        tasks,
        output: top.output,
        uses,
    })
}

/// SHA-256 of the text's bytes in hexadecimal digits.
pub fn version(text: &str) -> String {
    version_of_bytes(text.as_bytes())
}

/// SHA-256 of a file's bytes, text or not, in hexadecimal digits.
pub fn version_of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
