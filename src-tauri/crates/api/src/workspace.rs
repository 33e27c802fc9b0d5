//! Workspaces: which folder is meant, and which flow files it holds.
//!
//! Not here: what a flow file says beside its name (`flow_file`).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;
use tidemill_flow::{Diagnostic, FlowName, Severity};
use tidemill_store::Home;

use crate::{Error, flow_file, surroundings::Surroundings};

/// The folder that marks a workspace.
pub(crate) const MARK: &str = ".tidemill";

/// What the name of every flow file ends in.
pub(crate) const SUFFIX: &str = ".flow.yaml";

/// Which flow a person means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowChoice {
    /// The flow of a file, as it was typed.
    File(PathBuf),
    /// The flow of a name, in the workspace.
    Name(FlowName),
}

impl FlowChoice {
    /// Reads what was typed: a file if it has a path separator or ends in `.yaml`, else a name.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.contains(std::path::is_separator) || text.ends_with(".yaml") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        Self::named(text)
    }

    /// As it was typed.
    pub fn text(&self) -> String {
        match self {
            Self::File(file) => file.to_string_lossy().into_owned(),
            Self::Name(name) => name.to_string(),
        }
    }

    /// The flow of a name, whatever it looks like.
    ///
    /// # Errors
    /// Where it is no name.
    pub fn named(text: &str) -> Result<Self, Error> {
        FlowName::new(text)
            .map(Self::Name)
            .map_err(|cause| Error::FlowName {
                text: text.to_owned(),
                cause,
            })
    }
}

/// The workspace of a flow file: the named one, else the nearest folder upwards
/// that holds `.tidemill/`, else the file's own. `file` is absolute.
pub(crate) fn of_file(surroundings: &Surroundings, file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(file);
    match &surroundings.workspace {
        Some(workspace) => workspace.clone(),
        None => marked(folder).unwrap_or_else(|| folder.to_owned()),
    }
}

/// The workspace in which a name is looked up: the named one, else the nearest
/// folder upwards from the current one that holds `.tidemill/`, else the current
/// folder if it holds flow files. `None`: only the home may know.
pub(crate) fn of_directory(surroundings: &Surroundings) -> Option<PathBuf> {
    if let Some(workspace) = &surroundings.workspace {
        return Some(workspace.clone());
    }
    let directory = &surroundings.directory;
    marked(directory).or_else(|| holds_flows(directory).then(|| directory.clone()))
}

/// The nearest folder upwards that holds `.tidemill/`.
fn marked(folder: &Path) -> Option<PathBuf> {
    let mut folders = folder.ancestors();
    folders
        .find(|folder| folder.join(MARK).is_dir())
        .map(Path::to_owned)
}

/// Whether flow files lie in the folder itself. A folder that cannot be read holds none.
fn holds_flows(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| is_flow_file(&entry.path()))
}

/// Whether a path is called as flow files are.
pub(crate) fn is_flow_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.ends_with(SUFFIX) && !name.starts_with('.'))
}

/// Every flow file of a workspace, in order of path; dot-folders, homes and what git
/// ignores are left out.
///
/// # Errors
/// Where the folder cannot be read. A folder in it that cannot be is passed over.
pub(crate) fn flow_files(workspace: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(look_through(workspace)?.files)
}

/// What of a workspace is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LookedAt {
    /// Its flow files, in order of path.
    pub(crate) files: Vec<PathBuf>,
    /// The folders that may hold some, itself too.
    pub(crate) folders: Vec<PathBuf>,
}

/// Looks through a workspace, as [`flow_files`] does.
///
/// # Errors
/// Where the folder cannot be read.
pub(crate) fn look_through(workspace: &Path) -> Result<LookedAt, Error> {
    std::fs::read_dir(workspace).map_err(|cause| Error::Read {
        path: workspace.to_owned(),
        cause,
    })?;
    let mut found = LookedAt::default();
    let entries = WalkBuilder::new(workspace)
        .ignore(false)
        // A home in a workspace has a folder for each run, and no flows.
        .filter_entry(|entry| entry.depth() == 0 || !Home::new(entry.path()).state().exists())
        .build()
        // What cannot be read holds nothing that could be run either.
        .filter_map(Result::ok);
    for entry in entries {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = entry.into_path();
        if is_folder {
            found.folders.push(path);
        } else if is_flow_file(&path) && path.is_file() {
            found.files.push(path);
        }
    }
    found.files.sort();
    Ok(found)
}

