//! Secrets: one sealed file in the home, and its key in a file that only its owner
//! can read. The file is read and replaced as a whole.
//!
//! Not here: masking, and which tasks may see a secret.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Key, KeyInit},
};
use sha2::{Digest, Sha256};

use crate::{Home, SecretsFault, StoreError, lock::WriteQueue, tables::result::sync_folder};

/// Shorter values could not be masked in logs.
const SHORTEST: usize = 4;

/// What a sealed file begins with: its kind and version.
const HEADER: &[u8] = b"tidemill secrets 1\n";

/// Bytes of the nonce, which follows the header.
const NONCE: usize = 24;

/// The names and values, in order of name.
type Values = BTreeMap<String, String>;

/// A home's secrets. Nothing is kept in memory between calls.
#[derive(Clone, Debug)]
pub struct Secrets {
    sealed: PathBuf,
    key: PathBuf,
    lock: PathBuf,
}

impl Secrets {
    pub(crate) fn new(home: &Home) -> Self {
        Self {
            sealed: home.secrets(),
            key: home.secrets_key(),
            lock: home.secrets_lock(),
        }
    }

    /// The names, in order.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.open()?.into_keys().collect())
    }

    /// Every name with its value, in order of name.
    pub fn all(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.open()?.into_iter().collect())
    }

    /// A secret's value, if there is one of this name.
    pub fn get(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.open()?.remove(name))
    }

    /// A key for hashes that stand for secrets where their values may not be kept.
    /// It follows from the secrets' own key, and does not tell it. Without secrets
    /// there may be none, and then nothing needs hashing: it is all zeros.
    pub fn hashing_key(&self) -> Result<[u8; 32], StoreError> {
        match fs::read_to_string(&self.key) {
            Ok(text) => Ok(Sha256::new_with_prefix("tidemill hashes of secrets 1\n")
                .chain_update(text.trim())
                .finalize()
                .into()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok([0; 32]),
            Err(cause) => Err(StoreError::io(&self.key, cause)),
        }
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

    /// Reads, changes and replaces, while no other process does.
    fn change(&self, change: impl FnOnce(&mut Values)) -> Result<(), StoreError> {
        let mut queue = WriteQueue::open(&self.lock)?;
        queue.lock()?;
        let mut values = self.open()?;
        change(&mut values);
        let sealed = self.seal(&values)?;
        replace(&self.sealed, &sealed)?;
        queue.unlock()
    }

    fn open(&self) -> Result<Values, StoreError> {
        let sealed = match fs::read(&self.sealed) {
            Ok(sealed) => sealed,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Values::new()),
            Err(cause) => return Err(StoreError::io(&self.sealed, cause)),
        };
        let Some(cipher) = self.cipher()? else {
            return Err(self.fault(SecretsFault::KeyMissing));
        };
        unseal(&cipher, &sealed).ok_or_else(|| self.fault(SecretsFault::Sealed))
    }

    fn seal(&self, values: &Values) -> Result<Vec<u8>, StoreError> {
        let cipher = match self.cipher()? {
            Some(cipher) => cipher,
            None => self.make_key()?,
        };
        let random = |_| self.fault(SecretsFault::Random);
        let nonce = XNonce::try_generate().map_err(random)?;
        // A mapping of texts always is JSON, and a cipher takes any that fits in memory.
        let plain = serde_json::to_vec(values).unwrap_or_default();
        let sealed = cipher
            .encrypt(&nonce, plain.as_slice())
            .map_err(|_| self.fault(SecretsFault::Sealed))?;
        Ok([HEADER, nonce.as_slice(), &sealed].concat())
    }

    /// The cipher of the key; `None`: there is no key.
    fn cipher(&self) -> Result<Option<XChaCha20Poly1305>, StoreError> {
        let text = match fs::read_to_string(&self.key) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(cause) => return Err(StoreError::io(&self.key, cause)),
        };
        let malformed = || self.fault_of(&self.key, SecretsFault::KeyMalformed);
        let bytes = from_hex(text.trim()).ok_or_else(malformed)?;
        XChaCha20Poly1305::new_from_slice(&bytes)
            .map(Some)
            .map_err(|_| malformed())
    }

    fn make_key(&self) -> Result<XChaCha20Poly1305, StoreError> {
        let key = Key::<XChaCha20Poly1305>::try_generate()
            .map_err(|_| self.fault_of(&self.key, SecretsFault::Random))?;
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        replace(&self.key, format!("{text}\n").as_bytes())?;
        Ok(XChaCha20Poly1305::new(&key))
    }

    fn fault(&self, cause: SecretsFault) -> StoreError {
        self.fault_of(&self.sealed, cause)
    }

    fn fault_of(&self, path: &Path, cause: SecretsFault) -> StoreError {
        StoreError::Secrets {
            path: path.to_owned(),
            cause,
        }
    }
}

fn unseal(cipher: &XChaCha20Poly1305, sealed: &[u8]) -> Option<Values> {
    let rest = sealed.strip_prefix(HEADER)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let plain = cipher.decrypt(&XNonce::from(*nonce), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Writes beside it, for its owner only, flushes and renames: the file is the old
/// or the new one, whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let new = path.with_extension("new");
    // One that a killed process left may be readable by others. If it cannot be
    // removed, making it anew fails and says so.
    let _left = fs::remove_file(&new);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&new)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, path))
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder))
        .map_err(|cause| StoreError::io(path, cause))
}
