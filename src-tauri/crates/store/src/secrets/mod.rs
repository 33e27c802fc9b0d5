//! Secrets: one sealed file in the home, read and replaced as a whole. Its first
//! line says where its key is: in a file that only its owner can read, or in the
//! keychain of the operating system.
//!
//! Not here: masking, and which tasks may see a secret.

mod key;
mod keychain;
mod sealed;

#[cfg(test)]
mod tests;

use std::{fs, io, path::PathBuf, sync::Arc};

use sha2::{Digest, Sha256};

pub use self::sealed::KeyPlace;
use self::{
    key::SecretsKey,
    keychain::{Keychain, OsKeychain},
    sealed::{Sealed, Values},
};
use crate::{Home, KeychainFault, SecretsFault, StoreError, lock::WriteQueue};

/// Shorter values could not be masked in logs.
const SHORTEST: usize = 4;

/// A home's secrets. Nothing is kept in memory between calls. The keychain is
/// asked only where the sealed file names it.
#[derive(Clone, Debug)]
pub struct Secrets {
    sealed: PathBuf,
    key: PathBuf,
    lock: PathBuf,
    keychain: Arc<dyn Keychain>,
    /// The keychain may have the system ask a person.
    asks: bool,
}

/// What the sealed file holds, with the key that opened it.
struct Opened {
    place: KeyPlace,
    key: SecretsKey,
    values: Values,
}

impl Secrets {
    /// The secrets of `home`, their key perhaps in the system's keychain.
    pub(crate) fn new(home: &Home) -> Self {
        Self::with_keychain(home, Arc::new(OsKeychain))
    }

    fn with_keychain(home: &Home, keychain: Arc<dyn Keychain>) -> Self {
        Self {
            sealed: home.secrets(),
            key: home.secrets_key(),
            lock: home.secrets_lock(),
            keychain,
            asks: true,
        }
    }

    /// The same, but no person is ever asked to unlock the keychain: what would need
    /// that fails with [`KeychainFault::Locked`].
    #[must_use]
    pub fn without_asking(self) -> Self {
        Self {
            asks: false,
            ..self
        }
    }

