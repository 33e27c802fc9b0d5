//! Saved versions and drafts: kept by content, beside what runs keep.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use sample::{at, new_run, run_to};
use tempfile::TempDir;
use tidemill_orchestrate::State;
use tidemill_store::{Draft, Store};

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn save(store: &Store, flow: &str, text: &str, second: i64, kept: usize) {
    let writer = store.writer();
    let bytes = text.as_bytes().to_vec();
    let kept = writer.keep_version("/w".to_owned(), flow.to_owned(), bytes, at(second), kept);
    kept.wait_committed().unwrap();
}

fn texts(store: &Store, flow: &str) -> Vec<String> {
    let reader = store.reader().unwrap();
    let saved = reader.saved_versions("/w", flow).unwrap();
    let text = |version: &str| reader.flow_text(version).unwrap().unwrap().to_string();
    saved.iter().map(|saved| text(&saved.version)).collect()
}

#[test]
fn saved_versions_are_kept_once_and_the_newest_of_them() {
    let (_folder, store) = store();
    for (text, second) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
        save(&store, "f", text, second, 10);
    }
    assert_eq!(texts(&store, "f"), ["c", "a", "b"]);
    let reader = store.reader().unwrap();
    let oldest = reader.saved_versions("/w", "f").unwrap()[2].clone();
    save(&store, "f", "d", 5, 3);
    assert_eq!(texts(&store, "f"), ["d", "c", "a"]);
    assert_eq!(reader.flow_text(&oldest.version).unwrap(), None);
    assert_eq!(reader.saved_versions("/other", "f").unwrap(), []);
    let renamed = store.writer();
    renamed.rename_flow("/w".to_owned(), "f".to_owned(), "g".to_owned());
    renamed.flush().wait_committed().unwrap();
    assert_eq!(texts(&store, "f"), [] as [&str; 0]);
    assert_eq!(texts(&store, "g"), ["d", "c", "a"]);
}

#[test]
fn a_text_stays_as_long_as_a_run_or_a_saved_version_has_it() {
    let (_folder, store) = store();
    let run = new_run(1);
    let (id, text) = (run.id, run.flow_text.clone().unwrap());
    let ended = vec![run_to(None, State::Completed)];
    store
        .writer()
        .begin_run(run, ended)
        .wait_committed()
        .unwrap();
    let reader = store.reader().unwrap();
    let version = reader.run(id).unwrap().unwrap().version.unwrap();
    save(&store, "weather", &text, 1, 10);
    store.writer().remove_run(id).unwrap();
    assert_eq!(texts(&store, "weather"), [text.as_ref()]);
    // A saved version gives way, but a run still has its text.
    let again = new_run(2);
    let id = again.id;
    let ended = vec![run_to(None, State::Completed)];
    store
        .writer()
        .begin_run(again, ended)
        .wait_committed()
        .unwrap();
    save(&store, "weather", "newer", 2, 1);
    assert_eq!(texts(&store, "weather"), ["newer"]);
    assert!(reader.flow_text(&version).unwrap().is_some());
    store.writer().remove_run(id).unwrap();
    assert_eq!(reader.flow_text(&version).unwrap(), None);
}

#[test]
fn a_draft_is_kept_for_its_file() {
    let (_folder, store) = store();
    let draft = |text: &str, base: Option<&str>| Draft {
        workspace: "/w".to_owned(),
        file: "deep/a.flow.yaml".to_owned(),
        text: text.to_owned(),
        base: base.map(str::to_owned),
        kept_at: at(1),
    };
    let writer = store.writer();
    writer.keep_draft(draft("one", None));
    let kept = draft("two\r\n", Some("00ff"));
    writer.keep_draft(kept.clone()).wait_committed().unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(reader.draft("/w", &kept.file).unwrap(), Some(kept.clone()));
    assert_eq!(reader.drafts("/w").unwrap(), std::slice::from_ref(&kept));
    assert_eq!(reader.drafts("/v").unwrap(), []);
    let remove = || writer.remove_draft("/w".to_owned(), kept.file.clone());
    assert!(remove().wait_committed().unwrap());
    assert!(!remove().wait_committed().unwrap());
}
