//! Secrets: sealed, private, and told apart when they do not open.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

use std::fs;

use tempfile::TempDir;
use tidemill_store::{SecretsFault, Store, StoreError};

fn fault(error: &StoreError) -> SecretsFault {
    match error {
        StoreError::Secrets { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn secrets_are_kept_sealed_and_private() {
    let folder = TempDir::new().unwrap();
    let secrets = Store::open(folder.path()).unwrap().secrets();
    assert!(secrets.names().unwrap().is_empty());
    assert_eq!(secrets.get("TOKEN").unwrap(), None);
    let value = "quotes \" ' and\nlines and 🔑";
    secrets.set("TOKEN", value).unwrap();
    secrets.set("OTHER", "12345").unwrap();
    secrets.set("TOKEN", &format!("{value}!")).unwrap();
    let again = Store::open(folder.path()).unwrap().secrets();
    assert_eq!(again.names().unwrap(), ["OTHER", "TOKEN"]);
    assert_eq!(again.get("TOKEN").unwrap(), Some(format!("{value}!")));
    assert!(again.remove("OTHER").unwrap());
    assert!(!again.remove("OTHER").unwrap());
    assert_eq!(again.all().unwrap().len(), 1);
    for name in ["secrets", "secrets.key"] {
        let path = folder.path().join(name);
        let bytes = fs::read(&path).unwrap();
        assert!(
            !bytes.windows(6).any(|window| window == b"quotes"),
            "{name}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn short_values_are_refused() {
    let folder = TempDir::new().unwrap();
    let secrets = Store::open(folder.path()).unwrap().secrets();
    for short in ["", "abc", "äöü"] {
        let error = secrets.set("A", short).unwrap_err();
        assert_eq!(fault(&error), SecretsFault::TooShort);
    }
    assert!(!folder.path().join("secrets").exists());
}

#[test]
fn what_does_not_open_is_told_and_left() {
    let folder = TempDir::new().unwrap();
    let secrets = Store::open(folder.path()).unwrap().secrets();
    secrets.set("A", "value").unwrap();
    let (sealed, key) = (
        folder.path().join("secrets"),
        folder.path().join("secrets.key"),
    );
    let (good, good_key) = (fs::read(&sealed).unwrap(), fs::read(&key).unwrap());
    let check = |expected: SecretsFault| {
        for error in [
            secrets.get("A").unwrap_err(),
            secrets.set("B", "value").unwrap_err(),
        ] {
            assert_eq!(fault(&error), expected, "{error}");
        }
    };
    let mut spoiled = good.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    for bytes in [spoiled.as_slice(), &good[..good.len() / 2], b"", b"plain"] {
        fs::write(&sealed, bytes).unwrap();
        check(SecretsFault::Sealed);
        assert_eq!(fs::read(&sealed).unwrap(), bytes);
    }
    fs::write(&sealed, &good).unwrap();
    fs::write(&key, "ab".repeat(32)).unwrap();
    check(SecretsFault::Sealed);
    fs::write(&key, "no key").unwrap();
    check(SecretsFault::KeyMalformed);
    fs::remove_file(&key).unwrap();
    check(SecretsFault::KeyMissing);
    fs::write(&key, good_key).unwrap();
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
}

#[test]
fn writers_do_not_lose_each_other_s() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let secrets = store.secrets();
            scope.spawn(move || secrets.set(&format!("S{n}"), "value").unwrap());
        }
    });
    assert_eq!(store.secrets().names().unwrap().len(), 8);
}
