//! The workspaces that the home remembers.

use std::path::Path;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Error, OpenHome, Surroundings, document::Moment, workspace};

/// A folder of flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub struct WorkspaceDocument {
    /// Its absolute path.
    pub path: String,
    /// The folder's own name.
    pub name: String,
    /// Whether its schedules and triggers may fire on this machine.
    pub enabled: bool,
    /// When a flow of it last ran; null where none has yet.
    pub used_at: Option<Moment>,
    /// Whether flows are looked up in it.
    pub current: bool,
}

/// Folders of flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Workspaces {
    /// The current one first, then the last used.
    pub workspaces: Vec<WorkspaceDocument>,
}

/// The workspaces that the home remembers, and the current one.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(surroundings: &Surroundings, home: &OpenHome) -> Result<Workspaces, Error> {
    let current = workspace::of_directory(surroundings);
    let current = current.map(|path| path.to_string_lossy().into_owned());
    let remembered = home.reader()?.workspaces()?;
    let mut workspaces: Vec<WorkspaceDocument> = remembered
        .into_iter()
        .map(|known| WorkspaceDocument {
            name: name(&known.path),
            enabled: known.enabled,
            used_at: Some(Moment(known.used_at)),
            current: current.as_ref() == Some(&known.path),
            path: known.path,
        })
        .collect();
    if let Some(path) = current
        && !workspaces.iter().any(|known| known.current)
    {
        workspaces.push(WorkspaceDocument {
            name: name(&path),
            enabled: false,
            used_at: None,
            current: true,
            path,
        });
    }
    workspaces.sort_by_key(|known| !known.current);
    Ok(Workspaces { workspaces })
}

fn name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
