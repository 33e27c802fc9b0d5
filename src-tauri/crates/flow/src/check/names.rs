//! The names that expressions read, held against what is in scope there.

use indexmap::IndexSet;

use crate::{
    suggest::one_of,
    uses::{Use, Uses},
};

use super::{
    graph::Graph,
    walk::{Read, Walk},
};

/// Attributes of `run`.
const RUN: [&str; 7] = [
    "id",
    "name",
    "flow",
    "scheduled_for",
    "started_at",
    "attempt",
    "dir",
];
/// Attributes of `error`.
const ERROR: [&str; 4] = ["message", "kind", "exit_code", "status"];
/// Attributes of a task.
const TASK: [&str; 2] = ["output", "state"];

/// What of the items of mapped tasks a task sees, its own and those of groups around it.
#[derive(Clone, Default)]
pub(crate) struct Items {
    /// The names of items.
    pub(crate) names: Vec<String>,
    /// Names of axes, where a matrix stands.
    pub(crate) axes: Option<Vec<String>>,
}

/// Looks names up.
pub(crate) struct Names<'n> {
    /// The flow's parameters.
    pub(crate) parameters: IndexSet<&'n str>,
    /// What depends on the home, and was read.
    pub(crate) uses: Uses,
}

impl Names<'_> {
    /// Checks what a task reads: `own` is what its items add to what is seen `around` it.
    pub(crate) fn check_task(
        &mut self,
        number: usize,
        reads: &[Read],
        (own, around): (&Items, &Items),
        graph: &mut Graph<'_>,
        walk: &mut Walk<'_>,
    ) {
        for read in reads {
            let items = if read.sees.item { own } else { around };
            if self.check(read, items, walk) {
                graph.read(number, read, walk);
            }
        }
    }

    /// Checks what stands outside of tasks; `tasks` are those of the top level.
    pub(crate) fn check_top(&mut self, reads: &[Read], graph: &Graph<'_>, walk: &mut Walk<'_>) {
        for read in reads {
            if self.check(read, &Items::default(), walk) {
                graph.read_from_top(read, walk);
            }
        }
    }

    /// Checks a read; whether it is one of a task, which is to be looked up.
    fn check(&mut self, read: &Read, items: &Items, walk: &mut Walk<'_>) -> bool {
        let Some((root, attributes)) = read.path.split_first() else {
            return false;
        };
        if items.names.contains(root) {
            return false;
        }
        match root.as_str() {
            "tasks" if read.sees.tasks => return names_task(read, walk),
            "params" if read.sees.params => self.check_parameter(read, walk),
            "run" => attribute(read, &RUN, walk),
            "error" if read.sees.error => attribute(read, &ERROR, walk),
            "trigger" if read.sees.trigger => {}
            "output" if read.sees.output => {}
            "vars" => note(&mut self.uses.variables, read),
            "env" => note(&mut self.uses.environment, read),
            "secrets" if read.sees.secrets => match attributes {
                [] => walk.error_with_hint(
                    read.place(0),
                    "`secrets` can only be read by name",
                    "write `secrets.NAME`",
                ),
                _ => note(&mut self.uses.secrets, read),
            },
            "matrix" => match &items.axes {
                Some(axes) => {
                    let axes: Vec<&str> = axes.iter().map(String::as_str).collect();
                    attribute(read, &axes, walk);
                }
                None => unseen(read, "`matrix` is known only in a task with `matrix`", walk),
            },
            _ => report_root(read, items, walk),
        }
        false
    }

    fn check_parameter(&self, read: &Read, walk: &mut Walk<'_>) {
        let Some(name) = read.path.get(1) else {
            return;
        };
        if self.parameters.contains(name.as_str()) {
            return;
        }
        let message = format!("unknown parameter `{name}`");
        match self.parameters.is_empty() {
            true => walk.error_with_hint(read.place(1), message, "the flow has no `parameters`"),
            false => walk.unknown(
                read.place(1),
                message,
                name,
                self.parameters.iter().copied(),
            ),
        }
    }
}

fn note(uses: &mut Vec<Use>, read: &Read) {
    if let Some(name) = read.path.get(1) {
        uses.push(Use {
            name: name.clone(),
            place: read.place(1),
        });
    }
}

