//! Where a flow's tasks stand on the canvas, and the notes beside them: in a file of
//! the workspace's own folder, so that moving a node is no change of the flow.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;
use tidemill_flow::FlowName;
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings, disk_file,
    flow_target::flow_name,
    flows,
    inside::Inside,
    save::{unwritten, write_new},
    schemas::AnyJson,
    workspace::MARK,
};

/// The folder of the layouts, in that of the mark.
pub(crate) const FOLDER: &str = "layout";

/// The format's version.
const VERSION: u32 = 1;

/// The largest file that is read.
const LARGEST: u64 = 4 << 20;

/// How many positions, folded groups, opened flows or notes there may be.
const MOST: usize = 10_000;

/// How far from the middle anything may stand, and how large a note may be.
const FARTHEST: f64 = 1e6;

/// The longest text of a note, and the longest name, in bytes.
const LONGEST_NOTE: usize = 64 << 10;
const LONGEST_NAME: usize = 4 << 10;

/// Where a flow's tasks stand on the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Layout {
    /// The format's version: 1.
    pub version: u32,
    /// Where tasks stand, by path (`group/inner`); the others lay themselves out.
    #[serde(default)]
    pub positions: BTreeMap<String, Position>,
    /// The groups that are folded, by path.
    #[serde(default)]
    pub folded: Vec<String>,
    /// The tasks within which the flow that they call is shown, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<String>,
    /// Notes on the canvas.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// What a newer version wrote: it stays.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, AnyJson>)]
    pub other: BTreeMap<String, Json>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            version: VERSION,
            positions: BTreeMap::new(),
            folded: Vec::new(),
            opened: Vec::new(),
            notes: Vec::new(),
            other: BTreeMap::new(),
        }
    }
}

/// Where something stands on the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// To the right.
    #[serde(serialize_with = "short")]
    pub x: f64,
    /// Down.
    #[serde(serialize_with = "short")]
    pub y: f64,
    /// What a newer version wrote: it stays.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, AnyJson>)]
    pub other: BTreeMap<String, Json>,
}

/// A note on the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// What it is known by, unique among them.
    pub id: String,
    /// To the right.
    #[serde(serialize_with = "short")]
    pub x: f64,
    /// Down.
    #[serde(serialize_with = "short")]
    pub y: f64,
    /// How wide it is.
    #[serde(serialize_with = "short")]
    pub width: f64,
    /// How high it is.
    #[serde(serialize_with = "short")]
    pub height: f64,
    /// What it says, Markdown.
    pub text: String,
    /// What a newer version wrote: it stays.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, AnyJson>)]
    pub other: BTreeMap<String, Json>,
}

/// A number as people write it: to the hundredth, and whole where it is.
fn short<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let rounded = (number * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
        return serializer.serialize_i64(rounded as i64);
    }
    serializer.serialize_f64(rounded)
}

/// A flow's layout, as its file has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FlowLayout {
    /// Its file, which may not be there.
    pub file: String,
    /// SHA-256 of the file's bytes; null where there is none.
    pub hash: Option<String>,
    /// The layout; an empty one where there is none that can be read.
    pub layout: Layout,
    /// Why the file cannot be read, or where it was put aside.
    pub warning: Option<String>,
}

/// A flow's layout.
///
/// # Errors
/// Where there is no such flow, or its file does not lie inside the workspace.
pub fn show(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
) -> Result<FlowLayout, Error> {
    let file = flows::file(surroundings, home, catalog, name)?;
    let place = place(&file.workspace, &flow_name(name)?)?;
    let (bytes, layout) = read(&place)?;
    let hash = bytes.as_deref().map(tidemill_flow::version_of_bytes);
    let (layout, warning) = match layout {
        Ok(layout) => (layout, None),
        Err(why) => (Layout::default(), Some(why)),
    };
    Ok(answer(&place, hash, layout, warning))
}

/// Writes a flow's layout. What it does not say of the file's members that are not
/// known here stays; a file that cannot be read is put aside.
///
/// # Errors
/// Where there is no such flow, the layout does not fit, or the file cannot be written.
pub fn put(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    mut layout: Layout,
) -> Result<FlowLayout, Error> {
    let mistakes = mistakes(&layout);
    if !mistakes.is_empty() {
        return Err(Error::Layout(mistakes));
    }
    let file = flows::file(surroundings, home, catalog, name)?;
    let place = place(&file.workspace, &flow_name(name)?)?;
    let (bytes, known) = read(&place)?;
    let mut warning = None;
    let is_there = match (&bytes, known) {
        (None, _) => false,
        (Some(_), Ok(known)) => {
            for (key, value) in known.other {
                layout.other.entry(key).or_insert(value);
            }
            true
        }
        (Some(_), Err(why)) => {
            let aside = put_aside(&place)?;
            warning = Some(format!("{why}; it was put aside as {}", aside.display()));
            false
        }
    };
    let text = text(&layout);
    if bytes.as_deref() != Some(text.as_bytes()) {
        match is_there {
            true => disk_file::replace(&place.real, text.as_bytes())
                .map_err(|cause| unwritten(&place.path, cause))?,
            false => write_new(&place, text.as_bytes())?,
        }
    }
    let hash = Some(tidemill_flow::version(&text));
    Ok(answer(&place, hash, layout, warning))
}

