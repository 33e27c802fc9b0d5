//! What a flow's `flow` tasks refer to: whether the other flows are there, take
//! the parameters that they are given, and do not call back.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use tidemill_engine::{FlowReference, LoadError, LoadFlow, LoadedFlow};
use tidemill_flow::{Diagnostic, Flow, FlowName, Kind, Severity, Subflow, SubflowTarget, Task};

use crate::{
    Error, FlowChoice, flow_file,
    surroundings::{Surroundings, plain},
    workspace::{FlowIndex, nearest},
};

/// How deep calls are followed: the engine bounds them too.
const DEEPEST: usize = 64;

/// What is wrong with the flows that a flow calls. Reads only what it calls; the
/// workspace is searched only where a name is called.
pub(crate) fn check(loaded: &LoadedFlow) -> Vec<Diagnostic> {
    let mut callees = Callees {
        workspace: loaded.workspace.clone(),
        index: None,
    };
    let mut diagnostics = Vec::new();
    for (task, subflow) in calls(&loaded.flow) {
        diagnostics.extend(callees.check_call(loaded, task, subflow));
    }
    diagnostics
}

/// The tasks of a flow that call flows.
fn calls(flow: &Flow) -> impl Iterator<Item = (&Task, &Subflow)> {
    flow.tasks.iter().filter_map(|task| match &task.kind {
        Kind::Flow(subflow) => Some((task.as_ref(), subflow)),
        _ => None,
    })
}

/// Finds the flows that are called.
struct Callees {
    workspace: PathBuf,
    index: Option<FlowIndex>,
}

impl Callees {
    fn check_call(
        &mut self,
        caller: &LoadedFlow,
        task: &Task,
        subflow: &Subflow,
    ) -> Vec<Diagnostic> {
        let file = match self.file(&caller.file, subflow) {
            Ok(Some(file)) => file,
            Ok(None) => return Vec::new(),
            Err(error) => return vec![mistake(task, &error.to_string(), error.hint())],
        };
        let callee = match read(&file) {
            Ok(callee) => callee,
            Err(message) => return vec![mistake(task, &message, None)],
        };
        let mut diagnostics = parameter_mistakes(task, subflow, &callee);
        if let Some(way) = self.way_back(&caller.file, &file, &callee) {
            let mut names = vec![caller.flow.name.to_string()];
            names.extend(way);
            let message = format!("the flow calls itself: {}", names.join(" → "));
            diagnostics.push(mistake(task, &message, None));
        }
        diagnostics
    }

    /// The file of the flow that is called; `None` where only a run can know.
    fn file(&mut self, caller: &Path, subflow: &Subflow) -> Result<Option<PathBuf>, Error> {
        match &subflow.target {
            SubflowTarget::Name(name) => self.file_of_name(name).map(Some),
            SubflowTarget::File(template) => {
                let constant = template.as_constant();
                let path = constant.as_ref().and_then(|value| value.as_str());
                let folder = caller.parent().unwrap_or(caller);
                Ok(path.map(|path| plain(&folder.join(path))))
            }
        }
    }

    fn file_of_name(&mut self, name: &FlowName) -> Result<PathBuf, Error> {
        let index = match &mut self.index {
            Some(index) => index,
            none => none.insert(FlowIndex::read(&self.workspace)?),
        };
        index.find(name, &self.workspace).map(Path::to_owned)
    }

    /// The names on a way of calls from `callee` back to the file `start`.
    fn way_back(&mut self, start: &Path, file: &Path, callee: &Flow) -> Option<Vec<String>> {
        let mut seen = HashSet::new();
        self.follow(start, file, callee, &mut seen, 0)
    }