/// The flows of a workspace by name, each with every file that has that name:
/// more than one is a mistake in all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlowIndex {
    files: BTreeMap<FlowName, Vec<PathBuf>>,
    /// Files in which no name can be read: they are known by what they are called.
    nameless: Vec<PathBuf>,
}

impl FlowIndex {
    /// Reads the names of all flow files of a workspace.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub(crate) fn read(workspace: &Path) -> Result<Self, Error> {
        let mut index = Self::default();
        for file in flow_files(workspace)? {
            // Why a file cannot be read is said when it is meant.
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            index.add(file, &text);
        }
        Ok(index)
    }

    /// The names of flow files that were read, in order of path.
    pub(crate) fn of<'f>(files: impl Iterator<Item = (&'f Path, &'f str)>) -> Self {
        let mut index = Self::default();
        for (file, text) in files {
            index.add(file.to_owned(), text);
        }
        index
    }

    fn add(&mut self, file: PathBuf, text: &str) {
        match tidemill_flow::flow_name(text) {
            Some(name) => self.files.entry(name).or_default().push(file),
            None => self.nameless.push(file),
        }
    }

    /// The files of a flow.
    pub(crate) fn files(&self, name: &FlowName) -> &[PathBuf] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }

    /// What is said of a flow's file where other files have its name too.
    pub(crate) fn twins(&self, name: &FlowName, file: &Path, text: &str) -> Vec<Diagnostic> {
        let place = flow_file::name_place(text);
        let others = self.files(name).iter().filter(|other| *other != file);
        others
            .map(|other| Diagnostic {
                severity: Severity::Error,
                place,
                message: format!(
                    "another file has the name `{name}` too: {}",
                    other.display()
                ),
                hint: Some("rename one of them".to_owned()),
            })
            .collect()
    }

    /// The one file of a flow. Where no flow has the name, a broken file that is
    /// called so is meant: whoever reads it says what is wrong with it.
    ///
    /// # Errors
    /// Where there is none, with the nearest name; or more than one.
    pub(crate) fn find(&self, name: &FlowName, workspace: &Path) -> Result<&Path, Error> {
        match self.files(name) {
            [file] => Ok(file),
            [] => self.nameless(name).ok_or_else(|| Error::NoFlow {
                name: name.clone(),
                workspace: workspace.to_owned(),
                near: self.called(name).or_else(|| self.nearest(name.as_str())),
                known: self.files.keys().map(FlowName::to_string).collect(),
            }),
            files => Err(Error::SeveralFlows {
                name: name.clone(),
                files: files.to_vec(),
            }),
        }
    }

    /// The file of which only its own name tells that it is this flow's.
    fn nameless(&self, name: &FlowName) -> Option<&Path> {
        let mut files = self.nameless.iter();
        files
            .find(|file| is_called(file, name))
            .map(PathBuf::as_path)
    }

    /// The flow whose file is called as another flow would be.
    fn called(&self, name: &FlowName) -> Option<String> {
        let mut flows = self.files.iter();
        let called = |files: &[PathBuf]| files.iter().any(|file| is_called(file, name));
        flows
            .find(|(_, files)| called(files))
            .map(|(flow, _)| flow.to_string())
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.files.keys().map(FlowName::as_str))
    }
}

/// Whether a file's own name is the flow's.
pub(crate) fn is_called(file: &Path, name: &FlowName) -> bool {
    let called = file.file_name().and_then(|called| called.to_str());
    called.and_then(|called| called.strip_suffix(SUFFIX)) == Some(name.as_str())
}

