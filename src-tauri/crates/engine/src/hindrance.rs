//! What of the home, or of this version, keeps a flow from running: found before
//! anything starts. The flow file itself is right.

use std::collections::BTreeSet;

use tidemill_flow::{Flow, Kind, Place, Use};
use tidemill_store::{Store, StoreError};

/// Something that keeps a flow from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// What, and what to do about it, as a fragment.
    pub message: String,
    /// Where the flow file says so.
    pub place: Place,
}

/// Each thing that is in the way, in order of place within its kind.
pub(crate) fn hindrances(store: &Store, flow: &Flow) -> Result<Vec<Hindrance>, StoreError> {
    let uses = &flow.uses;
    let mut found = not_carried_out(flow);
    missing(&uses.limits, &mut found, "limit", "limits set {} N", || {
        let limits = store.reader()?.limits()?;
        Ok(limits.into_iter().map(|limit| limit.name).collect())
    })?;
    missing(&uses.variables, &mut found, "variable", "vars set {} VALUE", || {
        let variables = store.reader()?.variables()?;
        Ok(variables.into_iter().map(|(name, _)| name).collect())
    })?;
    missing(&uses.secrets, &mut found, "secret", "secrets set {}", || {
        Ok(store.secrets().names()?.into_iter().collect())
    })?;
    Ok(found)
}

/// Adds those of `uses` that are not known, each once. What is known is only
/// looked up if there is a use.
fn missing(
    uses: &[Use],
    found: &mut Vec<Hindrance>,
    what: &str,
    command: &str,
    known: impl FnOnce() -> Result<BTreeSet<String>, StoreError>,
) -> Result<(), StoreError> {
    if uses.is_empty() {
        return Ok(());
    }
    let mut known = known()?;
    for one in uses {
        if known.insert(one.name.clone()) {
            let command = command.replace("{}", &one.name);
            found.push(Hindrance {
                message: format!(
                    "the {what} `{}` is not set; `tidemill {command}` sets it",
                    one.name
                ),
                place: one.place,
            });
        }
    }
    Ok(())
}

fn not_carried_out(flow: &Flow) -> Vec<Hindrance> {
    let notify = flow.tasks.iter().filter_map(|task| {
        matches!(task.kind, Kind::Notify(_)).then(|| Hindrance {
            message: format!(
                "task `{}` is a `notify` task, which this version does not carry out",
                task.path
            ),
            place: task.place,
        })
    });
    let pools = flow.uses.pools.iter().map(|pool| Hindrance {
        message: format!(
            "there is no work pool `{}`: this version runs tasks on `local` only",
            pool.name
        ),
        place: pool.place,
    });
    notify.chain(pools).collect()
}
