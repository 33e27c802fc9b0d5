//! What of the home, or of this version, keeps a flow from running: found before
//! anything starts. The flow file itself is right.

use std::collections::BTreeSet;

use tidemill_flow::{Flow, Kind};
use tidemill_store::Store;

use crate::error::EngineError;

/// The pool that tasks run on unless they name another.
const LOCAL: &str = "local";

/// Each thing that is in the way, as a fragment that names what and where.
pub(crate) fn hindrances(store: &Store, flow: &Flow) -> Result<Vec<String>, EngineError> {
    let mut found = of_this_version(flow);
    let limits: BTreeSet<_> = flow
        .tasks
        .iter()
        .flat_map(|task| task.limits.iter().map(move |limit| (limit, &task.path)))
        .collect();
    if !limits.is_empty() {
        let known = store.reader()?.limits()?;
        for (limit, task) in limits {
            if !known.iter().any(|known| known.name == limit.as_str()) {
                found.push(format!(
                    "task `{task}` names the limit `{limit}`, which is not set; `tidemill limits set {limit} N` sets it"
                ));
            }
        }
    }
    Ok(found)
}

fn of_this_version(flow: &Flow) -> Vec<String> {
    let mut found = Vec::new();
    for task in flow.tasks.iter() {
        if matches!(task.kind, Kind::Notify(_)) {
            found.push(format!(
                "task `{}` is a `notify` task, which this version does not carry out",
                task.path
            ));
        }
        if task.runs_on.as_str() != LOCAL {
            found.push(format!(
                "task `{}` runs on the pool `{}`, and this version knows only `{LOCAL}`",
                task.path, task.runs_on
            ));
        }
    }
    found
}
