//! The flow files of a workspace, read and checked once as long as they stay as they
//! are. Who lists flows asks here as often as they like.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tidemill_engine::LoadedFlow;
use tidemill_flow::{Diagnostic, Flow, Place};

use crate::{
    Error, OpenHome, Surroundings, flow_file, references,
    workspace::{self, FlowIndex, SUFFIX},
};

/// After a look at the files no other comes within this many times as long as it took:
/// a workspace on a slow disk is not searched all the time.
const REST: u32 = 10;

/// A file that was changed so shortly before it was read may have been changed again
/// since without another time of change: its bytes are compared.
const TOO_NEW: Duration = Duration::from_secs(2);

/// A flow file, as it is now.
#[derive(Debug)]
pub(crate) struct FlowFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The workspace's folder.
    pub(crate) workspace: PathBuf,
    /// The flow's name; where it has no right one, what its file is called.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: Arc<str>,
    /// SHA-256 of its bytes.
    pub(crate) version: String,
    /// The flow, where the file has no mistake of its own.
    pub(crate) flow: Option<Arc<Flow>>,
    /// Everything that is to be said of it, other files of the workspace considered.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The flow files of the workspace that was asked for last.
#[derive(Debug, Default)]
pub struct FlowCatalog {
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    folder: PathBuf,
    looked_at: Instant,
    rest: Duration,
    stamps: Vec<Stamp>,
    files: Arc<[Arc<FlowFile>]>,
    folders: Vec<PathBuf>,
}

/// What tells that a file is as it was.
#[derive(Clone, Debug)]
struct Stamp {
    path: PathBuf,
    modified: Option<SystemTime>,
    size: u64,
    /// It was read so soon after its change that the time of change says nothing.
    too_new: bool,
    read: Arc<Read>,
}

/// A file by itself.
#[derive(Debug)]
struct Read {
    text: Arc<str>,
    flow: Option<Arc<Flow>>,
    diagnostics: Vec<Diagnostic>,
}

impl FlowCatalog {
    /// The flow files of the workspace, in order of path; none where there is no
    /// workspace: neither here, nor does the home remember one.
    pub(crate) fn files(
        &self,
        surroundings: &Surroundings,
        home: &OpenHome,
    ) -> Result<Arc<[Arc<FlowFile>]>, Error> {
        match folder(surroundings, home)? {
            Some(folder) => self.files_of(&folder),
            None => Ok(Arc::new([])),
        }
    }

    /// As [`Self::files`], however shortly after the last look; for who is about to
    /// change one.
    pub(crate) fn looked_at_anew(
        &self,
        surroundings: &Surroundings,
        home: &OpenHome,
    ) -> Result<Arc<[Arc<FlowFile>]>, Error> {
        self.expire();
        self.files(surroundings, home)
    }

    /// Says that files were changed: the next who asks has them looked at again.
    pub(crate) fn expire(&self) {
        if let Some(known) = lock(&self.known).as_mut() {
            known.rest = Duration::ZERO;
        }
    }

    /// The flow files of a folder, looked at anew, and the folders that may hold some.
    pub(crate) fn looked_through(&self, folder: &Path) -> Result<LookedThrough, Error> {
        self.expire();
        let files = self.files_of(folder)?;
        let known = lock(&self.known);
        let folders = known.as_ref().filter(|known| known.folder == folder);
        let folders = folders.map(|known| known.folders.clone());
        Ok((files, folders.unwrap_or_default()))
    }

    /// The flow files of a folder, in order of path.
    pub(crate) fn files_of(&self, folder: &Path) -> Result<Arc<[Arc<FlowFile>]>, Error> {
        // Whoever comes meanwhile would only do the same work.
        let mut known = lock(&self.known);
        let before = known.take().filter(|known| known.folder == folder);
        let now = match before {
            Some(before) if before.looked_at.elapsed() < before.rest => before,
            before => look(folder, before)?,
        };
        Ok(Arc::clone(&known.insert(now).files))
    }
}

/// A folder's flow files, and the folders that may hold some.
type LookedThrough = (Arc<[Arc<FlowFile>]>, Vec<PathBuf>);

/// A panic elsewhere leaves what is known whole: it is put there in one piece.
fn lock(known: &Mutex<Option<Known>>) -> MutexGuard<'_, Option<Known>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The workspace whose flows are listed.
pub(crate) fn folder(
    surroundings: &Surroundings,
    home: &OpenHome,
) -> Result<Option<PathBuf>, Error> {
    if let Some(folder) = workspace::of_directory(surroundings) {
        return Ok(Some(folder));
    }
    let remembered = home.reader()?.workspaces()?;
    let mut folders = remembered
        .into_iter()
        .map(|known| PathBuf::from(known.path));
    Ok(folders.find(|folder| folder.is_dir()))
}

/// Looks at the files again, and reads those that are not as they were.
fn look(folder: &Path, before: Option<Known>) -> Result<Known, Error> {
    let started = Instant::now();
    let old = before.as_ref().map_or(&[][..], |known| &known.stamps);
    let mut stamps = Vec::new();
    let mut same = true;
    let found = workspace::look_through(folder)?;
    for path in found.files {
        let stamp = stamp(&path, old.iter().find(|stamp| stamp.path == path));
        let place = old.get(stamps.len());
        same &= place.is_some_and(|old| old.path == path && Arc::ptr_eq(&old.read, &stamp.read));
        stamps.push(stamp);
    }
    same &= stamps.len() == old.len();
    let files = match before.filter(|_| same) {
        Some(before) => before.files,
        None => together(folder, &stamps),
    };
    Ok(Known {
        folder: folder.to_owned(),
        looked_at: Instant::now(),
        rest: started.elapsed() * REST,
        stamps,
        files,
        folders: found.folders,
    })
}

