//! Settings: values of a few known forms, which stand in the file or are computed by an
//! expression. Both are read from text by the same functions.

use std::{borrow::Cow, sync::Arc, time::Duration};

use tidemill_schedule::duration;

use crate::{
    scope::Scope,
    template::{EvaluationError, Template, as_text},
};

/// A value that stands in the flow file, or that an expression gives.
#[derive(Clone, Debug)]
pub enum Setting<T> {
    /// It is known since the file was checked.
    Fixed(T),
    /// It is known when the expression is evaluated.
    Computed(Template),
}

/// Why a text is none of the values that may stand in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TextError {
    /// What is wrong, with the text itself: `` `G T` is no HTTP method ``.
    pub message: String,
    /// What to write instead, if that is known.
    pub mend: Option<String>,
}

/// Why a setting has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Its expression cannot be evaluated.
    #[error("{field}: {cause}")]
    Evaluation {
        /// The key that the setting stands at, such as `http.method`.
        field: &'static str,
        /// Why not.
        cause: EvaluationError,
    },
    /// Its expression gives what cannot stand there.
    #[error("{field}: {cause}{}", mend(cause))]
    Text {
        /// The key that the setting stands at.
        field: &'static str,
        /// Why not.
        cause: TextError,
    },
}

fn mend(error: &TextError) -> String {
    let mend = error.mend.as_ref();
    mend.map(|mend| format!("; {mend}")).unwrap_or_default()
}

/// A value that is written as text.
pub trait FromText: Clone {
    /// Reads it.
    ///
    /// # Errors
    /// Why the text is none.
    fn from_text(text: &str) -> Result<Self, TextError>;
}

impl<T> Setting<T> {
    /// The setting as it stands in the flow file; `written` writes a fixed one.
    pub fn source(&self, written: impl FnOnce(&T) -> String) -> String {
        match self {
            Self::Fixed(value) => written(value),
            Self::Computed(template) => template.source(),
        }
    }
}

impl<T: FromText> Setting<T> {
    /// The value, its expressions evaluated in `scope`; what is no text is read as JSON
    /// writes it. `field` is the key that it stands at, for messages.
    ///
    /// # Errors
    /// Where the expression cannot be evaluated, or gives none of the values.
    pub fn value(
        &self,
        field: &'static str,
        scope: &Arc<Scope>,
    ) -> Result<Cow<'_, T>, SettingError> {
        match self {
            Self::Fixed(value) => Ok(Cow::Borrowed(value)),
            Self::Computed(template) => {
                let given = template.evaluate(scope);
                let given = given.map_err(|cause| SettingError::Evaluation { field, cause })?;
                let value = T::from_text(&as_text(&given));
                let value = value.map_err(|cause| SettingError::Text { field, cause })?;
                Ok(Cow::Owned(value))
            }
        }
    }

    /// The value, where it is the same whatever is in scope.
    pub fn as_fixed(&self) -> Option<&T> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Computed(_) => None,
        }
    }
}

impl FromText for Duration {
    fn from_text(text: &str) -> Result<Self, TextError> {
        duration::parse(text).map_err(|error| TextError {
            message: error.to_string(),
            mend: Some(error.mend().to_owned()),
        })
    }
}

/// An HTTP method, in upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpMethod(String);

impl HttpMethod {
    /// The method where nothing is said.
    pub fn get() -> Self {
        Self("GET".to_owned())
    }

    /// The method as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromText for HttpMethod {
    fn from_text(text: &str) -> Result<Self, TextError> {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        match !text.is_empty() && text.chars().all(token) {
            true => Ok(Self(text.to_ascii_uppercase())),
            false => Err(TextError {
                message: format!("`{text}` is no HTTP method"),
                mend: None,
            }),
        }
    }
}

/// Status codes from 100 to 599, the first and the last among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

impl StatusRange {
    /// What it is, as messages name it.
    pub const RULE: &'static str = "status codes from 100 to 599, as `200` or `200-299`";

