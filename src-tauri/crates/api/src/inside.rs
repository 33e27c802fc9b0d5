//! Paths inside a workspace: what is read or written for the studio stays there,
//! whatever is asked for and wherever links lead.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::{
    Error,
    surroundings::plain,
    workspace::{self, SUFFIX},
};

/// A file of a workspace, there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    /// The workspace's folder.
    pub(crate) workspace: PathBuf,
    /// The file, as people know it.
    pub(crate) path: PathBuf,
    /// Where it lies once every link is followed.
    pub(crate) real: PathBuf,
    /// It from the workspace on, with `/`.
    pub(crate) relative: String,
}

impl Inside {
    /// A file of a workspace: relative to it, or absolute.
    ///
    /// # Errors
    /// Where it is not inside, also by way of a link, or cannot be followed.
    pub(crate) fn of(workspace: &Path, file: &Path) -> Result<Self, Error> {
        let outside = || Error::Outside {
            path: file.to_owned(),
            workspace: workspace.to_owned(),
        };
        let path = plain(&workspace.join(file));
        let below = path.strip_prefix(workspace).map_err(|_| outside())?;
        let relative = relative(below).ok_or_else(outside)?;
        let unread = |path: &Path| {
            let path = path.to_owned();
            move |cause| Error::Read { path, cause }
        };
        let root = workspace.canonicalize().map_err(unread(workspace))?;
        let real = followed(&path).map_err(unread(&path))?;
        if !real.starts_with(&root) || real == root {
            return Err(outside());
        }
        Ok(Self {
            workspace: workspace.to_owned(),
            real,
            relative,
            path,
        })
    }

    /// A flow file of a workspace, which may be new.
    ///
    /// # Errors
    /// Where no flow file can be there, or it is not inside.
    pub(crate) fn flow_file(workspace: &Path, file: &Path) -> Result<Self, Error> {
        let inside = Self::of(workspace, file)?;
        let refused = |message| Error::FlowPath {
            path: file.to_owned(),
            message,
        };
        if inside.relative.split('/').any(|part| part.starts_with('.')) {
            return Err(refused("names with a dot in front are passed over"));
        }
        let has_odd = |text: &str| {
            let is_odd =
                |character: char| character.is_control() || r#"\:*?"<>|"#.contains(character);
            text.chars().any(is_odd)
        };
        if has_odd(&inside.relative) {
            return Err(refused("not every system has files of this name"));
        }
        match inside.relative.ends_with(SUFFIX) && workspace::is_flow_file(&inside.path) {
            true => Ok(inside),
            false => Err(refused("its name does not end so")),
        }
    }

    /// The workspace's path, as the store has it.
    pub(crate) fn workspace_text(&self) -> String {
        self.workspace.to_string_lossy().into_owned()
    }
}

/// The parts of a path below a workspace, with `/`; `None` where it leads upwards, or
/// is the workspace itself.
fn relative(below: &Path) -> Option<String> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().map(str::to_owned),
        _ => None,
    };
    let parts: Vec<String> = below.components().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// A path with every link followed; its last parts may not be there.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return path.canonicalize();
    };
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(followed(folder)?.join(name)),
        // A link to nowhere is refused here.
        Ok(_) => path.canonicalize(),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        fs::create_dir_all(root.join("deep")).unwrap();
        let inside = Inside::of(&root, Path::new("deep/./new/a.flow.yaml")).unwrap();
        assert_eq!(inside.relative, "deep/new/a.flow.yaml");
        assert_eq!(inside.path, root.join("deep/new/a.flow.yaml"));
        let absolute = root.join("deep/../b.flow.yaml");
        assert_eq!(
            Inside::of(&root, &absolute).unwrap().relative,
            "b.flow.yaml"
        );
        for out in ["../a", "deep/../../a", "/etc/passwd", "", "."] {
            let refused = Inside::of(&root, Path::new(out));
            assert!(matches!(refused, Err(Error::Outside { .. })), "{out}");
        }
        for no in [
            "a.yaml",
            ".flow.yaml",
            ".git/a.flow.yaml",
            "a/.b/c.flow.yaml",
            "a:b.flow.yaml",
            "a\nb.flow.yaml",
        ] {
            let refused = Inside::flow_file(&root, Path::new(no));
            assert!(matches!(refused, Err(Error::FlowPath { .. })), "{no}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        fs::create_dir_all(root.join("deep")).unwrap();
        fs::write(folder.path().join("out.flow.yaml"), "").unwrap();
        fs::write(root.join("deep/in.flow.yaml"), "").unwrap();
        symlink("../out.flow.yaml", root.join("out.flow.yaml")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("nowhere", root.join("broken.flow.yaml")).unwrap();
        symlink("deep/in.flow.yaml", root.join("in.flow.yaml")).unwrap();
        for out in ["out.flow.yaml", "up/new.flow.yaml", "up/x/new.flow.yaml"] {
            let refused = Inside::of(&root, Path::new(out));
            assert!(matches!(refused, Err(Error::Outside { .. })), "{out}");
        }
        let broken = Inside::of(&root, Path::new("broken.flow.yaml"));
        assert!(matches!(broken, Err(Error::Read { .. })));
        let inside = Inside::of(&root, Path::new("in.flow.yaml")).unwrap();
        assert!(inside.real.ends_with("deep/in.flow.yaml"));
        assert_eq!(inside.relative, "in.flow.yaml");
    }
}
