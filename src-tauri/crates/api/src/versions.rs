//! The versions that a flow's file had when runs of it began or it was saved, and what
//! changed between two of them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use similar::{Algorithm, ChangeTag, TextDiff};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    document::Moment,
    flow_target::{folder, folder_text},
    flows,
    graph_diff::{self, GraphDiff},
};

/// How long a difference is worked on; after that it is right and not the shortest.
const EFFORT: Duration = Duration::from_millis(200);

/// The word for a file as it is now, among versions.
const CURRENT: &str = "current";

/// The versions of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionList {
    /// The versions, the last run or saved one first; the file as it is now before them
    /// where it was neither yet.
    pub versions: Vec<FlowVersion>,
}

/// A version of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowVersion {
    /// SHA-256 of the file's bytes.
    pub version: String,
    /// When its first run was made; null where it had none.
    pub first_run_at: Option<Moment>,
    /// When its newest run was made.
    pub last_run_at: Option<Moment>,
    /// How many runs had it.
    pub runs: u64,
    /// When it was last saved; null where it was not, or that is too long ago.
    pub saved_at: Option<Moment>,
    /// Whether the file is so now.
    pub current: bool,
}

/// The text of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionText {
    /// SHA-256 of its bytes.
    pub version: String,
    /// The text.
    pub text: String,
}

/// What changed between two texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionDiff {
    /// Every line of both, in order.
    pub lines: Vec<DiffLine>,
    /// What changed as a graph; null where one of them cannot be read.
    pub graph: Option<GraphDiff>,
}

/// How a line of two texts differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DiffKind {
    /// It stands in both.
    Same,
    /// It stands in the right one only.
    Added,
    /// It stands in the left one only.
    Removed,
}

/// A line of two texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffLine {
    /// How it differs.
    pub kind: DiffKind,
    /// Its number on the left, from 1.
    pub left: Option<usize>,
    /// Its number on the right, from 1.
    pub right: Option<usize>,
    /// The line, without its end.
    pub text: String,
}

/// The versions of a flow.
///
/// # Errors
/// Where neither a file nor a run is of this flow, or the store cannot be read.
pub fn list(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    flow: &str,
) -> Result<VersionList, Error> {
    let reader = home.reader()?;
    let ran = reader.flow_versions(flow)?;
    let file = flows::file(surroundings, home, catalog, flow);
    let workspace = match &file {
        Ok(file) => file.workspace.clone(),
        Err(_) => folder(surroundings, home)?,
    };
    let saved = reader.saved_versions(&folder_text(&workspace), flow)?;
    let current = match file {
        Err(error) if ran.is_empty() && saved.is_empty() => return Err(error),
        file => file.ok().map(|file| file.version.clone()),
    };
    let mut versions: Vec<FlowVersion> = ran
        .into_iter()
        .map(|known| FlowVersion {
            first_run_at: Some(Moment(known.first_run_at)),
            last_run_at: Some(Moment(known.last_run_at)),
            runs: known.runs,
            ..FlowVersion::new(known.version)
        })
        .collect();
    for saved in saved {
        note(&mut versions, saved.version, |version| {
            version.saved_at = Some(Moment(saved.saved_at));
        });
    }
    if let Some(current) = current {
        note(&mut versions, current, |version| version.current = true);
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.last()));
    Ok(VersionList { versions })
}

/// Notes something of a version, which is added where it is not there.
fn note(versions: &mut Vec<FlowVersion>, version: String, note: impl FnOnce(&mut FlowVersion)) {
    if let Some(known) = versions.iter_mut().find(|known| known.version == version) {
        return note(known);
    }
    let mut new = FlowVersion::new(version);
    note(&mut new);
    versions.push(new);
}

impl FlowVersion {
    fn new(version: String) -> Self {
        Self {
            version,
            first_run_at: None,
            last_run_at: None,
            runs: 0,
            saved_at: None,
            current: false,
        }
    }

    /// When it was last run or saved; the newest of all where it was neither yet.
    fn last(&self) -> Moment {
        let last = self.last_run_at.max(self.saved_at);
        last.unwrap_or(Moment(Timestamp::MAX))
    }
}

/// The text of a version of a flow: `current` is the file as it is now.
///
/// # Errors
/// Where there is no such version, or the store cannot be read.
pub fn text(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    flow: &str,
    version: &str,
) -> Result<VersionText, Error> {
    let file = flows::file(surroundings, home, catalog, flow);
    let file = file
        .ok()
        .filter(|file| version == CURRENT || file.version == version);
    if let Some(file) = file {
        return Ok(VersionText {
            version: file.version.clone(),
            text: file.text.as_ref().to_owned(),
        });
    }
    let text = home.reader()?.flow_text(version)?;
    let text = text.ok_or_else(|| Error::Nothing {
        noun: "version",
        name: format!("{version} of {flow}"),
    })?;
    Ok(VersionText {
        version: version.to_owned(),
        text: text.as_ref().to_owned(),
    })
}

/// What changed from one version of a flow to another.
///
/// # Errors
/// Where one of them is not there, or the store cannot be read.
pub fn diff(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    flow: &str,
    (left, right): (&str, &str),
) -> Result<VersionDiff, Error> {
    let text = |version: &str| text(surroundings, home, catalog, flow, version);
    let (left, right) = (text(left)?.text, text(right)?.text);
    Ok(VersionDiff {
        lines: lines(&left, &right),
        graph: graph_diff::between(&left, &right),
    })
}

/// Every line of two texts, and in which it stands.
pub(crate) fn lines(left: &str, right: &str) -> Vec<DiffLine> {
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .timeout(EFFORT)
        .diff_lines(left, right);
    diff.iter_all_changes()
        .map(|change| DiffLine {
            kind: match change.tag() {
                ChangeTag::Equal => DiffKind::Same,
                ChangeTag::Insert => DiffKind::Added,
                ChangeTag::Delete => DiffKind::Removed,
            },
            left: change.old_index().map(|place| place + 1),
            right: change.new_index().map(|place| place + 1),
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_on_both_sides() {
        let told: Vec<_> = lines("a\nb\nc\n", "a\nc\r\nd")
            .into_iter()
            .map(|line| (line.kind, line.left, line.right, line.text))
            .collect();
        let line = |kind, left, right, text: &str| (kind, left, right, text.to_owned());
        assert_eq!(told[0], line(DiffKind::Same, Some(1), Some(1), "a"));
        assert!(told.contains(&line(DiffKind::Removed, Some(2), None, "b")));
        assert!(told.contains(&line(DiffKind::Added, None, Some(3), "d")));
    }

    #[test]
    fn the_file_as_it_is_now_is_a_version_too() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        let catalog = FlowCatalog::default();
        let flow = "name: a\ntasks: { t: { value: 1 } }\n";
        std::fs::write(folder.path().join("a.flow.yaml"), flow).unwrap();
        let versions = list(&surroundings, &home, &catalog, "a").unwrap().versions;
        assert_eq!((versions.len(), versions[0].runs), (1, 0));
        assert!(versions[0].current);
        let version = versions[0].version.as_str();
        let shown = diff(&surroundings, &home, &catalog, "a", (version, CURRENT)).unwrap();
        assert!(shown.lines.iter().all(|line| line.kind == DiffKind::Same));
        let missing = diff(&surroundings, &home, &catalog, "a", (version, "00"));
        assert!(matches!(missing, Err(Error::Nothing { .. })));
    }
}
