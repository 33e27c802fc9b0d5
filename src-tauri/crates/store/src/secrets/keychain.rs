//! The keychain of the operating system: the Keychain of macOS, the Credential
//! Manager of Windows, the Secret Service elsewhere. Each call opens it anew, so that
//! one that was not there when a long-lived process began is found later.

use std::fmt;

use keyring_core::{Entry, Error, api::CredentialStoreApi};

#[cfg(not(any(target_os = "macos", windows)))]
use secret_service::{EncryptionType, blocking::SecretService};

use crate::KeychainFault;

/// The service that the entries are kept under.
const SERVICE: &str = "tidemill";

/// What keeps a text under an entry's name.
pub(super) trait Keychain: fmt::Debug + Send + Sync {
    /// The text of `entry`; `None`: there is no such entry.
    fn read(&self, entry: &str) -> Result<Option<String>, KeychainFault>;

    /// The text of `entry` where nobody has to be asked for it, such as to unlock the
    /// keychain; else [`KeychainFault::Locked`].
    fn read_quietly(&self, entry: &str) -> Result<Option<String>, KeychainFault>;

    /// Keeps `text` as `entry`, in place of what was there.
    fn write(&self, entry: &str, text: &str) -> Result<(), KeychainFault>;
}

/// The keychain of the session that this process belongs to. Where it is locked, the
/// system asks a person to unlock it, and the call waits for the answer.
#[derive(Debug)]
pub(super) struct OsKeychain;

impl Keychain for OsKeychain {
    fn read(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        match open(entry).and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(text)),
            Err(Error::NoEntry) => Ok(None),
            Err(Error::BadEncoding(_) | Error::BadDataFormat(..)) => Err(KeychainFault::Malformed),
            Err(error) => Err(fault(&error)),
        }
    }

    #[cfg(target_os = "macos")]
    fn read_quietly(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        use security_framework::os::macos::keychain::SecKeychain;
        let quiet = SecKeychain::disable_user_interaction()
            .map_err(|error| KeychainFault::Unreachable(error.to_string()))?;
        let read = self.read(entry);
        drop(quiet);
        read
    }

    /// Nobody is ever asked here.
    #[cfg(windows)]
    fn read_quietly(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        self.read(entry)
    }

    #[cfg(not(any(target_os = "macos", windows)))]
    fn read_quietly(&self, entry: &str) -> Result<Option<String>, KeychainFault> {
        let unreachable =
            |error: secret_service::Error| KeychainFault::Unreachable(error.to_string());
        let service = SecretService::connect(EncryptionType::Dh).map_err(unreachable)?;
        // What it finds it only tells apart: reading is what would ask.
        let found = service
            .search_items([("service", SERVICE), ("username", entry)].into())
            .map_err(unreachable)?;
        match found.locked.is_empty() {
            true => self.read(entry),
            false => Err(KeychainFault::Locked(
                "nobody was asked to unlock it".to_owned(),
            )),
        }
    }

    fn write(&self, entry: &str, text: &str) -> Result<(), KeychainFault> {
        open(entry)
            .and_then(|entry| entry.set_password(text))
            .map_err(|error| fault(&error))
    }
}

#[cfg(target_os = "macos")]
fn open(entry: &str) -> Result<Entry, Error> {
    apple_native_keyring_store::keychain::Store::new()?.build(SERVICE, entry, None)
}

#[cfg(windows)]
fn open(entry: &str) -> Result<Entry, Error> {
    windows_native_keyring_store::Store::new()?.build(SERVICE, entry, None)
}

#[cfg(not(any(target_os = "macos", windows)))]
fn open(entry: &str) -> Result<Entry, Error> {
    zbus_secret_service_keyring_store::Store::new()?.build(SERVICE, entry, None)
}

/// The cause without the words of the libraries around it.
fn fault(error: &Error) -> KeychainFault {
    match error {
        Error::NoStorageAccess(cause) => KeychainFault::Locked(cause.to_string()),
        Error::PlatformFailure(cause) => KeychainFault::Unreachable(cause.to_string()),
        other => KeychainFault::Unreachable(other.to_string()),
    }
}
