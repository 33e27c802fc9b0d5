//! The walk over the tree: what was found wrong so far, and what the
//! expressions on the way read.

use crate::{
    Template,
    diagnostic::{Diagnostic, Place, Severity},
    expression::{Expression, FILTERS, MentionKind, TESTS},
    suggest::did_you_mean,
    yaml::{Node, Source},
};

/// More mistakes than this help nobody.
const MOST_DIAGNOSTICS: usize = 1_000;

/// What expressions at this point of the file may read, beyond `run`, `vars` and `env`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sees {
    /// `params`.
    pub(crate) params: bool,
    /// `trigger`.
    pub(crate) trigger: bool,
    /// `tasks`.
    pub(crate) tasks: bool,
    /// The task's own `item`, `index` and `matrix`.
    pub(crate) item: bool,
    /// `output`.
    pub(crate) output: bool,
    /// `error`.
    pub(crate) error: bool,
    /// `secrets`.
    pub(crate) secrets: bool,
}

/// Something that an expression reads.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// The name in scope and its attributes, as far as they are fixed.
    pub(crate) path: Vec<String>,
    /// Where each part stands.
    pub(crate) places: Vec<Place>,
    /// Whether a subscript follows that is known only when evaluated.
    pub(crate) dynamic: bool,
    /// What may be read there.
    pub(crate) sees: Sees,
}

impl Read {
    /// Where a part of it stands.
    pub(crate) fn place(&self, part: usize) -> Place {
        let place = self.places.get(part).or_else(|| self.places.first());
        place.copied().unwrap_or_default()
    }
}

/// The state of a walk.
pub(crate) struct Walk<'t> {
    source: Source<'t>,
    diagnostics: Vec<Diagnostic>,
    keys: Vec<String>,
    /// What expressions have read since it was last taken.
    pub(crate) reads: Vec<Read>,
    /// What expressions may read here.
    pub(crate) sees: Sees,
}

impl<'t> Walk<'t> {
    /// A walk over a file of this text, with what is wrong already.
    pub(crate) fn new(text: &'t str, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            source: Source::new(text),
            diagnostics,
            keys: Vec::new(),
            reads: Vec::new(),
            sees: Sees::default(),
        }
    }

    /// What was found, sorted by place, each once.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.place);
        self.diagnostics.dedup();
        self.diagnostics
    }

    /// Whether a mistake was found.
    pub(crate) fn has_errors(&self) -> bool {
        let mut severities = self.diagnostics.iter().map(|found| found.severity);
        severities.any(|severity| severity == Severity::Error)
    }

    /// Reports.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        // The first error must not get lost behind a thousand warnings.
        let room = self.diagnostics.len() < MOST_DIAGNOSTICS;
        if room || (diagnostic.severity == Severity::Error && !self.has_errors()) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a mistake.
    pub(crate) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.report(Diagnostic::error(place, message));
    }

    /// Reports a mistake with its likely mend.
    pub(crate) fn error_with_hint(
        &mut self,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(Diagnostic::error(place, message).with_hint(hint));
    }

    /// Reports a mistake, with the nearest of `known` to `word` as its mend.
    pub(crate) fn unknown<'k>(
        &mut self,
        place: Place,
        message: impl Into<String>,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let mut diagnostic = Diagnostic::error(place, message);
        if self.diagnostics.len() < MOST_DIAGNOSTICS {
            diagnostic.hint = did_you_mean(word, known);
        }
        self.report(diagnostic);
    }

    /// Reports that something else was expected at `node`.
    pub(crate) fn expected(&mut self, node: &Node, expected: &str, hint: Option<&str>) {
        let found = node.describe();
        let message = match self.keys.last() {
            Some(key) => format!("`{key}` expects {expected}, found {found}"),
            None => format!("expected {expected}, found {found}"),
        };
        let diagnostic = Diagnostic::error(node.place, message);
        self.report(match hint {
            Some(hint) => diagnostic.with_hint(hint),
            None => diagnostic,
        });
    }

    /// Does `work` inside the value of `key`.
    pub(crate) fn within<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.keys.push(key.to_owned());
        let result = work(self);
        self.keys.pop();
        result
    }

    /// Does `work` where expressions see other things.
    pub(crate) fn seeing<T>(&mut self, sees: Sees, work: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::replace(&mut self.sees, sees);
        let result = work(self);
        self.sees = around;
        result
    }

    /// What expressions have read in `work`, apart from what they read before.
    pub(crate) fn gather<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Vec<Read>) {
        let before = std::mem::take(&mut self.reads);
        let result = work(self);
        (result, std::mem::replace(&mut self.reads, before))
    }

    /// Compiles the text of `node`, `text` beginning `skipped` bytes into it.
    pub(crate) fn compile(&mut self, node: &Node, text: &str, skipped: usize) -> Option<Template> {
        match Template::text(text) {
            Ok(template) => {
                template.visit(&mut |expression| self.note(node, expression, skipped));
                Some(template)
            }
            Err(error) => {
                let place = self.source.place_in(node, skipped + error.offset);
                self.error(place, error.message);
                None
            }
        }
    }

    /// Notes what an expression reads, and reports filters and tests that are not there.
    fn note(&mut self, node: &Node, expression: &Expression, skipped: usize) {
        let start = skipped + expression.offset();
        for mention in expression.mentions() {
            let place = |offset: &usize| self.source.place_in(node, start + offset);
            let places: Vec<Place> = mention.offsets.iter().map(place).collect();
            let known: &[&str] = match mention.kind {
                MentionKind::Read => continue,
                MentionKind::Filter => &FILTERS,
                MentionKind::Test => &TESTS,
            };
            let (Some(name), Some(place)) = (mention.path.first(), places.first()) else {
                continue;
            };
            if !known.contains(&name.as_str()) {
                let noun = match mention.kind {
                    MentionKind::Test => "test",
                    MentionKind::Read | MentionKind::Filter => "filter",
                };
                let message = format!("unknown {noun} `{name}`");
                self.unknown(*place, message, name, known.iter().copied());
            }
        }
        for read in expression.reads() {
            let place = |offset: &usize| self.source.place_in(node, start + offset);
            self.reads.push(Read {
                path: read.path.clone(),
                places: read.offsets.iter().map(place).collect(),
                dynamic: read.dynamic,
                sees: self.sees,
            });
        }
    }
}
