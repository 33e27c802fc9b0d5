//! The key's two places, with a keychain in memory: moving there and back, and every
//! way in which a keychain lets one down.

use std::{collections::BTreeMap, path::Path, sync::Mutex};

use super::*;

/// How a keychain behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mood {
    Willing,
    Forgetful,
    Asking,
    Failing(KeychainFault),
}

/// A keychain of a test's own.
#[derive(Debug)]
struct MemoryKeychain {
    mood: Mutex<Mood>,
    entries: Mutex<BTreeMap<String, String>>,
    calls: Mutex<u32>,
}

impl MemoryKeychain {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: Mutex::new(Mood::Willing),
            entries: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn calls(&self) -> u32 {
        *self.calls.lock().unwrap()
    }

    /// Counts a call, and says how to answer it.
    fn answer(&self) -> Mood {
        *self.calls.lock().unwrap() += 1;
        self.mood.lock().unwrap().clone()
    }
}

impl Keychain for MemoryKeychain {
    fn read(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        match self.answer() {
            Mood::Failing(cause) => Err(cause),
            _ => Ok(self.entries.lock().unwrap().get(entry).cloned()),
        }
    }

    fn read_quietly(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        let asks = *self.mood.lock().unwrap() == Mood::Asking;
        match asks {
            true => Err(KeychainFault::Locked("shut".to_owned())),
            false => self.read(entry),
        }
    }

    fn write(&self, entry: &str, text: &str) -> Result<(), KeychainFault> {
        match self.answer() {
            Mood::Failing(cause) => Err(cause),
            Mood::Forgetful => Ok(()),
            Mood::Willing | Mood::Asking => {
                let mut entries = self.entries.lock().unwrap();
                entries.insert(entry.to_owned(), text.to_owned());
                Ok(())
            }
        }
    }
}

fn secrets(folder: &Path, keychain: &Arc<MemoryKeychain>) -> Secrets {
    Secrets::with_keychain(&Home::new(folder), Arc::<MemoryKeychain>::clone(keychain))
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .filter(|(name, _)| name != "secrets.lock")
        .collect()
}

fn entry(secrets: &Secrets) -> String {
    match secrets.key_place().unwrap() {
        KeyPlace::Keychain { entry } => entry,
        KeyPlace::File => panic!("the key is in a file"),
    }
}

#[track_caller]
fn keychain_cause(error: &StoreError) -> KeychainFault {
    match error {
        StoreError::Keychain { cause, .. } => cause.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_does_not_ask_reads_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let asking = secrets(folder.path(), &keychain);
    let quiet = asking.clone().without_asking();
    assert!(quiet.all().unwrap().is_empty(), "there is nothing yet");
    asking.set("A", "first value").unwrap();
    asking.move_key_to_keychain().unwrap();
    assert_eq!(quiet.all().unwrap(), asking.all().unwrap());
    keychain.set_mood(Mood::Asking);
    let calls = keychain.calls();
    let refused = keychain_cause(&quiet.all().unwrap_err());
    assert_eq!(refused, KeychainFault::Locked("shut".to_owned()));
    assert_eq!(keychain.calls(), calls, "nobody was asked");
    assert_eq!(asking.all().unwrap().len(), 1);
}

#[test]
fn the_key_moves_there_and_back_and_hashes_stay() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let secrets = secrets(folder.path(), &keychain);
    secrets.set("A", "first value").unwrap();
    let hashing_key = secrets.hashing_key().unwrap();
    let key = fs::read_to_string(folder.path().join("secrets.key")).unwrap();

    secrets.move_key_to_keychain().unwrap();
    assert_eq!(secrets.key_file(), None);
    assert_eq!(
        keychain.entries.lock().unwrap()[&entry(&secrets)],
        key.trim()
    );
    for (name, bytes) in files(folder.path()) {
        let key = key.trim().as_bytes();
        assert!(!bytes.windows(key.len()).any(|part| part == key), "{name}");
    }
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("first value"));
    assert_eq!(secrets.hashing_key().unwrap(), hashing_key);
    secrets.set("B", "second value").unwrap();
    assert!(secrets.remove("A").unwrap());
    assert_eq!(secrets.key_file(), None);

    secrets.move_key_to_file().unwrap();
    assert_eq!(secrets.key_place().unwrap(), KeyPlace::File);
    let calls = keychain.calls();
    assert_eq!(secrets.names().unwrap(), ["B"]);
    assert_eq!(secrets.hashing_key().unwrap(), hashing_key);
    assert_eq!(keychain.calls(), calls, "a file's key asks no keychain");
    assert_eq!(
        fs::read_to_string(folder.path().join("secrets.key")).unwrap(),
        key
    );
}

#[test]
fn a_new_home_s_key_may_begin_in_the_keychain() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let secrets = secrets(folder.path(), &keychain);
    assert_eq!(secrets.hashing_key().unwrap(), [0; 32]);
    secrets.move_key_to_file().unwrap();
    assert!(files(folder.path()).is_empty(), "a file is the default");
    secrets.move_key_to_keychain().unwrap();
    assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), ["secrets"]);
    assert!(secrets.names().unwrap().is_empty());
    secrets.set("A", "value").unwrap();
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
    assert_eq!(secrets.key_file(), None);
}

