//! Answers that several verbs give.

use std::path::PathBuf;

use serde::Serialize;
use tidemill_flow::{Diagnostic, Severity};

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
