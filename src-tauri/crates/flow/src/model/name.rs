//! The names of a flow file, each checked once, at the edge.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest name of anything, in characters.
pub const LONGEST_NAME: usize = 63;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text is longer than [`LONGEST_NAME`].
    #[error("it has {0} characters, and a name has at most {LONGEST_NAME}")]
    TooLong(usize),
    /// The text has a character that such a name cannot have.
    #[error("`{0}` cannot stand there; such a name has {1}")]
    Character(char, &'static str),
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $first:expr, $rest:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// The rule such a name keeps, in words.
            pub const RULE: &'static str = $rule;

            /// Checks `text` against the rule of such a name.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let length = text.chars().count();
                if length > LONGEST_NAME {
                    return Err(NameError::TooLong(length));
                }
                let first = text.chars().next().ok_or(NameError::Empty)?;
                if !($first)(first) {
                    return Err(NameError::Character(first, $rule));
                }
                match text.chars().find(|&character| !($rest)(character)) {
                    Some(wrong) => Err(NameError::Character(wrong, $rule)),
                    None => Ok(Self(text.into())),
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.as_ref().to_owned()
            }
        }
    };
}

name!(
    /// A flow's name: `[a-z0-9][a-z0-9_-]*`, at most 63 characters.
    FlowName,
    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit(),
    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-',
    "lower-case letters, digits, `_` and `-`, and it begins with a letter or a digit"
);

name!(
    /// The name of a task, parameter, matrix axis, variable, secret or limit:
    /// `[A-Za-z_][A-Za-z0-9_]*`, at most 63 characters.
    Name,
    |c: char| c.is_ascii_alphabetic() || c == '_',
    |c: char| c.is_ascii_alphanumeric() || c == '_',
    "letters, digits and `_`, and it does not begin with a digit"
);
