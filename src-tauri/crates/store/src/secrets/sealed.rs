//! The form of the sealed file: a line that says where its key is, a nonce, and
//! the names and values under the key.

use std::collections::BTreeMap;

use chacha20poly1305::{
    XNonce,
    aead::{Aead, Generate},
};

use super::key::{SecretsKey, is_entry};
use crate::SecretsFault;

/// What a file begins with whose key is in a file.
const WITH_FILE: &str = "tidemill secrets 1";

/// What a file begins with whose key is in the keychain; the entry follows.
const WITH_KEYCHAIN: &str = "tidemill secrets 2 keychain ";

/// Bytes of the nonce, which follows the first line.
const NONCE: usize = 24;

/// The names and values, in order of name.
pub(super) type Values = BTreeMap<String, String>;

/// Where the key of the secrets is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the home's file `secrets.key`.
    File,
    /// In the operating system's keychain.
    Keychain {
        /// The name of the entry there, of the service `tidemill`.
        entry: String,
    },
}

impl KeyPlace {
    fn header(&self) -> String {
        match self {
            Self::File => format!("{WITH_FILE}\n"),
            Self::Keychain { entry } => format!("{WITH_KEYCHAIN}{entry}\n"),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        if line == WITH_FILE {
            return Some(Self::File);
        }
        let entry = line.strip_prefix(WITH_KEYCHAIN)?;
        is_entry(entry).then(|| Self::Keychain {
            entry: entry.to_owned(),
        })
    }
}

/// A sealed file that was read.
pub(super) struct Sealed {
    /// Where its key is.
    pub(super) place: KeyPlace,
    /// The nonce and what is sealed.
    rest: Vec<u8>,
}

impl Sealed {
    /// What a file's bytes are; `None`: no sealed secrets.
    pub(super) fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let rest = bytes.split_off(end.checked_add(1)?);
        let line = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?;
        Some(Self {
            place: KeyPlace::parse(line)?,
            rest,
        })
    }

    /// The names and values; `None`: damaged, or sealed with another key.
    pub(super) fn open(&self, key: &SecretsKey) -> Option<Values> {
        let (nonce, sealed) = self.rest.split_first_chunk::<NONCE>()?;
        let plain = key.cipher().decrypt(&XNonce::from(*nonce), sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// The bytes of a sealed file whose key is at `place`.
pub(super) fn seal(
    place: &KeyPlace,
    key: &SecretsKey,
    values: &Values,
) -> Result<Vec<u8>, SecretsFault> {
    let nonce = XNonce::try_generate().map_err(|_| SecretsFault::Random)?;
    // A mapping of texts always is JSON, and a cipher takes any that fits in memory.
    let plain = serde_json::to_vec(values).unwrap_or_default();
    let sealed = key
        .cipher()
        .encrypt(&nonce, plain.as_slice())
        .map_err(|_| SecretsFault::Sealed)?;
    Ok([place.header().as_bytes(), nonce.as_slice(), &sealed].concat())
}
