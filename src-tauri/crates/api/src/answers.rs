//! Answers that several verbs give.

use std::path::PathBuf;

use serde::Serialize;
use tidemill_flow::{Diagnostic, Severity};
use utoipa::ToSchema;

/// What the checker says of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileDiagnostics {
    /// The file's path, as it was given.
    pub path: PathBuf,
    /// The flow's name, where the file is right.
    pub flow: Option<String>,
    /// Every mistake and warning, by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl FileDiagnostics {
    /// How many mistakes there are.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        let of = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
        self.diagnostics.iter().filter(of).count()
    }
}

/// Something that the checker says, as programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Diagnostic)]
pub struct DiagnosticDocument {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong, and why.
    pub message: String,
    /// The likely mend.
    pub hint: Option<String>,
    /// The file, where it is not plain which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub file: Option<String>,
}

impl DiagnosticDocument {
    /// A diagnostic, of a file where that is not plain.
    pub(crate) fn of(diagnostic: &Diagnostic, file: Option<String>) -> Self {
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            line: diagnostic.place.line,
            column: diagnostic.place.column,
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
            file,
        }
    }
}

/// A file that is no longer what a text was derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path.
    pub file: String,
    /// Its text as it is now; bytes that are no text are replaced.
    pub text: String,
    /// Its version as it is now.
    pub version: String,
}

/// A flow that needs another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowCaller {
    /// Its name.
    pub flow: String,
    /// Its file.
    pub file: String,
    /// The line where it names the other.
    pub line: u32,
}
