//! What changed between two versions of a flow as a graph: tasks and edges, not lines.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::graph::{self, Graph, GraphEdgeOn};

/// What changed between two graphs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct GraphDiff {
    /// The tasks that changed: those of the right one in its order, then those that
    /// only the left one has.
    pub tasks: Vec<TaskChange>,
    /// The edges that changed; an edge of a task that was only renamed did not.
    pub edges: Vec<EdgeChange>,
    /// The keys of the top level that changed, beside `tasks`.
    pub keys: Vec<String>,
}

/// How a task changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskChangeKind {
    /// The right one has it only.
    Added,
    /// The left one has it only.
    Removed,
    /// Both have it, and it says something else.
    Changed,
    /// Both have it, and only its name is another.
    Renamed,
    /// Both have it, and only the group that it stands in is another.
    Moved,
}

/// A task that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskChange {
    /// How.
    pub change: TaskChangeKind,
    /// Its path: of a removed one, on the left; else on the right.
    pub path: String,
    /// Of a renamed or moved one: its path on the left.
    pub from: Option<String>,
    /// Of a changed one: the keys that changed.
    pub keys: Vec<String>,
}

/// Whether an edge came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EdgeChangeKind {
    /// The right one has it only.
    Added,
    /// The left one has it only.
    Removed,
}

/// An edge that changed. Where it opens on another outcome, one went and one came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EdgeChange {
    /// How.
    pub change: EdgeChangeKind,
    /// The path of the task that is waited for, on its own side.
    pub from: String,
    /// The path of the task that waits.
    pub to: String,
    /// On what outcome it opens.
    pub on: GraphEdgeOn,
    /// Whether only an expression names it.
    pub implied: bool,
}

/// What changed from one text to another; `None` where one of them cannot be read.
pub(crate) fn between(left: &str, right: &str) -> Option<GraphDiff> {
    let (left_file, right_file) = (read(left)?, read(right)?);
    let (before, after) = (tasks(&left_file), tasks(&right_file));
    let renamed = renamed(&before, &after);
    let (left_graph, right_graph) = (graph::of_text(left), graph::of_text(right));
    Some(GraphDiff {
        tasks: task_changes(&before, &after, &renamed),
        edges: edge_changes(&left_graph, &right_graph, &renamed),
        keys: changed_keys(&left_file, &right_file, "tasks"),
    })
}

fn read(text: &str) -> Option<Map<String, Json>> {
    match tidemill_flow::read_values(text).ok()? {
        Json::Object(file) => Some(file),
        _ => None,
    }
}

/// A task as it is written.
struct Written<'f> {
    path: String,
    body: &'f Json,
}

/// The tasks of a file in its order, a group before its inner tasks.
fn tasks(file: &Map<String, Json>) -> Vec<Written<'_>> {
    let mut found = Vec::new();
    gather(file.get("tasks"), "", &mut found);
    found
}

fn gather<'f>(tasks: Option<&'f Json>, around: &str, found: &mut Vec<Written<'f>>) {
    for (name, body) in tasks.and_then(Json::as_object).into_iter().flatten() {
        let path = format!("{around}{name}");
        let inner = format!("{path}/");
        found.push(Written { path, body });
        gather(body.get("tasks"), &inner, found);
    }
}

