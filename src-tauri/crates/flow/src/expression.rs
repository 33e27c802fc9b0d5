//! One expression, `{{ … }}`: compiled once, evaluated in a scope within bounds.
//!
//! What it reads and calls is known from its text, with places, so that the
//! checker can say what is not there. No function of it does IO, knows the
//! time or is random.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, UndefinedBehavior, Value, value::ValueKind};

use crate::{
    scope::Scope,
    template::{EvaluationError, TemplateError},
};

mod builtin;
mod mention;

pub(crate) use builtin::{Builtin, FILTERS, FUNCTIONS, TESTS};
pub(crate) use mention::{Mention, MentionKind};

/// What one evaluation may cost: an instruction is one, and so are 64 bytes made.
const FUEL: u64 = 4_000_000;

/// The longest expression, in bytes: the engine's compiler recurses along it.
const MAX_BYTES: usize = 4_096;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // It prints the engine's own state.
    environment.remove_global("debug");
    // It is of use to statements only.
    environment.remove_global("namespace");
    environment
});

/// A compiled expression.
pub(crate) struct Expression {
    source: String,
    offset: usize,
    mentions: Vec<Mention>,
    compiled: minijinja::Expression<'static, 'static>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Expression")
            .field(&self.source)
            .finish()
    }
}

impl Expression {
    /// The expression, as it stands in the file.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Compiles what stands between `{{` and `}}`, `offset` bytes into its text.
    pub(crate) fn new(between: &str, offset: usize) -> Result<Self, TemplateError> {
        let source = between.trim();
        let offset = offset + (between.len() - between.trim_start().len());
        let refuse = |message: String| TemplateError { offset, message };
        if source.is_empty() {
            return Err(refuse(
                "an expression is missing between `{{` and `}}`".to_owned(),
            ));
        }
        // Jinja's marks that trim the text around, or a sign: nobody can tell.
        if between.starts_with(['-', '+']) || between.ends_with(['-', '+']) {
            return Err(refuse(
                "`{{-` and `-}}` trim nothing here; put a space before a sign".to_owned(),
            ));
        }
        if source.len() > MAX_BYTES {
            return Err(refuse(format!(
                "the expression has {} bytes; one has at most {MAX_BYTES}",
                source.len()
            )));
        }
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| TemplateError {
                offset: offset
                    + error
                        .range()
                        .map_or(0, |range| range.start.min(source.len())),
                message: format!("`{source}` is no expression: {}", describe(&error)),
            })?;
        Ok(Self {
            mentions: mention::mentions(source),
            source: source.to_owned(),
            offset,
            compiled,
        })
    }

    /// Where it begins in its text, in bytes.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The names, filters and tests that stand in it, in order.
    pub(crate) fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// What of the scope it reads, in order.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &Mention> {
        let mentions = self.mentions.iter();
        mentions.filter(|mention| mention.kind == MentionKind::Read && !mention.is_function())
    }

    /// Its value in `scope`; what is undefined is an error.
    pub(crate) fn evaluate(&self, scope: &Arc<Scope>) -> Result<Value, EvaluationError> {
        let failed = |message: String| EvaluationError {
            expression: self.source.clone(),
            message,
        };
        let value = self
            .compiled
            .eval(Value::from_dyn_object(Arc::clone(scope)))
            .map_err(|error| failed(describe(&error)))?;
        if value.is_undefined() {
            let named = self.undefined(scope);
            return Err(failed(
                named.unwrap_or_else(|| "it is undefined".to_owned()),
            ));
        }
        // A plain path gives a value as it is in scope, where nothing is undefined.
        if self.source.contains(['[', '{', '(']) && has_undefined(&value, 0) {
            let named = self.undefined(scope);
            return Err(failed(
                named.unwrap_or_else(|| "a part of it is undefined".to_owned()),
            ));
        }
        Ok(value)
    }

    /// Says which name it is that is undefined, as far as it can be told.
    fn undefined(&self, scope: &Arc<Scope>) -> Option<String> {
        for read in self.reads() {
            let Some((root, attributes)) = read.path.split_first() else {
                continue;
            };
            let Some(mut value) = scope.get(root) else {
                return Some(format!("`{root}` is undefined"));
            };
            let mut path = root.clone();
            for attribute in attributes {
                path.push('.');
                path.push_str(attribute);
                match value.get_attr(attribute) {
                    Ok(inner) if !inner.is_undefined() => value = inner,
                    _ => return Some(format!("`{path}` is undefined")),
                }
            }
        }
        None
    }
}

/// Deeper than any value of a flow.
const MOST_LEVELS: usize = 128;

/// Whether something in a list or mapping is undefined.
fn has_undefined(value: &Value, level: usize) -> bool {
    let items = || value.try_iter().into_iter().flatten();
    match value.kind() {
        ValueKind::Undefined => true,
        _ if level > MOST_LEVELS => false,
        ValueKind::Seq | ValueKind::Iterable => items().any(|item| has_undefined(&item, level + 1)),
        ValueKind::Map => items().any(|key| {
            let item = value.get_item(&key);
            item.is_ok_and(|item| has_undefined(&item, level + 1))
        }),
        _ => false,
    }
}

/// An engine's error as one fragment.
fn describe(error: &minijinja::Error) -> String {
    if error.kind() == minijinja::ErrorKind::OutOfFuel {
        return "it takes too long or makes too much".to_owned();
    }
    match error.detail() {
        Some(detail)
            if error.kind() == minijinja::ErrorKind::UndefinedError
                && !detail.contains("undefined") =>
        {
            format!("undefined: {detail}")
        }
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests;
