//! The walk over the tree: what was found wrong so far, and what the
//! expressions on the way read.

use crate::{
    Template,
    diagnostic::{Diagnostic, Place, Severity},
    expression::{Builtin, Expression, FILTERS, MentionKind, TESTS},
    suggest::did_you_mean,
    yaml::{Locator, Node, Source},
};

/// More mistakes than this help nobody.
const MOST_DIAGNOSTICS: usize = 1_000;
/// Known words that an unknown one is compared with.
const MOST_CANDIDATES: usize = 2_000;
/// Such comparisons in one file: a large file with many mistakes is answered soon.
const MOST_COMPARISONS: usize = 50_000;
/// What all expressions of a file may read.
const MOST_READS: usize = 100_000;

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
    read_count: usize,
    comparisons_left: usize,
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
            read_count: 0,
            comparisons_left: MOST_COMPARISONS,
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

    /// Whether more mistakes would only be dropped, so that looking closer is in vain.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MOST_DIAGNOSTICS && self.has_errors()
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
        let known: Vec<&str> = known.into_iter().take(MOST_CANDIDATES).collect();
        if known.len() <= self.comparisons_left {
            self.comparisons_left -= known.len();
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
        let is_template = node.as_text().is_some_and(|text| text.contains("{{"));
        let hint = hint.or(is_template.then_some("an expression cannot stand here"));
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
        let (source, sees) = (&self.source, self.sees);
        let mut reads = Vec::new();
        let mut mistakes = Vec::new();
        let template = match Template::text(text) {
            Ok(template) if template.as_constant().is_some() => return Some(template),
            Ok(template) => {
                let locator = source.locator(node);
                template.visit(&mut |expression| {
                    note(
                        &locator,
                        expression,
                        skipped,
                        sees,
                        &mut reads,
                        &mut mistakes,
                    );
                });
                Some(template)
            }
            Err(error) => {
                let place = source.locator(node).place(skipped + error.offset);
                mistakes.push(Diagnostic::error(place, error.message));
                None
            }
        };
        for mistake in mistakes {
            self.report(mistake);
        }
        self.expect_few(node, reads.len());
        self.reads.append(&mut reads);
        template
    }

    /// The place of a `{{` that stands `offset` bytes into the text of `node`.
    pub(crate) fn place_in(&self, node: &Node, offset: usize) -> Place {
        self.source.locator(node).place(offset)
    }

    /// Counts what expressions read; too much is a mistake, once.
    fn expect_few(&mut self, node: &Node, more: usize) {
        let before = self.read_count;
        self.read_count += more;
        if before <= MOST_READS && self.read_count > MOST_READS {
            let message = format!("the expressions of this file read more than {MOST_READS} names");
            self.error(node.place, message);
        }
    }
}

/// Notes what an expression reads, and the filters and tests in it that are not there.
fn note(
    locator: &Locator<'_>,
    expression: &Expression,
    skipped: usize,
    sees: Sees,
    reads: &mut Vec<Read>,
    mistakes: &mut Vec<Diagnostic>,
) {
    let start = skipped + expression.offset();
    let mentions = expression.mentions();
    let offsets: Vec<usize> = mentions
        .iter()
        .flat_map(|mention| &mention.offsets)
        .map(|offset| start + offset)
        .collect();
    let mut places = locator.places(&offsets).into_iter();
    for mention in mentions {
        let places: Vec<Place> = places.by_ref().take(mention.offsets.len()).collect();
        let (noun, known): (_, &[Builtin]) = match mention.kind {
            MentionKind::Read if mention.is_function() => continue,
            MentionKind::Read => {
                reads.push(Read {
                    path: mention.path.clone(),
                    places,
                    dynamic: mention.dynamic,
                    sees,
                });
                continue;
            }
            MentionKind::Filter => ("filter", FILTERS),
            MentionKind::Test => ("test", TESTS),
        };
        let (Some(name), Some(place)) = (mention.path.first(), places.first()) else {
            continue;
        };
        let names = known.iter().map(|builtin| builtin.name);
        if !names.clone().any(|one| one == name) {
            let mut mistake = Diagnostic::error(*place, format!("unknown {noun} `{name}`"));
            mistake.hint = did_you_mean(name, names);
            mistakes.push(mistake);
        }
    }
}
