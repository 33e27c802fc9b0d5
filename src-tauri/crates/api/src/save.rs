//! Flow files written for a person: what they typed goes to the disk as it is, right or
//! wrong, unless the file was changed meanwhile.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use tidemill_store::{Draft, Receipt};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    answers::DiagnosticDocument,
    catalog::name_of,
    check, disk_file,
    document::Moment,
    flow_target::{FlowTarget, flow_name, folder},
    inside::Inside,
    layout,
    new::mark_if_unmarked,
    workspace::SUFFIX,
};

/// How many saved versions of a flow are kept, beside those that runs had.
pub(crate) const KEPT_VERSIONS: usize = 200;

/// A flow file that was written.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SavedFlow {
    /// What the flow is known by now: its name; of a file without a right one, what
    /// the file is called.
    pub name: String,
    /// Its file.
    pub file: String,
    /// SHA-256 of the file's bytes: the base of the next save.
    pub version: String,
    /// When it was written.
    pub saved_at: Moment,
    /// Everything that is wrong with it, by place: it is saved all the same.
    pub diagnostics: Vec<DiagnosticDocument>,
    /// What could not be done beside it, such as keeping the version.
    pub warnings: Vec<String>,
}

/// Saves a flow's text, derived from the version `base` of its file.
///
/// # Errors
/// Where there is no such flow, its file is no longer `base` (nothing is written), it
/// does not lie inside the workspace, or cannot be written.
pub fn save(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    text: &str,
    base: &str,
) -> Result<SavedFlow, Error> {
    let target = FlowTarget::find(surroundings, home, catalog, name, Some(base))?;
    if target.version != base {
        return Err(target.changed_elsewhere());
    }
    let now = Timestamp::now();
    let mut kept = Kept::new(home, &target.place);
    kept.version(name, &target.bytes, target.modified);
    if target.bytes != text.as_bytes() {
        disk_file::replace(&target.place.real, text.as_bytes())
            .map_err(|cause| unwritten(&target.place.path, cause))?;
    }
    let new_name = name_of(text, &target.place.path);
    let names = others(surroundings, home, catalog, &target);
    if new_name != name
        && !names
            .iter()
            .any(|other| *other == name || *other == new_name)
    {
        kept.follow(name, &new_name);
        kept.warn(layout::follow(&target.place.workspace, name, &new_name));
    }
    kept.version(&new_name, text.as_bytes(), now);
    kept.no_draft(&target.place.relative);
    let warnings = kept.finish();
    answer(surroundings, home, &target.place, text, (now, warnings))
}

/// What the other flows of the workspace are known by.
fn others(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    target: &FlowTarget,
) -> Vec<String> {
    // They were listed a moment ago, to find this one.
    let files = catalog.files(surroundings, home).unwrap_or_default();
    let others = files.iter().filter(|file| file.path != target.place.path);
    others.map(|file| file.name.clone()).collect()
}

/// A flow to be made.
#[derive(Clone, Debug)]
pub struct NewFlow {
    /// Its name, after which its file is called.
    pub name: String,
    /// Its file's text.
    pub text: String,
    /// Its file, relative to the workspace; by default `NAME.flow.yaml` in it.
    pub file: Option<String>,
}

/// Writes a new flow file.
///
/// # Errors
/// Where the name is none, a flow or a file of it is there, no flow file can be at
/// the path, or it cannot be written.
pub fn create(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    new: &NewFlow,
) -> Result<SavedFlow, Error> {
    let name = flow_name(&new.name)?;
    let files = catalog.looked_at_anew(surroundings, home)?;
    let written = tidemill_flow::flow_name(&new.text).unwrap_or_else(|| name.clone());
    if let Some(there) = files
        .iter()
        .find(|file| file.name == name.as_str() || file.name == written.as_str())
    {
        return Err(Error::FlowExists {
            name: flow_name(&there.name)?,
            file: there.path.clone(),
        });
    }
    let folder = folder(surroundings, home)?;
    let called = format!("{name}{SUFFIX}");
    let file = new.file.as_deref().unwrap_or(&called);
    let place = Inside::flow_file(&folder, Path::new(file))?;
    write_new(&place, new.text.as_bytes())?;
    let now = Timestamp::now();
    let mut kept = Kept::new(home, &place);
    kept.version(&name_of(&new.text, &place.path), new.text.as_bytes(), now);
    kept.no_draft(&place.relative);
    let warnings = kept.finish();
    answer(surroundings, home, &place, &new.text, (now, warnings))
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(place: &Inside, bytes: &[u8]) -> Result<(), Error> {
    disk_file::create(&place.real, bytes).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Exists(place.path.clone()),
        _ => unwritten(&place.path, cause),
    })
}