fn stamp(path: &Path, old: Option<&Stamp>) -> Stamp {
    let metadata = path.metadata().ok();
    let modified = metadata
        .as_ref()
        .and_then(|metadata| metadata.modified().ok());
    let size = metadata.as_ref().map_or(0, Metadata::len);
    let as_it_was = old.filter(|old| (old.modified, old.size) == (modified, size));
    if let Some(old) = as_it_was.filter(|old| !old.too_new && modified.is_some()) {
        return old.clone();
    }
    let age = modified.and_then(|modified| modified.elapsed().ok());
    Stamp {
        path: path.to_owned(),
        modified,
        size,
        too_new: age.is_none_or(|age| age < TOO_NEW),
        read: read(path, old),
    }
}

/// Reads a file, unless its bytes are those that were read before.
fn read(path: &Path, old: Option<&Stamp>) -> Arc<Read> {
    if let Some(old) = old
        && std::fs::read(path).is_ok_and(|bytes| *bytes == *old.read.text.as_bytes())
    {
        return Arc::clone(&old.read);
    }
    Arc::new(match flow_file::read(path, path) {
        Ok((text, checked)) => Read {
            text: text.into(),
            flow: checked.flow.map(Arc::new),
            diagnostics: checked.diagnostics,
        },
        Err(error) => Read {
            text: Arc::from(""),
            flow: None,
            diagnostics: vec![Diagnostic::error(Place::default(), error.to_string())],
        },
    })
}

/// What the files are beside each other: two of one name, and flows that call flows.
fn together(folder: &Path, stamps: &[Stamp]) -> Arc<[Arc<FlowFile>]> {
    let named = stamps.iter();
    let named = named.map(|stamp| (stamp.path.as_path(), stamp.read.text.as_ref()));
    let index = FlowIndex::of(named);
    let file = |stamp: &Stamp| {
        let Read {
            text,
            flow,
            diagnostics,
        } = stamp.read.as_ref();
        let mut diagnostics = diagnostics.clone();
        if let Some(flow) = flow {
            diagnostics.extend(references::check(&LoadedFlow {
                flow: Arc::clone(flow),
                text: Arc::clone(text),
                file: stamp.path.clone(),
                workspace: folder.to_owned(),
            }));
            diagnostics.extend(index.twins(&flow.name, &stamp.path, text));
        }
        diagnostics.sort_by_key(|diagnostic| diagnostic.place);
        Arc::new(FlowFile {
            path: stamp.path.clone(),
            workspace: folder.to_owned(),
            name: name_of(text, &stamp.path),
            version: tidemill_flow::version(text),
            text: Arc::clone(text),
            flow: flow.clone(),
            diagnostics,
        })
    };
    stamps.iter().map(file).collect()
}

/// What a flow of this text, in this file, is known by.
pub(crate) fn name_of(text: &str, path: &Path) -> String {
    if let Some(name) = tidemill_flow::flow_name(text) {
        return name.to_string();
    }
    let called = path.file_name().unwrap_or_default().to_string_lossy();
    called.strip_suffix(SUFFIX).unwrap_or(&called).to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn catalog() -> (tempfile::TempDir, Surroundings, OpenHome, FlowCatalog) {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            workspace: Some(folder.path().to_owned()),
            ..Surroundings::rooted(folder.path())
        };
        let home = OpenHome::open(&surroundings).unwrap();
        (folder, surroundings, home, FlowCatalog::default())
    }

    /// As `files`, however shortly after the last look.
    fn files(catalog: &FlowCatalog, folder: &Path) -> Arc<[Arc<FlowFile>]> {
        catalog.expire();
        catalog.files_of(folder).unwrap()
    }

    #[test]
    fn a_file_is_checked_anew_only_where_its_bytes_changed() {
        let (folder, surroundings, home, catalog) = catalog();
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(format!("{name}.flow.yaml")), text).unwrap();
        };
        write("a", "name: a\ntasks: { t: { value: 1 } }\n");
        write("b", "name: b\ntasks: { t: { flow: a } }\n");
        let first = catalog.files(&surroundings, &home).unwrap();
        assert_eq!(first.len(), 2);
        assert!(first.iter().all(|file| file.diagnostics.is_empty()));
        let second = files(&catalog, folder.path());
        assert!(Arc::ptr_eq(&first, &second));
        // As many bytes as before, perhaps within the same tick of the disk's clock.
        write("a", "name: c\ntasks: { t: { value: 1 } }\n");
        let third = files(&catalog, folder.path());
        assert_eq!(third[0].name, "c");
        assert!(Arc::ptr_eq(
            second[1].flow.as_ref().unwrap(),
            third[1].flow.as_ref().unwrap()
        ));
        let said = &third[1].diagnostics[0].message;
        assert!(said.contains("no flow `a`"), "{said}");
        fs::remove_file(folder.path().join("b.flow.yaml")).unwrap();
        assert_eq!(files(&catalog, folder.path()).len(), 1);
    }

    #[test]
    fn what_is_wrong_is_listed_by_what_it_is_called() {
        let (folder, surroundings, home, catalog) = catalog();
        for (file, bytes) in [
            ("broken.flow.yaml", &b"tasks: ["[..]),
            ("bytes.flow.yaml", &b"name: \xff"[..]),
            (
                "one.flow.yaml",
                &b"name: same\ntasks: { t: { value: 1 } }"[..],
            ),
            (
                "two.flow.yaml",
                &b"name: same\ntasks: { t: { value: 2 } }"[..],
            ),
        ] {
            fs::write(folder.path().join(file), bytes).unwrap();
        }
        let files = catalog.files(&surroundings, &home).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["broken", "bytes", "same", "same"]);
        assert!(files.iter().all(|file| !file.diagnostics.is_empty()));
    }
}