/// The known word that was most likely meant.
pub(crate) fn nearest<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let likeness = |known: &'n str| (strsim::jaro_winkler(word, known), known);
    known
        .map(likeness)
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_flow_is_a_file_or_a_name() {
        for (text, file) in [
            ("hello", false),
            ("hello.flow.yaml", true),
            ("./hello", true),
            ("folder/hello", true),
            ("hello.yaml", true),
        ] {
            let choice = FlowChoice::parse(text).unwrap();
            assert_eq!(matches!(choice, FlowChoice::File(_)), file, "{text}");
        }
        for text in ["Hello", "", "a b", "hello.yml"] {
            assert!(FlowChoice::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_workspace_is_the_named_one_or_the_nearest_marked_or_the_file_s_folder() {
        let place = folder(&[
            ("top/.tidemill/x", ""),
            ("top/a/b/f.flow.yaml", ""),
            ("g.flow.yaml", ""),
        ]);
        let root = place.path();
        let around = Surroundings::rooted(root);
        assert_eq!(
            of_file(&around, &root.join("top/a/b/f.flow.yaml")),
            root.join("top")
        );
        assert_eq!(of_file(&around, &root.join("g.flow.yaml")), root);
        let named = Surroundings {
            workspace: Some(root.join("other")),
            ..around
        };
        assert_eq!(
            of_file(&named, &root.join("top/a/b/f.flow.yaml")),
            root.join("other")
        );
    }

    #[test]
    fn a_name_is_looked_up_where_flow_files_lie() {
        let place = folder(&[
            ("top/.tidemill/x", ""),
            ("top/a/n", ""),
            ("flows/g.flow.yaml", ""),
            ("e/n", ""),
        ]);
        let at = |part: &str| of_directory(&Surroundings::rooted(&place.path().join(part)));
        assert_eq!(at("top/a"), Some(place.path().join("top")));
        assert_eq!(at("flows"), Some(place.path().join("flows")));
        assert_eq!(at("e"), None);
    }

    #[test]
    fn dot_folders_and_what_git_ignores_are_left_out() {
        let place = folder(&[
            (".git/HEAD", ""),
            (".gitignore", "build/\n"),
            ("a.flow.yaml", ""),
            ("deep/er/b.flow.yaml", ""),
            ("build/c.flow.yaml", ""),
            (".hidden/d.flow.yaml", ""),
            ("home/state.db", ""),
            ("home/runs/f.flow.yaml", ""),
            ("e.yaml", ""),
        ]);
        let files = flow_files(place.path()).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|file| file.strip_prefix(place.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.flow.yaml", "deep/er/b.flow.yaml"]);
    }

    #[test]
    fn two_files_of_one_name_are_a_mistake() {
        let flow = "name: same\ntasks: { a: { value: 1 } }\n";
        let other = "name: other\ntasks: { a: { value: 1 } }\n";
        let place = folder(&[
            ("a.flow.yaml", flow),
            ("b.flow.yaml", flow),
            ("c.flow.yaml", other),
        ]);
        let index = FlowIndex::read(place.path()).unwrap();
        let find = |name: &str| {
            let name = FlowName::new(name).unwrap();
            index.find(&name, place.path()).map(Path::to_owned)
        };
        assert!(matches!(find("same"), Err(Error::SeveralFlows { files, .. }) if files.len() == 2));
        assert_eq!(find("other").ok(), Some(place.path().join("c.flow.yaml")));
        assert!(
            matches!(find("othr"), Err(Error::NoFlow { near: Some(near), .. }) if near == "other")
        );
    }

    #[test]
    fn a_file_that_is_called_so_is_meant_where_no_flow_is() {
        let place = folder(&[
            ("broken.flow.yaml", "name: broken\ntasks:\n  a: {\n"),
            ("capital.flow.yaml", "name: Capital\n"),
            ("moved.flow.yaml", "name: other\n"),
        ]);
        let index = FlowIndex::read(place.path()).unwrap();
        let find = |name: &str| index.find(&FlowName::new(name).unwrap(), place.path());
        for name in ["broken", "capital"] {
            let file = place.path().join(format!("{name}.flow.yaml"));
            assert_eq!(find(name).unwrap(), file, "{name}");
        }
        assert!(
            matches!(find("moved"), Err(Error::NoFlow { near: Some(near), .. }) if near == "other")
        );
        assert!(matches!(find("zzz"), Err(Error::NoFlow { known, .. }) if known == ["other"]));
    }
}