pub(crate) fn unwritten(path: &Path, cause: std::io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        cause,
    }
}

/// What is said of a file that was written.
pub(crate) fn answer(
    surroundings: &Surroundings,
    home: &OpenHome,
    place: &Inside,
    text: &str,
    (at, warnings): (Timestamp, Vec<String>),
) -> Result<SavedFlow, Error> {
    let said = check::text(surroundings, home, text.to_owned(), Some(&place.path))?;
    let document = |diagnostic| DiagnosticDocument::of(diagnostic, None);
    Ok(SavedFlow {
        name: name_of(text, &place.path),
        file: place.path.to_string_lossy().into_owned(),
        version: tidemill_flow::version(text),
        saved_at: Moment(at),
        diagnostics: said.diagnostics.iter().map(document).collect(),
        warnings,
    })
}

/// What the store keeps of files that are written. The files come first: what cannot
/// be kept is warned of, and keeps nobody from saving.
pub(crate) struct Kept<'h> {
    home: &'h OpenHome,
    workspace: String,
    receipts: Vec<Receipt>,
    removals: Vec<Receipt<bool>>,
    warnings: Vec<String>,
}

impl<'h> Kept<'h> {
    pub(crate) fn new(home: &'h OpenHome, place: &Inside) -> Self {
        Self {
            home,
            workspace: place.workspace_text(),
            receipts: Vec::new(),
            removals: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Keeps a version of a flow.
    pub(crate) fn version(&mut self, flow: &str, bytes: &[u8], at: Timestamp) {
        let (workspace, flow) = (self.workspace.clone(), flow.to_owned());
        let writer = self.home.store().writer();
        let kept = writer.keep_version(workspace, flow, bytes.to_vec(), at, KEPT_VERSIONS);
        self.receipts.push(kept);
    }

    /// Gives a flow's versions to its new name.
    pub(crate) fn follow(&mut self, from: &str, to: &str) {
        let (from, to) = (from.to_owned(), to.to_owned());
        let writer = self.home.store().writer();
        let renamed = writer.rename_flow(self.workspace.clone(), from, to);
        self.receipts.push(renamed);
    }

    /// Keeps a draft.
    pub(crate) fn draft(&mut self, draft: Draft) {
        self.receipts
            .push(self.home.store().writer().keep_draft(draft));
    }

    /// Removes the draft of a file.
    pub(crate) fn no_draft(&mut self, file: &str) {
        let writer = self.home.store().writer();
        let removed = writer.remove_draft(self.workspace.clone(), file.to_owned());
        self.removals.push(removed);
    }

    /// Says what could not be done.
    pub(crate) fn warn(&mut self, done: Result<(), Error>) {
        if let Err(error) = done {
            self.warnings.push(error.to_string());
        }
    }

    /// Waits until it is on the disk: what could not be done. The folder that was
    /// written in is a workspace from then on.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let marked = mark_if_unmarked(Path::new(&self.workspace));
        self.warn(marked.map(drop));
        let kept = self.receipts.iter().map(Receipt::wait_flushed);
        let removed = self
            .removals
            .iter()
            .map(|removal| removal.wait_flushed().map(|_| ()));
        if let Some(error) = kept.chain(removed).find_map(Result::err) {
            let message = format!("the file is written, but not all of its history: {error}");
            self.warnings.push(message);
        }
        self.warnings
    }
}