/// The paths of tasks that only have another name, or stand in another group: from the
/// left to the right. Inner tasks of such a group go with it.
fn renamed<'w>(before: &'w [Written<'_>], after: &'w [Written<'_>]) -> HashMap<&'w str, String> {
    let known_left: HashSet<&str> = before.iter().map(|task| task.path.as_str()).collect();
    let known_right: HashSet<&str> = after.iter().map(|task| task.path.as_str()).collect();
    let mut renamed: HashMap<&str, String> = HashMap::new();
    let mut taken: HashSet<&str> = HashSet::new();
    for task in before
        .iter()
        .filter(|task| !known_right.contains(task.path.as_str()))
    {
        let (around, name) = split(&task.path);
        if let Some(to) = renamed.get(around) {
            let path = format!("{to}/{name}");
            renamed.insert(&task.path, path);
            continue;
        }
        let is_new = |new: &&Written<'_>| {
            let path = new.path.as_str();
            !known_left.contains(path) && !taken.contains(path) && new.body == task.body
        };
        let renamed_here = after
            .iter()
            .filter(is_new)
            .find(|new| split(&new.path).0 == around);
        let moved_here = || {
            let mut new = after.iter().filter(is_new);
            new.find(|new| split(&new.path).1 == name)
        };
        if let Some(new) = renamed_here.or_else(moved_here) {
            taken.insert(&new.path);
            renamed.insert(&task.path, new.path.clone());
        }
    }
    renamed
}

/// The path of the group around a task, and its name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn task_changes(
    before: &[Written<'_>],
    after: &[Written<'_>],
    renamed: &HashMap<&str, String>,
) -> Vec<TaskChange> {
    let left: BTreeMap<&str, &Json> = before
        .iter()
        .map(|task| (task.path.as_str(), task.body))
        .collect();
    let from: HashMap<&str, &str> = renamed
        .iter()
        .map(|(from, to)| (to.as_str(), *from))
        .collect();
    let mut changes = Vec::new();
    for task in after {
        let path = task.path.clone();
        match (left.get(task.path.as_str()), from.get(task.path.as_str())) {
            (Some(body), _) => {
                let keys = changed_in(body, task.body);
                if !keys.is_empty() {
                    changes.push(change(TaskChangeKind::Changed, path, None, keys));
                }
            }
            (None, Some(from)) => {
                let kind = if split(from).1 == split(&path).1 {
                    // An inner task goes with its group, which says so.
                    let around = renamed.get(split(from).0);
                    if around.is_some_and(|around| around == split(&path).0) {
                        continue;
                    }
                    TaskChangeKind::Moved
                } else {
                    TaskChangeKind::Renamed
                };
                let from = Some((*from).to_owned());
                changes.push(change(kind, path, from, Vec::new()));
            }
            (None, None) => changes.push(change(TaskChangeKind::Added, path, None, Vec::new())),
        }
    }
    let right: HashSet<&str> = after.iter().map(|task| task.path.as_str()).collect();
    for task in before {
        let path = task.path.as_str();
        if !right.contains(path) && !renamed.contains_key(path) {
            let kind = TaskChangeKind::Removed;
            changes.push(change(kind, path.to_owned(), None, Vec::new()));
        }
    }
    changes
}

fn change(
    change: TaskChangeKind,
    path: String,
    from: Option<String>,
    keys: Vec<String>,
) -> TaskChange {
    TaskChange {
        change,
        path,
        from,
        keys,
    }
}

/// The keys of a task that changed. What changed in a group's inner tasks is theirs.
fn changed_in(left: &Json, right: &Json) -> Vec<String> {
    match (left, right) {
        (Json::Object(left), Json::Object(right)) => {
            let both = left.contains_key("tasks") && right.contains_key("tasks");
            changed_keys(left, right, if both { "tasks" } else { "" })
        }
        _ if left == right => Vec::new(),
        _ => vec![String::new()],
    }
}

/// The keys whose values differ, `but` one: in the right one's order, then the left's.
fn changed_keys(left: &Map<String, Json>, right: &Map<String, Json>, but: &str) -> Vec<String> {
    let gone = left.keys().filter(|key| !right.contains_key(*key));
    let differs = |key: &&String| *key != but && left.get(*key) != right.get(*key);
    right.keys().chain(gone).filter(differs).cloned().collect()
}

/// An edge by the paths of its ends, as they are called on the right.
type EdgeKey = (String, String, GraphEdgeOn, bool);

fn edge_changes(left: &Graph, right: &Graph, renamed: &HashMap<&str, String>) -> Vec<EdgeChange> {
    let (before, after) = (edges(left), edges(right));
    let now = |path: &str| {
        renamed
            .get(path)
            .cloned()
            .unwrap_or_else(|| path.to_owned())
    };
    let then: HashSet<EdgeKey> = before
        .iter()
        .map(|(from, to, on, implied)| (now(from), now(to), *on, *implied))
        .collect();
    let is: HashSet<&EdgeKey> = after.iter().collect();
    let change = |change, (from, to, on, implied): &EdgeKey| EdgeChange {
        change,
        from: from.clone(),
        to: to.clone(),
        on: *on,
        implied: *implied,
    };
    let gone = before
        .iter()
        .filter(|(from, to, on, implied)| !is.contains(&(now(from), now(to), *on, *implied)));
    let new = after.iter().filter(|edge| !then.contains(*edge));
    let gone = gone.map(|edge| change(EdgeChangeKind::Removed, edge));
    let new = new.map(|edge| change(EdgeChangeKind::Added, edge));
    gone.chain(new).collect()
}

fn edges(graph: &Graph) -> Vec<EdgeKey> {
    let path = |task: u32| {
        let node = graph.nodes.get(task as usize);
        node.map_or_else(String::new, |node| node.path.clone())
    };
    graph
        .edges
        .iter()
        .map(|edge| (path(edge.from), path(edge.to), edge.on, edge.implied))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(left: &str, right: &str) -> Vec<String> {
        let diff = between(left, right).unwrap();
        let tasks = diff.tasks.iter().map(|task| {
            let from = task.from.as_deref().unwrap_or_default();
            format!("{:?} {} {from} {:?}", task.change, task.path, task.keys)
        });
        let edges = diff.edges.iter().map(|edge| {
            format!(
                "{:?} {} -> {} {:?} {}",
                edge.change, edge.from, edge.to, edge.on, edge.implied
            )
        });
        let keys = diff.keys.iter().map(|key| format!("key {key}"));
        tasks.chain(edges).chain(keys).collect()
    }

    #[test]
    fn tasks_and_edges_are_compared_not_lines() {
        let left = "name: a\ntasks:\n  one: { value: 1 }\n  two: { value: 2, needs: [one] }\n  three: { shell: echo, needs: [two] }\n";
        let moved = "tasks:\n  three: # moved\n    needs: [two]\n    shell: \"echo\"\n  one: { value: 1 }\n  two: { needs: [one], value: 2 }\nname: a\n";
        assert_eq!(told(left, moved), [] as [&str; 0]);
        let right = "name: b\ntasks:\n  one: { value: 1 }\n  two: { value: '{{ tasks.one.output }}', needs: { one: failed } }\n  four: { value: 4 }\n";
        assert_eq!(
            told(left, right),
            [
                "Changed two  [\"value\", \"needs\"]",
                "Added four  []",
                "Removed three  []",
                "Removed one -> two Succeeded false",
                "Removed two -> three Succeeded false",
                "Added one -> two Failed false",
                "key name",
            ]
        );
    }

    #[test]
    fn a_task_with_another_name_is_no_other_task() {
        let left = "name: a\ntasks:\n  one: { value: 1 }\n  g:\n    tasks:\n      in: { value: 2 }\n      out: { value: 3, needs: [in] }\n  last: { value: 4, needs: [one] }\n";
        let right = "name: a\ntasks:\n  first: { value: 1 }\n  h:\n    tasks:\n      in: { value: 2 }\n      out: { value: 3, needs: [in] }\n  last: { value: 4, needs: [first] }\n";
        assert_eq!(
            told(left, right),
            [
                "Renamed first one []",
                "Renamed h g []",
                "Changed last  [\"needs\"]",
            ]
        );
        let regrouped = "name: a\ntasks:\n  one: { value: 1 }\n  in: { value: 2 }\n  g:\n    tasks:\n      out: { value: 3 }\n      h: { tasks: { deep: { value: 5 } } }\n  last: { value: 4, needs: [one] }\n";
        let before = regrouped
            .replace("  in: { value: 2 }\n", "")
            .replace("      out:", "      in: { value: 2 }\n      out:")
            .replace("      h: {", "  h: {");
        assert_eq!(
            told(&before, regrouped),
            ["Moved in g/in []", "Moved g/h h []"]
        );
        assert_eq!(between("tasks: [", left), None);
        assert_eq!(between(left, "just text"), None);
    }
}