    fn follow(
        &mut self,
        start: &Path,
        file: &Path,
        flow: &Flow,
        seen: &mut HashSet<PathBuf>,
        depth: usize,
    ) -> Option<Vec<String>> {
        if same_file(start, file) {
            return Some(vec![flow.name.to_string()]);
        }
        if depth >= DEEPEST || !seen.insert(file.to_owned()) {
            return None;
        }
        for (_, subflow) in calls(flow) {
            // What is wrong with a flow further on is said where that flow is checked.
            let Ok(Some(next)) = self.file(file, subflow) else {
                continue;
            };
            let Ok(callee) = read(&next) else { continue };
            if let Some(mut way) = self.follow(start, &next, &callee, seen, depth + 1) {
                way.insert(0, flow.name.to_string());
                return Some(way);
            }
        }
        None
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    one == other || real(one) == real(other)
}

/// A called flow, checked by itself.
fn read(file: &Path) -> Result<Flow, String> {
    let (_, checked) = flow_file::read(file, file).map_err(|error| error.to_string())?;
    checked.flow.ok_or_else(|| {
        format!(
            "the flow that it calls has mistakes: `tidemill check {}` shows them",
            file.display()
        )
    })
}

fn parameter_mistakes(task: &Task, subflow: &Subflow, callee: &Flow) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for name in subflow.parameters.keys() {
        if !callee.parameters.contains_key(name) {
            let known = callee.parameters.keys().map(tidemill_flow::Name::as_str);
            let hint = nearest(name.as_str(), known).map(|near| format!("did you mean `{near}`?"));
            let message = format!("flow `{}` has no parameter `{name}`", callee.name);
            mistakes.push(mistake(task, &message, hint));
        }
    }
    for (name, parameter) in &callee.parameters {
        if parameter.default.is_none() && !subflow.parameters.contains_key(name) {
            let message = format!("flow `{}` requires parameter `{name}`", callee.name);
            let hint = Some(format!("give it: `parameters: {{ {name}: … }}`"));
            mistakes.push(mistake(task, &message, hint));
        }
    }
    mistakes
}

fn mistake(task: &Task, message: &str, hint: Option<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        place: task.place,
        message: format!("task `{}`: {message}", task.path),
        hint,
    }
}

/// How the engine finds the flows that tasks call.
pub(crate) fn loader(surroundings: &Surroundings) -> LoadFlow {
    let surroundings = surroundings.clone();
    std::sync::Arc::new(move |reference: &FlowReference| {
        let (workspace, choice) = match reference {
            FlowReference::Name { workspace, name } => (workspace, FlowChoice::Name(name.clone())),
            FlowReference::File { workspace, file } => (workspace, FlowChoice::File(file.clone())),
        };
        let there = Surroundings {
            workspace: Some(workspace.clone()),
            ..surroundings.clone()
        };
        flow_file::load(&there, &choice).map_err(|error| LoadError {
            message: match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{Surroundings, flow_file::examine};

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, tasks) in files {
            let text = format!("name: {name}\n{tasks}\n");
            fs::write(folder.path().join(format!("{name}.flow.yaml")), text).unwrap();
        }
        let surroundings = Surroundings::rooted(folder.path());
        let file = folder.path().join("a.flow.yaml");
        let examined = examine(&surroundings, &file, &file).unwrap();
        let said: Vec<String> = examined
            .diagnostics
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.clone())
            .collect();
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn what_is_called_must_be_there_and_fit() {
        let callee =
            "parameters: { size: { type: number }, kind: small }\ntasks: { t: { value: 1 } }";
        check(
            &[
                (
                    "a",
                    "tasks:\n  t: { flow: { name: b, parameters: { sise: 1 } } }\n  u: { flow: c }",
                ),
                ("b", callee),
            ],
            &[
                "no parameter `sise`",
                "requires parameter `size`",
                "no flow `c`",
            ],
        );
        check(
            &[
                (
                    "a",
                    "tasks: { t: { flow: { file: b.flow.yaml, parameters: { size: 1 } } } }",
                ),
                ("b", callee),
            ],
            &[],
        );
    }

    #[test]
    fn a_flow_that_calls_itself_is_a_mistake_however_long_the_way() {
        check(
            &[
                ("a", "tasks: { t: { flow: b } }"),
                ("b", "tasks: { t: { flow: c } }"),
                ("c", "tasks: { t: { flow: { file: ./a.flow.yaml } } }"),
            ],
            &["a → b → c → a"],
        );
        check(
            &[
                ("a", "tasks: { t: { flow: b } }"),
                ("b", "tasks: { t: { flow: c } }"),
                ("c", "tasks: { t: { flow: b } }"),
            ],
            &[],
        );
    }
}
