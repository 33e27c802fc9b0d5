//! The key of the secrets, and its file: read, made for its owner only, removed.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Generate, Key, KeyInit},
};
use sha2::{Digest, Sha256};

use crate::{SecretsFault, StoreError, tables::result::sync_folder};

/// Bytes of a digest that name a keychain's entry.
const ENTRY: usize = 16;

/// The key of the secrets. It is not shown.
pub(super) struct SecretsKey(Key<XChaCha20Poly1305>);

impl SecretsKey {
    /// A new one, for the file at `path` if anyone asks what it was for.
    pub(super) fn generate(path: &Path) -> Result<Self, StoreError> {
        Key::<XChaCha20Poly1305>::try_generate()
            .map(Self)
            .map_err(|_| fault(path, SecretsFault::Random))
    }

    /// The key that `text` writes in hexadecimal digits, if it is one.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let pairs = text.trim().as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        Key::<XChaCha20Poly1305>::try_from(bytes?.as_slice())
            .map(Self)
            .ok()
    }

    /// It in hexadecimal digits.
    pub(super) fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// The name of its entry in a keychain, which follows from it and does not tell
    /// it: a copy of a home finds the same entry, and no two keys share one.
    pub(super) fn entry(&self) -> String {
        let digest = Sha256::new_with_prefix("tidemill keychain entry 1\n")
            .chain_update(self.to_hex())
            .finalize();
        digest.iter().take(ENTRY).fold(String::new(), digits)
    }

    /// What seals and opens with it.
    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0)
    }

    /// The key in the file at `path`; `None`: there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(cause) => return Err(StoreError::io(path, cause)),
        };
        match Self::from_hex(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(fault(path, SecretsFault::KeyMalformed)),
        }
    }

    /// Keeps it in the file at `path`.
    pub(super) fn write(&self, path: &Path) -> Result<(), StoreError> {
        replace(path, format!("{}\n", self.to_hex()).as_bytes())
    }
}

/// Whether `text` is an entry's name.
pub(super) fn is_entry(text: &str) -> bool {
    text.len() == 2 * ENTRY && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), digits)
}

fn digits(mut text: String, byte: &u8) -> String {
    // Writing to a text cannot fail.
    let _ = write!(text, "{byte:02x}");
    text
}

fn fault(path: &Path, cause: SecretsFault) -> StoreError {
    StoreError::Secrets {
        path: path.to_owned(),
        cause,
    }
}

/// Writes beside it, for its owner only, flushes and renames: the file is the old
/// or the new one, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
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

/// Removes the file at `path`, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Ok(()) => path
            .parent()
            .map_or(Ok(()), sync_folder)
            .map_err(|cause| StoreError::io(path, cause)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(StoreError::io(path, cause)),
    }
}
