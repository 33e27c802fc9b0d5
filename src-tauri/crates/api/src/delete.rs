//! Removing a flow's file: to the system's bin, or to one in the workspace where the
//! system has none.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    callers::callers,
    disk_file,
    flow_target::{FlowTarget, flow_name},
    inside::Inside,
    layout,
    save::{Kept, unwritten},
    workspace::MARK,
};

/// The folder of what was removed, in that of the mark.
const BIN: &str = "bin";

/// A flow that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeletedFlow {
    /// Its name.
    pub name: String,
    /// Where its file was.
    pub file: String,
    /// Where the file lies now; null: in the system's bin.
    pub bin: Option<String>,
    /// The version that it had: its text is kept, and can be had by it.
    pub version: String,
    /// What could not be done beside it.
    pub warnings: Vec<String>,
}

/// Removes a flow's file and its layout. Its runs and its versions stay.
///
/// # Errors
/// Where there is no such flow, others need it (unless `force`), or it cannot be
/// removed.
pub fn delete(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    force: bool,
) -> Result<DeletedFlow, Error> {
    let target = FlowTarget::find(surroundings, home, catalog, name, None)?;
    let files = catalog.files(surroundings, home)?;
    let callers = callers(files.iter().map(AsRef::as_ref), &target.known);
    if !callers.is_empty() && !force {
        return Err(Error::Needed {
            name: name.to_owned(),
            callers,
        });
    }
    let mut kept = Kept::new(home, &target.place);
    kept.version(name, &target.bytes, target.modified);
    let bin = to_bin(&target.place.workspace, &target.place.path)?;
    kept.no_draft(&target.place.relative);
    if let Ok(flow) = flow_name(name) {
        let layout = layout::place(&target.place.workspace, &flow);
        kept.warn(layout.and_then(|layout| match layout.real.is_file() {
            true => to_bin(&layout.workspace, &layout.path).map(drop),
            false => Ok(()),
        }));
    }
    Ok(DeletedFlow {
        name: name.to_owned(),
        file: target.place.path.to_string_lossy().into_owned(),
        bin: bin.map(|bin| bin.to_string_lossy().into_owned()),
        version: target.version,
        warnings: kept.finish(),
    })
}

/// Puts a file, or the link that it is, into the system's bin; where there is none,
/// into the workspace's: where it is then.
fn to_bin(workspace: &Path, file: &Path) -> Result<Option<PathBuf>, Error> {
    match bin().delete(file) {
        Ok(()) => return Ok(None),
        Err(error) => tracing::info!(%error, "the system has no bin for this file"),
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
    let bin = Path::new(MARK).join(BIN).join(format!("{time}-{name}"));
    let place = Inside::of(workspace, &bin)?;
    disk_file::rename(file, &place.real).map_err(|cause| unwritten(file, cause))?;
    Ok(Some(place.path))
}

/// The system's bin. On macOS without Finder, which would ask for leave to be steered.
fn bin() -> trash::TrashContext {
    #[cfg_attr(
        not(target_os = "macos"),
        expect(unused_mut, reason = "only there it is set up")
    )]
    let mut bin = trash::TrashContext::default();
    #[cfg(target_os = "macos")]
    {
        use trash::macos::{DeleteMethod, TrashContextExtMacos as _};
        bin.set_delete_method(DeleteMethod::NsFileManager);
    }
    bin
}