fn answer(
    place: &Inside,
    hash: Option<String>,
    layout: Layout,
    warning: Option<String>,
) -> FlowLayout {
    FlowLayout {
        file: place.path.to_string_lossy().into_owned(),
        hash,
        layout,
        warning,
    }
}

/// The file of a flow's layout.
pub(crate) fn place(workspace: &Path, flow: &FlowName) -> Result<Inside, Error> {
    let file = Path::new(MARK).join(FOLDER).join(format!("{flow}.json"));
    Inside::of(workspace, &file)
}

/// Gives a flow's layout to its new name.
///
/// # Errors
/// Where it cannot be moved.
pub(crate) fn follow(workspace: &Path, from: &str, to: &str) -> Result<(), Error> {
    // A flow that is known by what its file is called may have none.
    let (Ok(from), Ok(to)) = (FlowName::new(from), FlowName::new(to)) else {
        return Ok(());
    };
    let (from, to) = (place(workspace, &from)?, place(workspace, &to)?);
    if !from.real.is_file() {
        return Ok(());
    }
    if to.real.is_file() {
        put_aside(&to)?;
    }
    disk_file::rename(&from.real, &to.real).map_err(|cause| unwritten(&to.path, cause))
}

/// Puts a file aside, so that nothing in it is lost: where it is then.
fn put_aside(place: &Inside) -> Result<PathBuf, Error> {
    let aside = aside(place)?;
    disk_file::rename(&place.real, &aside).map_err(|cause| unwritten(&aside, cause))?;
    Ok(aside)
}

/// Where a file can be put aside.
///
/// # Errors
/// Where too many were already.
pub(crate) fn aside(place: &Inside) -> Result<PathBuf, Error> {
    let paths = (1..1_000).map(|number| {
        let mut path = place.real.clone().into_os_string();
        path.push(match number {
            1 => ".broken".to_owned(),
            more => format!(".broken-{more}"),
        });
        PathBuf::from(path)
    });
    let mut free = paths.filter(|path| fs::symlink_metadata(path).is_err());
    free.next().ok_or_else(|| Error::Exists(place.path.clone()))
}

/// The file's bytes, and its layout, or why it has none: for a person.
type ReadLayout = (Option<Vec<u8>>, Result<Layout, String>);

fn read(place: &Inside) -> Result<ReadLayout, Error> {
    let unread = |cause| Error::Read {
        path: place.path.clone(),
        cause,
    };
    let size = match fs::metadata(&place.real) {
        Ok(metadata) => metadata.len(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Ok((None, Ok(Layout::default())));
        }
        Err(cause) => return Err(unread(cause)),
    };
    let path = place.path.display();
    if size > LARGEST {
        let why = format!("{path}: it is larger than {} MiB", LARGEST >> 20);
        return Ok((Some(Vec::new()), Err(why)));
    }
    let bytes = fs::read(&place.real).map_err(unread)?;
    let layout = parse(&bytes).map_err(|why| format!("{path}: {why}"));
    Ok((Some(bytes), layout))
}

fn parse(bytes: &[u8]) -> Result<Layout, String> {
    let layout: Layout = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match mistakes(&layout) {
        mistakes if mistakes.is_empty() => Ok(layout),
        mistakes => Err(mistakes.join("; ")),
    }
}

/// Everything that may not be so.
fn mistakes(layout: &Layout) -> Vec<String> {
    let mut mistakes = Vec::new();
    if layout.version != VERSION {
        mistakes.push(format!(
            "`version` is {}, and this Tidemill knows {VERSION}",
            layout.version
        ));
    }
    for (noun, count) in [
        ("positions", layout.positions.len()),
        ("folded", layout.folded.len()),
        ("opened", layout.opened.len()),
        ("notes", layout.notes.len()),
    ] {
        if count > MOST {
            mistakes.push(format!(
                "`{noun}` has {count} entries, and at most {MOST} may be"
            ));
        }
    }
    let names = layout.positions.keys().chain(&layout.folded);
    let names = names.chain(&layout.opened);
    if names
        .clone()
        .any(|name| name.is_empty() || name.len() > LONGEST_NAME)
    {
        mistakes.push("a task's path is empty or too long".to_owned());
    }
    let is_far = |number: f64| !number.is_finite() || number.abs() > FARTHEST;
    for (path, position) in &layout.positions {
        if is_far(position.x) || is_far(position.y) {
            mistakes.push(format!("`{path}` stands too far away"));
        }
    }
    let mut ids = HashSet::new();
    for note in &layout.notes {
        note_mistakes(note, &mut mistakes);
        if !ids.insert(note.id.as_str()) {
            mistakes.push(format!("two notes are called `{}`", note.id));
        }
    }
    mistakes.truncate(20);
    mistakes
}

