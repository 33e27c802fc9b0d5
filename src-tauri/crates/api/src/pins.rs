//! Pinned outputs: what stands for a task's own output while a flow is tried by hand.
//! Schedules, triggers and the command line never use them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use tidemill_store::{Pin, PinnedFlow};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings, document::Moment, earlier::EarlierOutputs, flows,
    schemas::AnyJson,
};

/// The longest output that is pinned, as JSON.
const LONGEST: usize = 1 << 20;

/// A pinned output.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Pin)]
pub struct PinDocument {
    /// The task's path: `group/inner`.
    pub task: String,
    /// The output.
    #[schema(value_type = AnyJson)]
    pub output: Json,
    /// The name of the run that it is from; null where a person wrote it.
    pub origin: Option<String>,
    /// When it was pinned.
    pub pinned_at: Moment,
}

/// What is pinned of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Pins {
    /// The pins, by task.
    pub pins: Vec<PinDocument>,
}

/// What is pinned of a flow of the workspace.
///
/// # Errors
/// Where there is no such flow, or the store cannot be read.
pub fn list(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
) -> Result<Pins, Error> {
    of(home, &flow(surroundings, home, catalog, name)?)
}

/// Pins an output of a flow's task: this one, or the task's newest.
///
/// # Errors
/// Where there is no such flow, the task never gave an output, the output is too large,
/// or the store cannot be written.
pub fn set(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    task: &str,
    output: Option<Json>,
) -> Result<Pins, Error> {
    let flow = flow(surroundings, home, catalog, name)?;
    let (output, origin) = match output {
        Some(output) => (output, None),
        None => newest(home, &flow, task)?,
    };
    let size = output.to_string().len();
    if size > LONGEST {
        return Err(Error::Refused(format!(
            "an output of {size} bytes is not pinned: at most {LONGEST} are"
        )));
    }
    let pin = Pin {
        task: task.to_owned(),
        output,
        origin,
        pinned_at: Timestamp::now(),
    };
    let writer = home.store().writer();
    writer.set_pin(flow.clone(), pin).wait_flushed()?;
    of(home, &flow)
}

fn newest(home: &OpenHome, flow: &PinnedFlow, task: &str) -> Result<(Json, Option<String>), Error> {
    let outputs = EarlierOutputs::of(home, flow, Some(&[task]))?;
    let Some(newest) = outputs.newest(task) else {
        return Err(Error::Refused(format!(
            "`{task}` has no output that could be pinned: run it first, or give one"
        )));
    };
    let output = crate::to_json(&newest.output);
    Ok((output, Some(newest.run.name.clone())))
}

/// Removes a pin.
///
/// # Errors
/// Where there is no such flow or pin, or the store cannot be written.
pub fn remove(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    task: &str,
) -> Result<Pins, Error> {
    let flow = flow(surroundings, home, catalog, name)?;
    let removed = home
        .store()
        .writer()
        .remove_pin(flow.clone(), task.to_owned());
    if !removed.wait_flushed()? {
        return Err(Error::Nothing {
            noun: "pin of a task",
            name: task.to_owned(),
        });
    }
    of(home, &flow)
}

fn flow(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
) -> Result<PinnedFlow, Error> {
    let file = flows::file(surroundings, home, catalog, name)?;
    Ok(PinnedFlow {
        workspace: file.workspace.to_string_lossy().into_owned(),
        flow: file.name.clone(),
    })
}

fn of(home: &OpenHome, flow: &PinnedFlow) -> Result<Pins, Error> {
    let pins = home
        .reader()?
        .pins(flow)?
        .into_iter()
        .map(|pin| PinDocument {
            task: pin.task,
            output: pin.output,
            origin: pin.origin,
            pinned_at: Moment(pin.pinned_at),
        });
    Ok(Pins {
        pins: pins.collect(),
    })
}