    /// The status codes that are success where nothing is said.
    pub const SUCCESS: Self = Self {
        first: 200,
        last: 299,
    };

    /// Whether the code is one of them.
    pub fn contains(self, code: u16) -> bool {
        (self.first..=self.last).contains(&code)
    }
}

impl std::fmt::Display for StatusRange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self { first, last } if first == last => write!(formatter, "{first}"),
            Self { first, last } => write!(formatter, "{first}-{last}"),
        }
    }
}

impl FromText for StatusRange {
    fn from_text(text: &str) -> Result<Self, TextError> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (status_code(first), status_code(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(TextError {
                message: format!("`{text}` is none of the {}", Self::RULE),
                mend: None,
            }),
        }
    }
}

fn status_code(text: &str) -> Option<u16> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = digits.then(|| text.parse::<u16>().ok()).flatten();
    code.filter(|code| (100..=599).contains(code))
}

/// A function in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// The file, relative to the flow file's folder: what stands before the last `:`.
    pub file: String,
    /// The function's name.
    pub function: String,
}

impl FromText for Callee {
    fn from_text(text: &str) -> Result<Self, TextError> {
        match text.rsplit_once(':') {
            Some((file, function)) if !file.trim().is_empty() && is_identifier(function) => {
                Ok(Self {
                    file: file.to_owned(),
                    function: function.to_owned(),
                })
            }
            _ => Err(TextError {
                message: format!("`{text}` names no function in a file"),
                mend: Some("write it as `path.py:function`".to_owned()),
            }),
        }
    }
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// What an expression gives there, or the message.
    fn computed<T: FromText + Debug>(text: &str) -> Result<T, String> {
        let setting = Setting::Computed(Template::text(text).unwrap());
        let value = setting.value("field", &Scope::root(vec![]));
        let value: Result<Cow<'_, T>, SettingError> = value;
        value
            .map(Cow::into_owned)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_an_expression_gives_is_read_as_what_stands_there() {
        assert_eq!(computed("{{ 1 + 1 }}m"), Ok(Duration::from_secs(120)));
        assert_eq!(
            computed("{{ 'post' }}"),
            HttpMethod::from_text("POST").map_err(|_| String::new())
        );
        let range = computed::<StatusRange>("{{ 404 }}").unwrap();
        assert!(range.contains(404) && !range.contains(405));
        let range = computed::<StatusRange>("{{ 2 }}00-{{ 299 }}").unwrap();
        assert_eq!(range, StatusRange::SUCCESS);
        let callee = computed::<Callee>("{{ 'a' }}:b.py:f").unwrap();
        assert_eq!(
            (callee.file.as_str(), callee.function.as_str()),
            ("a:b.py", "f")
        );
    }

    #[test]
    fn what_an_expression_gives_and_cannot_stand_there_is_named() {
        let check = |message: Result<(), String>, expected: &str| {
            let message = message.unwrap_err();
            assert!(message.starts_with(expected), "{message}");
        };
        let duration = |text| computed::<Duration>(text).map(drop);
        check(duration("{{ 5 }}"), "field: duration `5` ");
        check(duration("{{ none }}"), "field: duration `null` ");
        check(duration("{{ missing }}"), "field: `{{ missing }}`: ");
        let method = |text| computed::<HttpMethod>(text).map(drop);
        check(method("{{ 'G T' }}"), "field: `G T` is no HTTP method");
        check(method("{{ '' }}"), "field: `` is no HTTP method");
        let range = |text| computed::<StatusRange>(text).map(drop);
        check(range("{{ 99 }}"), "field: `99` is none of the status codes");
        check(range("{{ '300-200' }}"), "field: `300-200` is none");
        check(range("{{ [200] }}"), "field: `[200]` is none");
        let callee = |text| computed::<Callee>(text).map(drop);
        check(
            callee("{{ 'x' }}.py"),
            "field: `x.py` names no function in a file; write it as `path.py:function`",
        );
    }
}