fn note_mistakes(note: &Note, mistakes: &mut Vec<String>) {
    let fits = |number: f64| number.is_finite() && number.abs() <= FARTHEST;
    let is_size = |number: f64| fits(number) && number > 0.0;
    if note.id.is_empty() || note.id.len() > LONGEST_NAME {
        mistakes.push("a note's `id` is empty or too long".to_owned());
    }
    if !fits(note.x) || !fits(note.y) || !is_size(note.width) || !is_size(note.height) {
        mistakes.push(format!("note `{}` has no place or size that fits", note.id));
    }
    if note.text.len() > LONGEST_NOTE {
        let most = LONGEST_NOTE >> 10;
        mistakes.push(format!("note `{}` is longer than {most} KiB", note.id));
    }
}

/// As a file holds it: what moves is one line for whoever compares.
fn text(layout: &Layout) -> String {
    // A document of texts and numbers always is JSON.
    let mut text = serde_json::to_string_pretty(layout).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn opened() -> (tempfile::TempDir, Surroundings, OpenHome, FlowCatalog) {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        let flow = "name: a\ntasks: { t: { value: 1 } }\n";
        fs::write(folder.path().join("a.flow.yaml"), flow).unwrap();
        (folder, surroundings, home, FlowCatalog::default())
    }

    fn layout(document: Json) -> Layout {
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_layout_is_written_and_what_is_not_known_stays() {
        let (folder, around, home, catalog) = opened();
        let shown = show(&around, &home, &catalog, "a").unwrap();
        assert_eq!((shown.hash, shown.warning), (None, None));
        let put = |document: Json| put(&around, &home, &catalog, "a", layout(document)).unwrap();
        put(
            json!({"version": 1, "zoom": 2, "positions": {"t": {"x": 1.006, "y": -2.0, "lane": 3}}}),
        );
        let second =
            put(json!({"version": 1, "positions": {"t": {"x": 1, "y": 2}}, "folded": ["g"]}));
        let file = folder.path().join(".tidemill/layout/a.json");
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(second.hash, Some(tidemill_flow::version(&text)));
        let kept: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(
            kept,
            json!({"version": 1, "positions": {"t": {"x": 1, "y": 2}}, "folded": ["g"], "notes": [], "zoom": 2})
        );
        assert_eq!(show(&around, &home, &catalog, "a").unwrap(), second);
        let opened = put(json!({"version": 1, "opened": ["t", "t//in"]}));
        assert_eq!(opened.layout.opened, ["t", "t//in"]);
        assert_eq!(show(&around, &home, &catalog, "a").unwrap(), opened);
        assert!(!text.contains("1.0"), "{text}");
    }

    #[test]
    fn a_broken_file_is_put_aside_and_never_lost() {
        let (folder, around, home, catalog) = opened();
        let file = folder.path().join(".tidemill/layout/a.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        for (number, broken) in ["{", "{\"version\": 2}"].into_iter().enumerate() {
            fs::write(&file, broken).unwrap();
            let shown = show(&around, &home, &catalog, "a").unwrap();
            assert!(shown.warning.unwrap().contains("a.json"), "{broken}");
            assert_eq!(shown.layout, Layout::default());
            assert_eq!(fs::read_to_string(&file).unwrap(), broken);
            let put = put(&around, &home, &catalog, "a", Layout::default()).unwrap();
            assert!(put.warning.unwrap().contains("put aside"));
            let aside = ["a.json.broken", "a.json.broken-2"][number];
            let aside = file.with_file_name(aside);
            assert_eq!(fs::read_to_string(aside).unwrap(), broken);
            let now = show(&around, &home, &catalog, "a").unwrap();
            assert_eq!(now.warning, None);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_named() {
        let note = |id: &str, width: f64| json!({"id": id, "x": 0, "y": 0, "width": width, "height": 1, "text": ""});
        for (document, said) in [
            (json!({"version": 3}), "`version` is 3"),
            (
                json!({"version": 1, "positions": {"t": {"x": 1e9, "y": 0}}}),
                "`t` stands",
            ),
            (json!({"version": 1, "folded": [""]}), "path is empty"),
            (json!({"version": 1, "opened": [""]}), "path is empty"),
            (
                json!({"version": 1, "notes": [note("n", -1.0)]}),
                "note `n`",
            ),
            (
                json!({"version": 1, "notes": [note("n", 1.0), note("n", 1.0)]}),
                "two notes",
            ),
        ] {
            let mistakes = mistakes(&layout(document)).join("; ");
            assert!(mistakes.contains(said), "{mistakes}");
        }
    }
}
