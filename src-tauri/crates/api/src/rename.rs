//! Giving a flow another name: its file, its layout, its draft and its versions follow,
//! and so do the flows that name it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde::Serialize;
use tidemill_flow::{
    FlowName,
    mentions::{MentionRole, rename as rename_in},
};
use tidemill_store::Draft;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    callers::names,
    catalog::FlowFile,
    file_changes::FileChanges,
    flow_target::{FlowTarget, flow_name},
    inside::Inside,
    layout,
    save::Kept,
    workspace::{SUFFIX, is_called},
};

/// What changed with a flow's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RenamedFlow {
    /// Its new name.
    pub name: String,
    /// Its file, which is called after the name where it was before.
    pub file: String,
    /// Every file whose text was changed, its own first.
    pub changed: Vec<RenamedIn>,
    /// What could not be done beside it, and files that may name it and cannot be read.
    pub warnings: Vec<String>,
}

/// A file in which a flow's name was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RenamedIn {
    /// The flow's name, as it is now.
    pub flow: String,
    /// Its file, as it is called now.
    pub file: String,
    /// SHA-256 of the file's bytes.
    pub version: String,
    /// In how many places the name was changed.
    pub places: usize,
}

/// A change of one file's text.
struct Edit {
    target: FlowTarget,
    text: String,
    places: usize,
}

/// The names before and after, and the files.
struct Renaming<'a> {
    from: &'a str,
    to: &'a FlowName,
    file: PathBuf,
    new_file: Option<PathBuf>,
}

impl Renaming<'_> {
    /// What stands then where something names the flow, in the file `of`.
    fn change(&self, of: &Path, role: MentionRole, text: &str) -> Option<String> {
        if role == MentionRole::Own {
            return (of == self.file && text == self.from).then(|| self.to.to_string());
        }
        if !names(role, text, of, self.from, &self.file) {
            return None;
        }
        match (role, &self.new_file) {
            (MentionRole::File, None) => None,
            (MentionRole::File, Some(_)) => {
                let folder = text.strip_suffix(&format!("{}{SUFFIX}", self.from))?;
                Some(format!("{folder}{}{SUFFIX}", self.to))
            }
            _ => Some(self.to.to_string()),
        }
    }

    fn edit(&self, target: FlowTarget) -> Result<Edit, Error> {
        let of = target.place.path.clone();
        let (text, places) = self.text(&of, target.text()?)?;
        Ok(Edit {
            target,
            text,
            places,
        })
    }

    fn text(&self, of: &Path, text: &str) -> Result<(String, usize), Error> {
        rename_in(text, |role, known| self.change(of, role, known)).map_err(|cause| {
            Error::NameInFile {
                file: of.to_owned(),
                cause,
            }
        })
    }
}

/// Gives a flow another name, in its file and wherever another flow of the workspace
/// names it.
///
/// # Errors
/// Where there is no such flow, the new name is none or is taken, a name cannot be
/// changed by itself, or a file cannot be written; then all is as it was.
pub fn rename(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    to: &str,
) -> Result<RenamedFlow, Error> {
    let to = flow_name(to)?;
    let own = FlowTarget::find(surroundings, home, catalog, name, None)?;
    let files = catalog.files(surroundings, home)?;
    refuse_if_taken(&files, &to)?;
    let renaming = Renaming {
        from: name,
        to: &to,
        new_file: new_file(&own.place, name, &to)?,
        file: own.place.path.clone(),
    };
    let own = renaming.edit(own)?;
    if tidemill_flow::flow_name(&own.text).as_ref() != Some(&to) {
        return Err(Error::Nameless(own.target.place.path));
    }
    let (others, unread) = edits_of_others(&renaming, &files)?;
    let edits: Vec<Edit> = std::iter::once(own).chain(others).collect();
    let mut changes = FileChanges::default();
    if let Err(cause) = write(&mut changes, &renaming, &edits) {
        return Err(changes.undo(cause));
    }
    let warnings = keep(home, &renaming, &edits, unread);
    Ok(answer(&renaming, &edits, warnings))
}

pub(crate) fn refuse_if_taken(files: &[Arc<FlowFile>], to: &FlowName) -> Result<(), Error> {
    match files.iter().find(|file| file.name == to.as_str()) {
        None => Ok(()),
        Some(there) => Err(Error::FlowExists {
            name: to.clone(),
            file: there.path.clone(),
        }),
    }
}

/// What a file that is called after its flow is called then.
fn new_file(place: &Inside, from: &str, to: &FlowName) -> Result<Option<PathBuf>, Error> {
    let called = FlowName::new(from).is_ok_and(|from| is_called(&place.path, &from));
    let new = called.then(|| place.path.with_file_name(format!("{to}{SUFFIX}")));
    match new {
        Some(new) if std::fs::symlink_metadata(&new).is_ok() => Err(Error::Exists(new)),
        new => Ok(new),
    }
}

