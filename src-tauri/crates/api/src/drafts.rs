//! Drafts: what an editor holds and nobody has saved, so that it outlives the editor.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use tidemill_store::Draft;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    document::Moment,
    flow_target::{FlowTarget, folder, folder_text},
    inside::Inside,
};

/// A text that is not saved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftDocument {
    /// The file that it is of, or will be.
    pub file: String,
    /// The file from the workspace's folder on: what a draft is known by.
    pub path: String,
    /// The text.
    pub text: String,
    /// The version of the file that it is derived from; null: there was none.
    pub base: Option<String>,
    /// When it was kept.
    pub kept_at: Moment,
    /// The file's version now; null: there is none.
    pub current: Option<String>,
    /// Whether the file is no longer what the draft is derived from.
    pub changed: bool,
}

/// Texts that are not saved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Drafts {
    /// They, in order of their files.
    pub drafts: Vec<DraftDocument>,
}

/// What a draft is of.
#[derive(Clone, Copy, Debug)]
pub enum DraftOf<'n> {
    /// A flow of the workspace, by name.
    Flow(&'n str),
    /// A file of the workspace, which may be new: relative to it, or absolute.
    File(&'n str),
}

impl DraftOf<'_> {
    fn place(
        self,
        surroundings: &Surroundings,
        home: &OpenHome,
        catalog: &FlowCatalog,
    ) -> Result<Inside, Error> {
        match self {
            Self::Flow(name) => {
                let target = FlowTarget::find(surroundings, home, catalog, name, None)?;
                Ok(target.place)
            }
            Self::File(file) => Inside::flow_file(&folder(surroundings, home)?, Path::new(file)),
        }
    }

    fn missing(self) -> Error {
        let (Self::Flow(name) | Self::File(name)) = self;
        Error::Nothing {
            noun: "draft",
            name: name.to_owned(),
        }
    }
}

/// The drafts of the workspace.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(surroundings: &Surroundings, home: &OpenHome) -> Result<Drafts, Error> {
    let folder = folder(surroundings, home)?;
    let drafts = home.reader()?.drafts(&folder_text(&folder))?;
    let drafts = drafts.into_iter().filter_map(|draft| {
        // A file that is no longer inside is nobody's any more.
        let place = Inside::of(&folder, Path::new(&draft.file)).ok()?;
        Some(document(&place, draft))
    });
    Ok(Drafts {
        drafts: drafts.collect(),
    })
}

/// A draft.
///
/// # Errors
/// Where there is none, or the store cannot be read.
pub fn show(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    of: DraftOf<'_>,
) -> Result<DraftDocument, Error> {
    let place = of.place(surroundings, home, catalog)?;
    let draft = home
        .reader()?
        .draft(&place.workspace_text(), &place.relative)?;
    match draft {
        Some(draft) => Ok(document(&place, draft)),
        None => Err(of.missing()),
    }
}

/// Keeps a draft in place of what was kept for its file; it is on the disk then.
///
/// # Errors
/// Where there is no such flow, no flow file can be there, or it cannot be kept.
pub fn put(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    of: DraftOf<'_>,
    (text, base): (String, Option<String>),
) -> Result<DraftDocument, Error> {
    let place = of.place(surroundings, home, catalog)?;
    let draft = Draft {
        workspace: place.workspace_text(),
        file: place.relative.clone(),
        text,
        base,
        kept_at: Timestamp::now(),
    };
    let kept = home.store().writer().keep_draft(draft.clone());
    kept.wait_flushed()?;
    Ok(document(&place, draft))
}

/// Removes a draft.
///
/// # Errors
/// Where there is none.
pub fn remove(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    of: DraftOf<'_>,
) -> Result<Drafts, Error> {
    let place = of.place(surroundings, home, catalog)?;
    let writer = home.store().writer();
    let removed = writer.remove_draft(place.workspace_text(), place.relative);
    match removed.wait_flushed()? {
        true => list(surroundings, home),
        false => Err(of.missing()),
    }
}

fn document(place: &Inside, draft: Draft) -> DraftDocument {
    // What cannot be read is as good as gone.
    let bytes = std::fs::read(&place.real).ok();
    let current = bytes.as_deref().map(tidemill_flow::version_of_bytes);
    DraftDocument {
        file: place.path.to_string_lossy().into_owned(),
        path: draft.file,
        text: draft.text,
        changed: current != draft.base,
        current,
        base: draft.base,
        kept_at: Moment(draft.kept_at),
    }
}
