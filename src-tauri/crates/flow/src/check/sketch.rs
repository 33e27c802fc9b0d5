//! What of a flow file can be drawn, right or wrong: its tasks, where they stand, what
//! they wait for.

use std::{collections::HashSet, sync::Arc};

use crate::{
    CheckContext, Diagnostic, Edge, FlowName, Kind, Name, TaskGraph, TaskIndex, diagnostic::Place,
    template::Template, yaml,
};

use super::{
    check_tasks, graph::Graph, names::Names, parameter_names, shape::Shape as _, top::TopKeys,
    walk::Walk,
};

/// A flow file as far as it can be drawn.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// The flow's name, where it has a right one.
    pub name: Option<FlowName>,
    /// SHA-256 of the file's bytes, as 64 lower-case hexadecimal digits.
    pub version: String,
    /// The tasks in order of number, as a right flow's graph numbers them.
    pub tasks: Vec<SketchTask>,
    /// Mistakes and warnings, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A task as far as it can be drawn.
#[derive(Clone, Debug)]
pub struct SketchTask {
    /// Its name.
    pub name: Name,
    /// Its name with those of the groups around it: `group/inner`.
    pub path: Arc<str>,
    /// The group that it stands in.
    pub parent: Option<TaskIndex>,
    /// Where its name stands in the file.
    pub place: Place,
    /// Its kind's key in the file, where it has one.
    pub key: Option<&'static str>,
    /// What it does, where that is right. A group's tasks are those whose parent it is.
    pub kind: Option<Kind>,
    /// What it waits for.
    pub needs: Vec<Edge>,
    /// Whether it runs at all.
    pub when: Option<Template>,
    /// Whether it has one task run for each of a list's items.
    pub mapped: bool,
}

/// What of a flow file's text can be drawn; no task where nothing can.
pub fn sketch(text: &str) -> Sketch {
    let checked = super::check(text, &CheckContext::default());
    let text_alone = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (name, tasks) = drawn(text_alone).unwrap_or_default();
    Sketch {
        name,
        version: super::version(text),
        tasks,
        diagnostics: checked.diagnostics,
    }
}

/// Reads the text once more, by itself: what is wrong was said by the check.
fn drawn(text: &str) -> Option<(Option<FlowName>, Vec<SketchTask>)> {
    let mut unsaid = Vec::new();
    let node = yaml::parse(text, &mut unsaid)?;
    let mut walk = Walk::new(text, unsaid);
    let top = TopKeys::read(&node, &mut walk)?;
    let mut graph = Graph::new(top.tasks.as_deref().unwrap_or_default(), &mut walk);
    let mut names = Names {
        parameters: parameter_names(&node),
        uses: crate::Uses::default(),
    };
    check_tasks(&mut graph, &mut names, &mut walk);
    let mut tasks: Vec<SketchTask> = Vec::with_capacity(graph.tasks.len());
    for standing in &graph.tasks {
        let around = standing.parent.and_then(|parent| tasks.get(parent));
        let name = &standing.raw.name;
        let path: Arc<str> = match around {
            Some(around) => format!("{}/{name}", around.path).into(),
            None => name.as_str().into(),
        };
        let mut seen = HashSet::new();
        let needs = standing
            .edges
            .iter()
            .filter(|edge| seen.insert(edge.upstream));
        let options = &standing.raw.options;
        tasks.push(SketchTask {
            name: name.clone(),
            path,
            parent: standing.parent.map(index),
            place: standing.raw.place,
            key: standing.raw.key.map(|key| key.name),
            kind: standing.raw.body.as_ref().map(|body| body.kind.clone()),
            needs: needs
                .map(|edge| Edge {
                    upstream: index(edge.upstream),
                    on: edge.on,
                    implied: edge.implied,
                })
                .collect(),
            when: options.when.clone(),
            mapped: options.written.has("for_each") || options.written.has("matrix"),
        });
    }
    Some((top.name.map(|name| name.0), tasks))
}

fn index(number: usize) -> TaskIndex {
    TaskGraph::numbered(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EdgeOn;

    #[test]
    fn a_right_flow_is_drawn_as_its_graph() {
        let text = "name: a\ntasks:\n  one: { value: 1 }\n  two: { tasks: { inner: { shell: 'echo {{ tasks.one.output }}' } } }\n  three: { needs: { one: failed }, when: '{{ params.x }}', value: 3 }\nparameters: { x: true }\n";
        let sketch = sketch(text);
        let flow = super::super::check(text, &CheckContext::default()).flow;
        let flow = flow.unwrap();
        assert_eq!(sketch.tasks.len(), flow.tasks.len());
        for (drawn, task) in sketch.tasks.iter().zip(flow.tasks.iter()) {
            assert_eq!(drawn.path, task.path);
            assert_eq!(drawn.needs, task.needs, "{}", task.path);
            assert_eq!(drawn.parent, task.parent);
            assert_eq!(drawn.key, Some(task.kind.key()));
        }
        let when = sketch.tasks[3].when.as_ref().map(Template::source);
        assert_eq!(when.as_deref(), Some("{{ params.x }}"));
    }

    #[test]
    fn what_is_wrong_is_left_out_and_the_rest_drawn() {
        let text = "name: A\ntasks:\n  one: { shel: echo }\n  two: { needs: [one, none], value: 1 }\n  3: { value: 1 }\n";
        let sketch = sketch(text);
        assert_eq!(sketch.name, None);
        let names: Vec<&str> = sketch.tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
        assert!(sketch.tasks[0].kind.is_none());
        let edge = sketch.tasks[1].needs[0];
        assert_eq!((edge.upstream.number(), edge.on), (0, EdgeOn::Succeeded));
        assert!(!sketch.diagnostics.is_empty());
        assert!(super::sketch("tasks: [").tasks.is_empty());
        assert!(super::sketch("").tasks.is_empty());
    }
}