/// Whether what stands behind `tasks.` names a task; what is wrong otherwise is reported.
fn names_task(read: &Read, walk: &mut Walk<'_>) -> bool {
    let Some(name) = read.path.get(1) else {
        let message = match read.dynamic {
            true => "which task this reads is known only when it is evaluated",
            false => "all tasks cannot be read at once",
        };
        let hint =
            "name the task, as `tasks.NAME.output`: that is how it is known what to wait for";
        walk.error_with_hint(read.place(0), message, hint);
        return false;
    };
    match read.path.get(2) {
        Some(_) => attribute_at(read, 2, &TASK, walk),
        None if read.dynamic => {}
        None => walk.error_with_hint(
            read.place(1),
            format!("`tasks.{name}` is the task, not a value"),
            format!("write `tasks.{name}.output` or `tasks.{name}.state`"),
        ),
    }
    true
}

fn attribute(read: &Read, known: &[&str], walk: &mut Walk<'_>) {
    attribute_at(read, 1, known, walk);
}

fn attribute_at(read: &Read, part: usize, known: &[&str], walk: &mut Walk<'_>) {
    let Some(name) = read
        .path
        .get(part)
        .filter(|name| !known.contains(&name.as_str()))
    else {
        return;
    };
    let of = read.path.get(..part).unwrap_or_default().join(".");
    let message = format!("`{of}` has no `{name}`");
    match crate::suggest::nearest(name, known.iter().copied()) {
        Some(_) => walk.unknown(read.place(part), message, name, known.iter().copied()),
        None => {
            let hint = format!("it has {}", one_of(known.iter().copied(), "and"));
            walk.error_with_hint(read.place(part), message, hint);
        }
    }
}

fn unseen(read: &Read, message: &str, walk: &mut Walk<'_>) {
    walk.error(read.place(0), message);
}

/// Says why a name is not in scope.
fn report_root(read: &Read, items: &Items, walk: &mut Walk<'_>) {
    let message = match read.path.first().map_or("", String::as_str) {
        "item" if items.names.iter().any(|name| name != "index") => {
            let names = items.names.iter().map(String::as_str);
            let names = one_of(names.filter(|name| *name != "index"), "and");
            format!("`item` is not known here; the items are called {names}")
        }
        "item" if read.sees.tasks => {
            "`item` is known only in a task with `for_each`, behind it".to_owned()
        }
        "index" if read.sees.tasks => {
            "`index` is known only in a task with `for_each` or `matrix`, behind it".to_owned()
        }
        "output" if read.sees.tasks => {
            "`output` is known only in `repeat`; for another task's write `tasks.NAME.output`".to_owned()
        }
        "error" => "`error` is known only in `when` of `retries`".to_owned(),
        "secrets" => "a secret can be read only in `env`, `headers`, `query`, `auth`, `json`, `form`, `body`, `database`, `with` and the URLs of `notify`".to_owned(),
        name @ ("tasks" | "params" | "item" | "index" | "matrix" | "trigger" | "output") => {
            format!("`{name}` is not known here")
        }
        name => return report_unknown(name, read, items, walk),
    };
    walk.error(read.place(0), message);
}

fn report_unknown(name: &str, read: &Read, items: &Items, walk: &mut Walk<'_>) {
    let sees = read.sees;
    let roots = [
        ("run", true),
        ("vars", true),
        ("env", true),
        ("params", sees.params),
        ("trigger", sees.trigger),
        ("tasks", sees.tasks),
        ("output", sees.output),
        ("error", sees.error),
        ("secrets", sees.secrets),
        ("matrix", items.axes.is_some()),
    ];
    let seen = roots
        .iter()
        .filter(|(_, seen)| *seen)
        .map(|(root, _)| *root);
    let known: Vec<&str> = seen.chain(items.names.iter().map(String::as_str)).collect();
    let message = format!("undefined name `{name}`");
    if crate::suggest::nearest(name, known.iter().copied()).is_some() {
        walk.unknown(read.place(0), message, name, known);
    } else {
        let hint = format!("known here are {}", one_of(known, "and"));
        walk.error_with_hint(read.place(0), message, hint);
    }
}