/// The files that name the flow with their new texts, and those that may and cannot
/// be read.
fn edits_of_others(
    renaming: &Renaming<'_>,
    files: &[Arc<FlowFile>],
) -> Result<(Vec<Edit>, Vec<String>), Error> {
    let (mut edits, mut unread) = (Vec::new(), Vec::new());
    for file in files.iter().filter(|file| file.path != renaming.file) {
        if renaming.text(&file.path, &file.text)?.1 > 0 {
            let edit = renaming.edit(FlowTarget::of(Arc::clone(file))?)?;
            edits.extend((edit.places > 0).then_some(edit));
        } else if file.text.contains(renaming.from)
            && tidemill_flow::read_values(&file.text).is_err()
        {
            unread.push(format!(
                "{}: it cannot be read, and may name `{}`",
                file.path.display(),
                renaming.from
            ));
        }
    }
    Ok((edits, unread))
}

fn write(changes: &mut FileChanges, renaming: &Renaming<'_>, edits: &[Edit]) -> Result<(), Error> {
    for edit in edits {
        changes.replace(&edit.target.place, &edit.target.bytes, edit.text.as_bytes())?;
    }
    if let Some(new) = &renaming.new_file {
        changes.rename(&renaming.file, new)?;
    }
    let Some(edit) = edits.first() else {
        return Ok(());
    };
    let workspace = &edit.target.place.workspace;
    let Ok(from) = FlowName::new(renaming.from) else {
        return Ok(());
    };
    let (from, to) = (
        layout::place(workspace, &from)?,
        layout::place(workspace, renaming.to)?,
    );
    if from.real.is_file() {
        if to.real.is_file() {
            changes.rename(&to.real, &layout::aside(&to)?)?;
        }
        changes.rename(&from.real, &to.real)?;
    }
    Ok(())
}

/// Keeps versions and drafts: what could not be.
fn keep(
    home: &OpenHome,
    renaming: &Renaming<'_>,
    edits: &[Edit],
    unread: Vec<String>,
) -> Vec<String> {
    let Some(own) = edits.first() else {
        return unread;
    };
    let now = Timestamp::now();
    let mut kept = Kept::new(home, &own.target.place);
    for edit in edits {
        let flow = &edit.target.known.name;
        kept.version(flow, &edit.target.bytes, edit.target.modified);
        kept.version(flow, edit.text.as_bytes(), now);
        match draft_then(home, renaming, edit) {
            Ok(None) => {}
            Ok(Some(draft)) => {
                kept.no_draft(&edit.target.place.relative);
                kept.draft(draft);
            }
            Err(error) => kept.warn(Err(error)),
        }
    }
    kept.follow(renaming.from, renaming.to.as_str());
    let mut warnings = kept.finish();
    warnings.extend(unread);
    warnings
}

/// A file's draft with the name changed in it too, so that it stays a draft of what
/// the file is now.
fn draft_then(
    home: &OpenHome,
    renaming: &Renaming<'_>,
    edit: &Edit,
) -> Result<Option<Draft>, Error> {
    let place = &edit.target.place;
    let known = home
        .reader()?
        .draft(&place.workspace_text(), &place.relative)?;
    let Some(mut draft) = known else {
        return Ok(None);
    };
    // What cannot be changed in it is left to the person: its base tells.
    if let Ok((text, _)) = renaming.text(&place.path, &draft.text) {
        draft.text = text;
        if draft.base.as_ref() == Some(&edit.target.version) {
            draft.base = Some(tidemill_flow::version(&edit.text));
        }
    }
    if place.path == renaming.file
        && let Some(new) = &renaming.new_file
    {
        draft.file = Inside::of(&place.workspace, new)?.relative;
    }
    Ok(Some(draft))
}

fn answer(renaming: &Renaming<'_>, edits: &[Edit], warnings: Vec<String>) -> RenamedFlow {
    let file = renaming.new_file.as_ref().unwrap_or(&renaming.file);
    let changed = edits.iter().map(|edit| {
        let is_own = edit.target.place.path == renaming.file;
        let path = if is_own {
            file
        } else {
            &edit.target.place.path
        };
        RenamedIn {
            flow: match is_own {
                true => renaming.to.to_string(),
                false => edit.target.known.name.clone(),
            },
            file: path.to_string_lossy().into_owned(),
            version: tidemill_flow::version(&edit.text),
            places: edit.places,
        }
    });
    RenamedFlow {
        name: renaming.to.to_string(),
        file: file.to_string_lossy().into_owned(),
        changed: changed.collect(),
        warnings,
    }
}
