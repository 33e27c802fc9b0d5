//! The workspaces that the home remembers, and whether they may fire.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Host, OpenHome, Surroundings, document::Moment, holder, workspace};

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
    /// When it was last opened, or a flow of it last ran; null where neither was.
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

/// Has a host be in another workspace from now on: the folder `path`, or the workspace
/// of the flow file `path`. The home remembers it as the last used; its schedules stay
/// as they were.
///
/// # Errors
/// Where `path` is neither a folder nor a flow file, or the store cannot be written.
pub(crate) fn open(host: &Host, path: &Path) -> Result<Workspaces, Error> {
    let now = host.surroundings();
    let around = now.in_workspace_of(path)?;
    if let Some(folder) = &around.workspace {
        let folder = folder.to_string_lossy().into_owned();
        let writer = host.home().store().writer();
        writer
            .remember_workspace(folder, Timestamp::now())
            .wait_flushed()?;
    }
    host.be_in(around);
    list(&host.surroundings(), host.home())
}

/// Whether a workspace's schedules and triggers may fire on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnabledAnswer {
    /// The workspace's folder.
    pub workspace: String,
    /// Whether they may.
    pub enabled: bool,
    /// Whether that was otherwise before.
    pub changed: bool,
    /// Whether a process serves the home now, which has them fire.
    pub served: bool,
}

/// Lets the schedules and triggers of a workspace fire on this machine, or no more:
/// those of the folder, or of the workspace that it is in; by default of the one here.
///
/// # Errors
/// Where `folder` is none, or the store cannot be written.
pub fn enable(
    surroundings: &Surroundings,
    home: &OpenHome,
    folder: Option<&Path>,
    enabled: bool,
) -> Result<EnabledAnswer, Error> {
    let workspace = match folder {
        None => {
            workspace::of_directory(surroundings).unwrap_or_else(|| surroundings.directory.clone())
        }
        // A folder that is gone can still be disabled.
        Some(folder) if !enabled && !surroundings.path(folder).exists() => {
            surroundings.path(folder)
        }
        Some(folder) => {
            let named = surroundings.in_workspace_of(folder)?;
            let directory = named.workspace.unwrap_or_default();
            let there = Surroundings {
                workspace: None,
                directory: directory.clone(),
                ..surroundings.clone()
            };
            workspace::of_directory(&there).unwrap_or(directory)
        }
    };
    let workspace = workspace.to_string_lossy().into_owned();
    let writer = home.store().writer();
    let changed = writer.enable_workspace(workspace.clone(), enabled, Timestamp::now());
    Ok(EnabledAnswer {
        workspace,
        enabled,
        changed: changed.wait_flushed()?,
        served: holder(&surroundings.home).is_some(),
    })
}

fn name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
