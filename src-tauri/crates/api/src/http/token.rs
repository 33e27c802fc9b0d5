//! The token of a home: who holds it may do what the home's owner may.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use tidemill_store::Home;

use crate::Error;

/// How many random bytes a token is made of.
const BYTES: usize = 32;

/// A token. It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

impl Token {
    /// The home's token; made where there is none yet, in a file that only its owner
    /// can read.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or is no token.
    pub fn of_home(home: &Path) -> Result<Self, Error> {
        let path = Home::new(home).token();
        match make(&path) {
            Ok(token) => Ok(token),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Self::read(&path),
            Err(cause) => Err(Error::Write { path, cause }),
        }
    }

    /// The token in a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |cause| Error::Read {
            path: path.to_owned(),
            cause,
        };
        let text = fs::read_to_string(path).map_err(failed)?;
        Self::parse(text.trim()).ok_or_else(|| {
            let cause = "holds no token; remove it, and Tidemill makes a new one";
            failed(std::io::Error::new(ErrorKind::InvalidData, cause))
        })
    }

    /// A text as a token; `None`: it is too short to be one, or cannot stand in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() >= BYTES && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// Its text, for who sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What tells it from other tokens, and is of no use to who has it.
    pub(crate) fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        let first = hash.iter().take(4);
        first.map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether that is this token. Takes as long for any text of its length.
    pub(crate) fn is(&self, text: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), text.as_bytes());
        let pairs = own.iter().zip(other);
        let differences = pairs.fold(0_u8, |seen, (left, right)| seen | (left ^ right));
        own.len() == other.len() && std::hint::black_box(differences) == 0
    }
}

/// Makes a token and its file.
fn make(path: &Path) -> std::io::Result<Token> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    let token = Token(BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(token.0.as_bytes())?;
    file.sync_all()?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_token_that_only_its_owner_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let token = Token::of_home(folder.path()).unwrap();
        assert_eq!(Token::of_home(folder.path()).unwrap(), token);
        assert_eq!(token.reveal().len(), 43);
        assert!(token.is(token.reveal()));
        assert!(!token.is(""));
        assert!(!token.is(&format!("{}x", token.reveal())));
        assert!(!token.is(&"x".repeat(43)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = fs::metadata(folder.path().join("token")).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
        fs::write(folder.path().join("token"), "short").unwrap();
        assert!(Token::of_home(folder.path()).is_err());
    }
}