    /// The names, in order.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.values()?.into_keys().collect())
    }

    /// Every name with its value, in order of name.
    pub fn all(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.values()?.into_iter().collect())
    }

    /// A secret's value, if there is one of this name.
    pub fn get(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.values()?.remove(name))
    }

    /// A key for hashes that stand for secrets where their values may not be kept.
    /// It follows from the secrets' own key, wherever that is, and does not tell it.
    /// Without secrets there may be none, and then nothing needs hashing: it is all
    /// zeros.
    pub fn hashing_key(&self) -> Result<[u8; 32], StoreError> {
        let key = match self.open()? {
            Some(opened) => Some(opened.key),
            None => SecretsKey::read(&self.key)?,
        };
        Ok(key.map_or([0; 32], |key| {
            Sha256::new_with_prefix("tidemill hashes of secrets 1\n")
                .chain_update(key.to_hex())
                .finalize()
                .into()
        }))
    }

    /// Sets a secret. Refused under 4 characters, which could not be masked.
    pub fn set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        if value.chars().count() < SHORTEST {
            return Err(self.fault(SecretsFault::TooShort));
        }
        self.change(|values| {
            values.insert(name.to_owned(), value.to_owned());
        })
    }

    /// Removes a secret; gives whether it was there.
    pub fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let mut was_there = false;
        self.change(|values| was_there = values.remove(name).is_some())?;
        Ok(was_there)
    }

    /// Where the key is; a file's, where nothing is sealed yet. Asks no keychain.
    pub fn key_place(&self) -> Result<KeyPlace, StoreError> {
        Ok(self.read()?.map_or(KeyPlace::File, |sealed| sealed.place))
    }

    /// The key's file, if there is one: beside a key in the keychain it is what a
    /// move left that was cut short.
    pub fn key_file(&self) -> Option<PathBuf> {
        self.key.exists().then(|| self.key.clone())
    }

    /// Moves the key to the system's keychain, and removes its file. Until the sealed
    /// file is replaced, which is done in one step, the key stays good where it was:
    /// a move that fails changes nothing, and one that is cut short can be repeated.
    pub fn move_key_to_keychain(&self) -> Result<(), StoreError> {
        let _queue = self.queue()?;
        let opened = self.open_or_begin()?;
        if opened.place == KeyPlace::File {
            let entry = self.keep_in_keychain(&opened.key)?;
            self.replace(&KeyPlace::Keychain { entry }, &opened.key, &opened.values)?;
        }
        key::remove(&self.key)
    }

    /// Moves the key to a file that only its owner can read. The keychain's entry
    /// stays, for copies and backups of the home that name it. A move that fails
    /// changes nothing, and one that is cut short can be repeated.
    pub fn move_key_to_file(&self) -> Result<(), StoreError> {
        let _queue = self.queue()?;
        match self.open()? {
            Some(opened) if opened.place != KeyPlace::File => {
                opened.key.write(&self.key)?;
                self.replace(&KeyPlace::File, &opened.key, &opened.values)
            }
            _ => Ok(()),
        }
    }

    /// Puts the key in the keychain, sees that it is there, and gives its entry.
    fn keep_in_keychain(&self, key: &SecretsKey) -> Result<String, StoreError> {
        let (entry, text) = (key.entry(), key.to_hex());
        let kept = self
            .keychain
            .write(&entry, &text)
            .and_then(|()| self.keychain.read(&entry));
        match kept {
            Ok(Some(kept)) if kept == text => Ok(entry),
            Ok(_) => Err(keychain_fault(entry, KeychainFault::NotKept)),
            Err(cause) => Err(keychain_fault(entry, cause)),
        }
    }

    /// Reads, changes and replaces, while no other process does.
    fn change(&self, change: impl FnOnce(&mut Values)) -> Result<(), StoreError> {
        let _queue = self.queue()?;
        let mut opened = self.open_or_begin()?;
        change(&mut opened.values);
        if opened.place == KeyPlace::File && !self.key.exists() {
            opened.key.write(&self.key)?;
        }
        self.replace(&opened.place, &opened.key, &opened.values)
    }

    /// The place of a writer, alone until it is dropped.
    fn queue(&self) -> Result<WriteQueue, StoreError> {
        let mut queue = WriteQueue::open(&self.lock)?.impatient();
        queue.lock()?;
        Ok(queue)
    }

    fn values(&self) -> Result<Values, StoreError> {
        Ok(self
            .open()?
            .map_or_else(Values::new, |opened| opened.values))
    }

    /// `None`: nothing is sealed yet.
    fn open(&self) -> Result<Option<Opened>, StoreError> {
        while let Some(sealed) = self.read()? {
            let Some(key) = self.key_at(&sealed.place)? else {
                // Another process may have moved the key since the file was read.
                if self.key_place()? == sealed.place {
                    return Err(self.no_key(sealed.place));
                }
                continue;
            };
            let values = sealed.open(&key);
            return Ok(Some(Opened {
                values: values.ok_or_else(|| self.fault(SecretsFault::Sealed))?,
                place: sealed.place,
                key,
            }));
        }
        Ok(None)
    }

    /// What is sealed, or nothing under the file's key, or a new one that is kept
    /// nowhere yet.
    fn open_or_begin(&self) -> Result<Opened, StoreError> {
        if let Some(opened) = self.open()? {
            return Ok(opened);
        }
        let key = match SecretsKey::read(&self.key)? {
            Some(key) => key,
            None => SecretsKey::generate(&self.key)?,
        };
        Ok(Opened {
            place: KeyPlace::File,
            key,
            values: Values::new(),
        })
    }

    fn key_at(&self, place: &KeyPlace) -> Result<Option<SecretsKey>, StoreError> {
        let KeyPlace::Keychain { entry } = place else {
            return SecretsKey::read(&self.key);
        };
        let fault = |cause| keychain_fault(entry.clone(), cause);
        let read = match self.asks {
            true => self.keychain.read(entry),
            false => self.keychain.read_quietly(entry),
        };
        match read.map_err(fault)? {
            Some(text) => match SecretsKey::from_hex(&text) {
                Some(key) => Ok(Some(key)),
                None => Err(fault(KeychainFault::Malformed)),
            },
            None => Ok(None),
        }
    }

    /// `None`: there is no sealed file.
    fn read(&self) -> Result<Option<Sealed>, StoreError> {
        match fs::read(&self.sealed) {
            Ok(bytes) => Sealed::parse(bytes)
                .map(Some)
                .ok_or_else(|| self.fault(SecretsFault::Sealed)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError::io(&self.sealed, cause)),
        }
    }

    fn replace(
        &self,
        place: &KeyPlace,
        key: &SecretsKey,
        values: &Values,
    ) -> Result<(), StoreError> {
        let sealed = sealed::seal(place, key, values).map_err(|cause| self.fault(cause))?;
        key::replace(&self.sealed, &sealed)
    }

    fn no_key(&self, place: KeyPlace) -> StoreError {
        match place {
            KeyPlace::File => self.fault(SecretsFault::KeyMissing),
            KeyPlace::Keychain { entry } => keychain_fault(entry, KeychainFault::Lost),
        }
    }

    fn fault(&self, cause: SecretsFault) -> StoreError {
        StoreError::Secrets {
            path: self.sealed.clone(),
            cause,
        }
    }
}

fn keychain_fault(entry: String, cause: KeychainFault) -> StoreError {
    StoreError::Keychain { entry, cause }
}
