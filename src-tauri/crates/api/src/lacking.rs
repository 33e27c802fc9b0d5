//! What a flow names of the home and the home does not have: a warning where it
//! is checked, a mistake where it is to run.

use std::collections::BTreeSet;

use tidemill_engine::LoadedFlow;
use tidemill_flow::{Diagnostic, Severity, Use};

use crate::{Error, OpenHome};

/// What the home has.
#[derive(Debug, Default)]
struct Inventory {
    variables: BTreeSet<String>,
    secrets: BTreeSet<String>,
    limits: BTreeSet<String>,
}

/// What a flow names that the home does not have, each with the first place that
/// names it. A home that is not there has nothing.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) fn lacking(
    home: Option<&OpenHome>,
    loaded: &LoadedFlow,
    severity: Severity,
) -> Result<Vec<Diagnostic>, Error> {
    let uses = &loaded.flow.uses;
    let inventory = match home {
        Some(home) => take_stock(home, &loaded.flow.uses)?,
        None => Inventory::default(),
    };
    let missing = |kind: &Kind, uses: &[Use], known: &BTreeSet<String>| {
        let mut said = BTreeSet::new();
        let mut found = Vec::new();
        for used in uses {
            if !known.contains(&used.name) && said.insert(used.name.clone()) {
                found.push(Diagnostic {
                    severity,
                    place: used.place,
                    message: format!("{} `{}` is not set", kind.noun, used.name),
                    hint: Some((kind.mend)(&used.name)),
                });
            }
        }
        found
    };
    let mut found = missing(&VARIABLE, &uses.variables, &inventory.variables);
    found.extend(missing(&SECRET, &uses.secrets, &inventory.secrets));
    found.extend(missing(&LIMIT, &uses.limits, &inventory.limits));
    for used in &uses.pools {
        found.push(Diagnostic {
            severity,
            place: used.place,
            message: format!("work pool `{}` is not known", used.name),
            hint: Some("this version runs everything on the pool `local`".to_owned()),
        });
    }
    found.sort_by_key(|diagnostic| diagnostic.place);
    Ok(found)
}

/// A kind of thing that a home has.
struct Kind {
    noun: &'static str,
    mend: fn(&str) -> String,
}

const VARIABLE: Kind = Kind {
    noun: "variable",
    mend: |name| format!("set it: tidemill vars set {name} VALUE"),
};
const SECRET: Kind = Kind {
    noun: "secret",
    mend: |name| format!("set it: tidemill secrets set {name}"),
};
const LIMIT: Kind = Kind {
    noun: "limit",
    mend: |name| format!("set it: tidemill limits set {name} SLOTS"),
};

/// Reads only the tables that are asked about: secrets are not unsealed for nothing.
fn take_stock(home: &OpenHome, uses: &tidemill_flow::Uses) -> Result<Inventory, Error> {
    let mut inventory = Inventory::default();
    if uses.variables.is_empty() && uses.secrets.is_empty() && uses.limits.is_empty() {
        return Ok(inventory);
    }
    let reader = home.reader()?;
    if !uses.variables.is_empty() {
        let names = reader.variables()?.into_iter().map(|(name, _)| name);
        inventory.variables = names.collect();
    }
    if !uses.secrets.is_empty() {
        inventory.secrets = home.store().secrets().names()?.into_iter().collect();
    }
    if !uses.limits.is_empty() {
        let names = reader.limits()?.into_iter().map(|limit| limit.name);
        inventory.limits = names.collect();
    }
    Ok(inventory)
}
