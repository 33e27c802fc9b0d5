//! A flow as a graph: its tasks, what each calls, what it waits for. Also of a file
//! that has mistakes, as far as it can be drawn.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use tidemill_flow::{
    Code, EdgeOn, Kind, PythonCode, Sketch, SketchTask, SubflowTarget, Template, Wait, sketch,
};
use tidemill_schedule::duration;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings, answers::DiagnosticDocument, flows,
    open_home::no_run, runs, usual,
};

/// A fact has no more characters.
const LONGEST_FACT: usize = 200;

/// A flow as a graph.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Graph {
    /// The flow's name; empty where the file has no right one.
    pub flow: String,
    /// SHA-256 of the file's bytes.
    pub version: String,
    /// Its tasks in the file's order, a group before its inner tasks.
    pub nodes: Vec<GraphNode>,
    /// What they wait for.
    pub edges: Vec<GraphEdge>,
    /// Everything that is wrong with the file, by place. What is wrong with a task
    /// stands at its node too.
    pub problems: Vec<DiagnosticDocument>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GraphNode {
    /// Its number in the flow, from 0.
    pub task: u32,
    /// Its name with those of the groups around it: `group/inner`.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its kind's key in the file, such as `shell`; `tasks` of a group; empty where it
    /// has none.
    pub kind: String,
    /// The group that it stands in.
    pub parent: Option<u32>,
    /// What it calls: a command's first line, a URL, another flow's name.
    pub fact: Option<String>,
    /// Whether it has one task run for each of a list's items.
    pub mapped: bool,
    /// The condition on which it runs at all, as it stands in the file.
    pub when: Option<String>,
    /// The line where its name stands, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub problems: Vec<DiagnosticDocument>,
    /// How long it usually takes, in milliseconds.
    pub usual_ms: Option<u64>,
}

/// On what outcome an edge opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphEdgeOn {
    /// Completed, or a failure that is allowed.
    Succeeded,
    /// Failed, crashed, timed out or upstream-failed.
    Failed,
    /// Any outcome, skipped included.
    Finished,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GraphEdge {
    /// The task that is waited for.
    pub from: u32,
    /// The task that waits.
    pub to: u32,
    /// On what outcome it opens.
    pub on: GraphEdgeOn,
    /// Whether only an expression names it.
    pub implied: bool,
    /// The condition on which the task at its end runs at all.
    pub condition: Option<String>,
}

/// The flow of a file as it is now.
///
/// # Errors
/// Where there is no such flow, or the store cannot be read.
pub fn of_flow(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
) -> Result<Graph, Error> {
    let file = flows::file(surroundings, home, catalog, name)?;
    let mut drawn = sketch(&file.text);
    drawn.diagnostics.clone_from(&file.diagnostics);
    let usual = match &file.flow {
        Some(flow) => usual::durations(&home.reader()?, flow)?,
        None => Vec::new(),
    };
    Ok(draw(&file.text, &drawn, &usual))
}

/// The flow of a run, as it was when the run began.
///
/// # Errors
/// Where there is no such run, it has no flow, or the store cannot be read.
pub fn of_run(home: &OpenHome, run: &str) -> Result<Graph, Error> {
    let reader = home.reader()?;
    let id = runs::find_in(&reader, run)?;
    let recorded = home.flows().of_id(&reader, id)?;
    let text = recorded.text.as_deref().ok_or_else(|| no_graph(run))?;
    let usual = match &recorded.flow {
        Some(flow) => usual::durations(&reader, flow)?,
        None => Vec::new(),
    };
    Ok(draw(text, &sketch(text), &usual))
}

fn no_graph(run: &str) -> Error {
    match run.is_empty() {
        true => no_run(run),
        false => Error::Refused(format!("run {run} is a recorded command: it has no graph")),
    }
}

/// The graph of a flow file's text.
pub fn of_text(text: &str) -> Graph {
    draw(text, &sketch(text), &[])
}

fn draw(text: &str, sketch: &Sketch, usual: &[Option<Duration>]) -> Graph {
    let mut problems = problems_by_task(text, sketch);
    let mut nodes = Vec::with_capacity(sketch.tasks.len());
    let mut edges = Vec::new();
    for (number, task) in (0_u32..).zip(&sketch.tasks) {
        let when = task.when.as_ref().map(Template::source);
        edges.extend(task.needs.iter().map(|edge| GraphEdge {
            from: edge.upstream.number(),
            to: number,
            on: match edge.on {
                EdgeOn::Succeeded => GraphEdgeOn::Succeeded,
                EdgeOn::Failed => GraphEdgeOn::Failed,
                EdgeOn::Finished => GraphEdgeOn::Finished,
            },
            implied: edge.implied,
            condition: when.clone(),
        }));
        let took = usual.get(number as usize).copied().flatten();
        nodes.push(GraphNode {
            task: number,
            path: task.path.to_string(),
            name: task.name.to_string(),
            kind: task.key.unwrap_or_default().to_owned(),
            parent: task.parent.map(|parent| parent.number()),
            fact: task.kind.as_ref().and_then(fact),
            mapped: task.mapped,
            when,
            line: task.place.line,
            problems: problems.remove(&number).unwrap_or_default(),
            usual_ms: took.map(flows::whole_milliseconds),
        });
    }
    let all = sketch.diagnostics.iter();
    Graph {
        flow: sketch
            .name
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        version: sketch.version.clone(),
        nodes,
        edges,
        problems: all.map(|one| DiagnosticDocument::of(one, None)).collect(),
    }
}

