//! The flow that someone wants to change: its file as it is on the disk at this moment.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tidemill_flow::FlowName;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    answers::ChangedFile,
    catalog::{self, FlowFile},
    flows,
    inside::Inside,
};

/// A flow's file as it is at this moment.
#[derive(Debug)]
pub(crate) struct FlowTarget {
    /// What the catalog says of it.
    pub(crate) known: Arc<FlowFile>,
    /// Where it lies.
    pub(crate) place: Inside,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
    /// SHA-256 of that.
    pub(crate) version: String,
    /// When it came to hold that, as its disk says.
    pub(crate) modified: Timestamp,
}

impl FlowTarget {
    /// The file of a flow of the workspace. Where several have its name, the one of
    /// the version `base` is meant.
    ///
    /// # Errors
    /// Where there is none, more than one may be meant, it is not inside the
    /// workspace, or cannot be read.
    pub(crate) fn find(
        surroundings: &Surroundings,
        home: &OpenHome,
        catalog: &FlowCatalog,
        name: &str,
        base: Option<&str>,
    ) -> Result<Self, Error> {
        let files = catalog.looked_at_anew(surroundings, home)?;
        let named: Vec<&Arc<FlowFile>> = files.iter().filter(|file| file.name == name).collect();
        let mut meant = named
            .iter()
            .filter(|file| Some(file.version.as_str()) == base);
        let file = match (named.as_slice(), meant.next(), meant.next()) {
            ([], ..) => flows::file(surroundings, home, catalog, name)?,
            ([only], ..) | (_, Some(only), None) => Arc::clone(only),
            _ => {
                return Err(Error::SeveralFlows {
                    name: flow_name(name)?,
                    files: named.iter().map(|file| file.path.clone()).collect(),
                });
            }
        };
        Self::of(file)
    }

    /// A file that the catalog lists.
    pub(crate) fn of(known: Arc<FlowFile>) -> Result<Self, Error> {
        let place = Inside::of(&known.workspace, &known.path)?;
        let bytes = fs::read(&place.real).map_err(|cause| Error::Read {
            path: place.path.clone(),
            cause,
        })?;
        Ok(Self {
            modified: modified(&place.real).unwrap_or_else(Timestamp::now),
            version: tidemill_flow::version_of_bytes(&bytes),
            known,
            place,
            bytes,
        })
    }

    /// Its text.
    ///
    /// # Errors
    /// Where its bytes are none.
    pub(crate) fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|_| Error::Nameless(self.place.path.clone()))
    }

    /// What is said where it is not what a text was derived from.
    pub(crate) fn changed_elsewhere(self) -> Error {
        Error::ChangedElsewhere(Box::new(ChangedFile {
            file: self.place.path.to_string_lossy().into_owned(),
            text: String::from_utf8_lossy(&self.bytes).into_owned(),
            version: self.version,
        }))
    }
}

/// A flow's name as it was given.
///
/// # Errors
/// Where it is none.
pub(crate) fn flow_name(text: &str) -> Result<FlowName, Error> {
    FlowName::new(text).map_err(|cause| Error::Name {
        noun: "flow",
        text: text.to_owned(),
        cause,
    })
}

/// The folder in which new flows are made: the workspace, else the current folder.
pub(crate) fn folder(surroundings: &Surroundings, home: &OpenHome) -> Result<PathBuf, Error> {
    let known = catalog::folder(surroundings, home)?;
    Ok(known.unwrap_or_else(|| surroundings.directory.clone()))
}

/// A workspace's path, as the store has it.
pub(crate) fn folder_text(folder: &Path) -> String {
    folder.to_string_lossy().into_owned()
}

fn modified(path: &Path) -> Option<Timestamp> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()
}