#[test]
fn a_move_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let secrets = secrets(folder.path(), &keychain);
    secrets.set("A", "value").unwrap();
    let before = files(folder.path());
    for (mood, expected) in [
        (Mood::Forgetful, KeychainFault::NotKept),
        (
            Mood::Failing(KeychainFault::Unreachable("none".to_owned())),
            KeychainFault::Unreachable("none".to_owned()),
        ),
        (
            Mood::Failing(KeychainFault::Locked("shut".to_owned())),
            KeychainFault::Locked("shut".to_owned()),
        ),
    ] {
        keychain.set_mood(mood);
        let error = secrets.move_key_to_keychain().unwrap_err();
        assert_eq!(keychain_cause(&error), expected);
        assert_eq!(files(folder.path()), before);
        assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
    }
    keychain.set_mood(Mood::Willing);
    secrets.move_key_to_keychain().unwrap();
    let before = files(folder.path());
    keychain.set_mood(Mood::Failing(KeychainFault::Locked("shut".to_owned())));
    let error = secrets.move_key_to_file().unwrap_err();
    assert!(matches!(keychain_cause(&error), KeychainFault::Locked(_)));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_move_that_is_cut_short_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let secrets = secrets(folder.path(), &keychain);
    secrets.set("A", "value").unwrap();
    let with_file = files(folder.path());
    secrets.move_key_to_keychain().unwrap();
    // As if the process had ended between the two files, in either direction.
    let key = folder.path().join("secrets.key");
    fs::write(&key, &with_file["secrets.key"]).unwrap();
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
    assert_eq!(secrets.key_file(), Some(key.clone()));
    secrets.move_key_to_keychain().unwrap();
    assert_eq!(secrets.key_file(), None);
    fs::write(&key, &with_file["secrets.key"]).unwrap();
    secrets.move_key_to_file().unwrap();
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
    // Before the sealed file was replaced, the entry is there already.
    secrets.move_key_to_keychain().unwrap();
    assert_eq!(keychain.entries.lock().unwrap().len(), 1);
}

#[test]
fn a_keychain_that_lets_one_down_is_told_with_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let secrets = secrets(folder.path(), &keychain);
    secrets.move_key_to_keychain().unwrap();
    secrets.set("A", "value").unwrap();
    let (entry, before) = (entry(&secrets), files(folder.path()));
    let check = |expected: &KeychainFault| {
        for error in [
            secrets.get("A").unwrap_err(),
            secrets.set("B", "value").unwrap_err(),
            secrets.hashing_key().unwrap_err(),
            secrets.move_key_to_file().unwrap_err(),
            secrets.move_key_to_keychain().unwrap_err(),
        ] {
            assert_eq!(keychain_cause(&error), *expected);
            assert!(error.to_string().contains(&entry), "{error}");
        }
        assert_eq!(files(folder.path()), before);
        assert!(matches!(
            secrets.key_place().unwrap(),
            KeyPlace::Keychain { .. }
        ));
    };
    let absent = KeychainFault::Unreachable("none".to_owned());
    keychain.set_mood(Mood::Failing(absent.clone()));
    check(&absent);
    keychain.set_mood(Mood::Willing);
    let lost = std::mem::take(&mut *keychain.entries.lock().unwrap());
    check(&KeychainFault::Lost);
    keychain.write(&entry, "no key").unwrap();
    check(&KeychainFault::Malformed);
    keychain.write(&entry, &"ab".repeat(32)).unwrap();
    let error = secrets.get("A").unwrap_err();
    assert!(
        matches!(&error, StoreError::Secrets { cause, .. } if *cause == SecretsFault::Sealed),
        "{error}"
    );
    *keychain.entries.lock().unwrap() = lost;
    assert_eq!(secrets.get("A").unwrap().as_deref(), Some("value"));
}

#[test]
fn what_reads_while_the_key_moves_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = MemoryKeychain::new();
    let moving = secrets(folder.path(), &keychain);
    moving.set("A", "value").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let reading = moving.clone();
            scope.spawn(move || {
                for _ in 0..300 {
                    assert_eq!(reading.get("A").unwrap().as_deref(), Some("value"));
                }
            });
        }
        for _ in 0..20 {
            moving.move_key_to_keychain().unwrap();
            moving.move_key_to_file().unwrap();
        }
    });
}

#[test]
fn a_first_line_is_one_of_two() {
    let entry = "0123456789abcdef0123456789abcdef";
    for (line, expected) in [
        ("tidemill secrets 1", Some(KeyPlace::File)),
        (
            "tidemill secrets 2 keychain 0123456789abcdef0123456789abcdef",
            Some(KeyPlace::Keychain {
                entry: entry.to_owned(),
            }),
        ),
        ("tidemill secrets 2 keychain ", None),
        ("tidemill secrets 2 keychain ../../elsewhere", None),
        ("tidemill secrets 3", None),
        ("", None),
    ] {
        let sealed = Sealed::parse(format!("{line}\nrest").into_bytes());
        assert_eq!(sealed.map(|sealed| sealed.place), expected, "{line}");
    }
    assert!(Sealed::parse(b"tidemill secrets 1".to_vec()).is_none());
    assert!(Sealed::parse(vec![0xff, b'\n']).is_none());
}