/// What is wrong from the line of a task's name on to that of the next task's, whose
/// mistake it is.
fn problems_by_task(text: &str, sketch: &Sketch) -> HashMap<u32, Vec<DiagnosticDocument>> {
    let mut lines: Vec<(u32, u32)> = (0_u32..)
        .zip(&sketch.tasks)
        .map(|(number, task): (u32, &SketchTask)| (task.place.line, number))
        .collect();
    lines.sort_unstable();
    let end = end_of_tasks(text, lines.last().map_or(0, |(line, _)| *line));
    let mut problems: HashMap<u32, Vec<DiagnosticDocument>> = HashMap::new();
    for diagnostic in &sketch.diagnostics {
        let line = diagnostic.place.line;
        let place = lines.partition_point(|(first, _)| *first <= line);
        let before = place.checked_sub(1).filter(|_| line < end);
        let Some((_, number)) = before.and_then(|place| lines.get(place)) else {
            continue;
        };
        let document = DiagnosticDocument::of(diagnostic, None);
        problems.entry(*number).or_default().push(document);
    }
    problems
}

/// The line after the last task's: the next key of the flow itself.
fn end_of_tasks(text: &str, last_task: u32) -> u32 {
    let begins_a_key = |line: &str| line.starts_with(|first: char| first.is_alphanumeric());
    (1_u32..)
        .zip(text.lines())
        .skip(last_task as usize)
        .find(|(_, line)| begins_a_key(line))
        .map_or(u32::MAX, |(number, _)| number)
}

/// What a task calls, in one line.
fn fact(kind: &Kind) -> Option<String> {
    let fact = match kind {
        Kind::Shell(shell) => code(&shell.code),
        Kind::Python(python) => match &python.code {
            PythonCode::Body(body) => code(body),
            PythonCode::Call { callee, .. } => {
                callee.source(|callee| format!("{}:{}", callee.file, callee.function))
            }
        },
        Kind::Http(http) => {
            let method = http.method.source(|method| method.as_str().to_owned());
            format!("{method} {}", http.url.source())
        }
        Kind::Sql(sql) => code(&sql.query),
        Kind::Value(value) => value.source(),
        Kind::Flow(subflow) => match &subflow.target {
            SubflowTarget::Name(name) => name.to_string(),
            SubflowTarget::File(file) => file.source(),
        },
        Kind::Group(_) => return None,
        Kind::Wait(Wait::For(wait)) => wait.source(|wait| duration::format(*wait)),
        Kind::Wait(Wait::Until(time)) => format!("until {}", time.source()),
        Kind::Wait(Wait::File(file)) => file.source(),
        Kind::Approve(approve) => approve.message.source(),
        Kind::Notify(notify) => notify.message.source(),
    };
    let mut lines = fact.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty())?;
    Some(line.chars().take(LONGEST_FACT).collect())
}

/// The first line of code that is no comment; a file's path.
fn code(code: &Code) -> String {
    match code {
        Code::Inline(text) => {
            let mut lines = text.lines().map(str::trim);
            let line = lines.find(|line| !line.is_empty() && !is_comment(line));
            line.unwrap_or_default().to_owned()
        }
        Code::File(file) => file.source(),
    }
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_has_facts_and_edges() {
        let text = "name: a\nparameters: { deep: true }\ntasks:\n  get: { http: https://example.org/x }\n  read:\n    shell: |\n      #!/bin/sh\n      set -e\n    needs: { get: finished }\n  group:\n    when: '{{ params.deep }}'\n    for_each: [1, 2]\n    tasks:\n      inner: { flow: other }\n  last: { needs: [read], value: '{{ tasks.group.output }}' }\n";
        let graph = of_text(text);
        assert_eq!(graph.problems, []);
        let nodes: Vec<(&str, &str, Option<&str>)> = graph
            .nodes
            .iter()
            .map(|node| (node.path.as_str(), node.kind.as_str(), node.fact.as_deref()))
            .collect();
        assert_eq!(
            nodes,
            [
                ("get", "http", Some("GET https://example.org/x")),
                ("read", "shell", Some("set -e")),
                ("group", "tasks", None),
                ("group/inner", "flow", Some("other")),
                ("last", "value", Some("{{ tasks.group.output }}")),
            ]
        );
        let group = &graph.nodes[2];
        assert!(group.mapped);
        assert_eq!(group.when.as_deref(), Some("{{ params.deep }}"));
        assert_eq!((graph.nodes[3].parent, graph.nodes[3].line), (Some(2), 14));
        let edges: Vec<_> = graph
            .edges
            .iter()
            .map(|edge| (edge.from, edge.to, edge.on, edge.implied))
            .collect();
        assert_eq!(
            edges,
            [
                (0, 1, GraphEdgeOn::Finished, false),
                (1, 4, GraphEdgeOn::Succeeded, false),
                (2, 4, GraphEdgeOn::Succeeded, true),
            ]
        );
    }

    #[test]
    fn mistakes_stand_at_their_nodes() {
        let text = "name: a\ntasks:\n  one: { shell: ls }\n  two:\n    shel: ls\n  three: { needs: [four], value: 1 }\noutput: '{{ nothing.x }}'\n";
        let graph = of_text(text);
        let problems: Vec<usize> = graph.nodes.iter().map(|node| node.problems.len()).collect();
        assert_eq!(problems, [0, 1, 1]);
        assert!(graph.problems.len() > 2);
        let json = serde_json::to_value(&graph).unwrap();
        assert_eq!(json["nodes"][1]["problems"][0]["line"], 5);
    }
}
