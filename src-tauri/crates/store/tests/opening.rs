//! Opening homes: new, old, newer, broken.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::{fs, path::Path};

use rusqlite::Connection;
use sample::*;
use tempfile::TempDir;
use tidemill_orchestrate::State;
use tidemill_store::{Store, StoreError};

/// A home with one run in it, and nothing left in the log.
fn filled() -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let first = vec![run_to(None, State::Pending)];
    store.writer().begin_run(new_run(1), first);
    drop(store);
    let connection = Connection::open(folder.path().join("state.db")).unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    folder
}

fn change(home: &Path, sql: &str) {
    let connection = Connection::open(home.join("state.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn files(home: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        // SQLite's own index of the log, and our locks, hold nothing.
        .filter(|(name, _)| !name.ends_with("-shm") && !name.ends_with(".lock"))
        .filter(|(name, content)| !name.ends_with("-wal") || !content.is_empty())
        .collect();
    files.sort();
    files
}

/// Opening is refused with these words, and changes nothing.
fn refused(home: &Path, words: &[&str]) -> StoreError {
    let before = files(home);
    let error = Store::open(home).unwrap_err();
    assert_eq!(files(home), before, "something was changed");
    let message = error.to_string();
    for word in words.iter().chain(&["state.db"]) {
        assert!(message.contains(word), "{message}");
    }
    error
}

#[test]
fn a_home_is_made_private_and_opened_again() {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("deep/home with 'quotes' and 🏡");
    let device = Store::open(&home).unwrap().reader().unwrap().device();
    let again = Store::open(&home).unwrap().reader().unwrap().device();
    assert_eq!(device.unwrap(), again.unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&home).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn a_newer_store_is_refused() {
    let folder = filled();
    change(folder.path(), "PRAGMA user_version = 99");
    let error = refused(folder.path(), &["newer", "99", "update Tidemill"]);
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
}

#[test]
fn what_is_no_store_is_refused() {
    type Case = (&'static str, fn(&Path));
    let cases: [Case; 5] = [
        ("empty", |path| fs::write(path, "").unwrap()),
        ("not a database", |path| {
            fs::write(path, "hello ".repeat(10_000)).unwrap();
        }),
        ("not a database", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[..100].fill(0xff);
            fs::write(path, bytes).unwrap();
        }),
        ("not a readable store", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..50]).unwrap();
        }),
        ("another program", |path| {
            fs::remove_file(path).unwrap();
            let other = Connection::open(path).unwrap();
            other.execute_batch("CREATE TABLE notes (text)").unwrap();
        }),
    ];
    for (words, spoil) in cases {
        let folder = filled();
        spoil(&folder.path().join("state.db"));
        let error = refused(folder.path(), &[words, "backups", "move it away"]);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
}

#[test]
fn a_log_without_its_database_is_refused() {
    let folder = filled();
    fs::remove_file(folder.path().join("state.db")).unwrap();
    fs::write(folder.path().join("state.db-wal"), "something").unwrap();
    refused(folder.path(), &["missing", "backups"]);
}

#[test]
fn damage_inside_is_told_when_it_is_met() {
    let folder = filled();
    let path = folder.path().join("state.db");
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[4096..length].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let error = Store::open(folder.path())
        .and_then(|store| store.reader()?.find_run("last"))
        .unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_half_made_store_is_made_anew() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("state.new"), "half").unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.reader().unwrap().unfinished().unwrap().is_empty());
    assert!(!folder.path().join("state.new").exists());
}

#[test]
fn a_reader_cannot_write_and_sees_what_is_committed() {
    let folder = filled();
    let store = Store::open(folder.path()).unwrap();
    let reader = store.reader().unwrap();
    let other = Store::open(folder.path()).unwrap();
    let first = vec![run_to(None, State::Pending)];
    let receipt = other.writer().begin_run(new_run(2), first);
    receipt.wait_committed().unwrap();
    assert_eq!(reader.unfinished().unwrap().len(), 2);
}
