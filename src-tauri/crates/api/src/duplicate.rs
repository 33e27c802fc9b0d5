//! A second flow like one that there is, which nothing starts by itself.

use jiff::Timestamp;
use tidemill_flow::{
    mentions::{MentionRole, rename as rename_in},
    paused::{Paused, paused},
};

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    file_changes::FileChanges,
    flow_target::{FlowTarget, flow_name},
    inside::Inside,
    layout,
    rename::refuse_if_taken,
    save::{self, Kept, SavedFlow},
    workspace::SUFFIX,
};

/// Writes a copy of a flow with another name beside it, and of its layout. Two flows that
/// fire at one time are hardly ever meant: its schedules are paused, its triggers become
/// comments, and the answer says so.
///
/// # Errors
/// Where there is no such flow, the new name is none or is taken, the file's own name, its
/// schedules or its triggers cannot be changed by themselves, or a file cannot be written.
pub fn duplicate(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    to: &str,
) -> Result<SavedFlow, Error> {
    let to = flow_name(to)?;
    let from = FlowTarget::find(surroundings, home, catalog, name, None)?;
    refuse_if_taken(&catalog.files(surroundings, home)?, &to)?;
    let own =
        |role, known: &str| (role == MentionRole::Own && known == name).then(|| to.to_string());
    let (text, _) = rename_in(from.text()?, own).map_err(|cause| Error::NameInFile {
        file: from.place.path.clone(),
        cause,
    })?;
    if tidemill_flow::flow_name(&text).as_ref() != Some(&to) {
        return Err(Error::Nameless(from.place.path));
    }
    let held = paused(&text).map_err(|cause| Error::PauseInFile {
        file: from.place.path.clone(),
        cause,
    })?;
    let text = &held.text;
    let file = from.place.path.with_file_name(format!("{to}{SUFFIX}"));
    let place = Inside::flow_file(&from.place.workspace, &file)?;
    let mut changes = FileChanges::default();
    if let Err(cause) = write(&mut changes, &from, &place, (text, to.as_str())) {
        return Err(changes.undo(cause));
    }
    let now = Timestamp::now();
    let mut kept = Kept::new(home, &place);
    kept.version(to.as_str(), text.as_bytes(), now);
    let mut warnings = kept.finish();
    warnings.extend(said_of(&held));
    save::answer(surroundings, home, &place, text, (now, warnings))
}

/// What a person should know of the copy; nothing where nothing starts the original either.
fn said_of(held: &Paused) -> Option<String> {
    let said = match (held.schedules > 0, held.triggers > 0) {
        (true, true) => "its schedules are paused, its triggers are left out",
        (true, false) => "its schedules are paused",
        (false, true) => "its triggers are left out",
        (false, false) => return None,
    };
    Some(format!(
        "{said}: nothing starts the copy by itself until its file says so"
    ))
}

fn write(
    changes: &mut FileChanges,
    from: &FlowTarget,
    place: &Inside,
    (text, to): (&str, &str),
) -> Result<(), Error> {
    changes.create(place, text.as_bytes())?;
    let Ok(known) = flow_name(&from.known.name) else {
        return Ok(());
    };
    let known = layout::place(&place.workspace, &known)?;
    // Without one the copy lays itself out.
    let Ok(bytes) = std::fs::read(&known.real) else {
        return Ok(());
    };
    let copy = layout::place(&place.workspace, &flow_name(to)?)?;
    if copy.real.is_file() {
        changes.rename(&copy.real, &layout::aside(&copy)?)?;
    }
    changes.create(&copy, &bytes)
}
