//! The secrets that a run's expressions may see, and their masking on the way out.
//!
//! Not here: where secrets are kept, which is the store's.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tidemill_flow::{Scope, Value};
use tidemill_orchestrate::{Failure, Outcome};

use crate::mask::Mask;

/// The secrets of a home, as one run sees them. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: Value,
    hashes: Value,
    pub(crate) mask: Mask,
    /// Why nothing is masked, for a person.
    pub(crate) warning: Option<Arc<str>>,
}

impl Secrets {
    /// These names and values. `key` makes the hashes that stand for the values
    /// where they may not be kept.
    pub(crate) fn new(
        secrets: &[(String, String)],
        key: &[u8; 32],
    ) -> Result<Self, aho_corasick::BuildError> {
        let pairs = secrets.iter().map(|(name, value)| (name.as_str(), value));
        Ok(Self {
            values: Value::from_pairs(pairs.clone().map(|(name, value)| (name, value.as_str()))),
            hashes: Value::from_pairs(pairs.map(|(name, value)| (name, keyed_hash(key, value)))),
            ..Self::masking(secrets)?
        })
    }

    /// These values masked, and nothing for expressions to see.
    pub(crate) fn masking(secrets: &[(String, String)]) -> Result<Self, aho_corasick::BuildError> {
        Ok(Self {
            mask: Mask::new(secrets.iter().map(|(_, value)| value.as_str()))?,
            ..Self::default()
        })
    }

    /// None, since they cannot be read: `warning` says so.
    pub(crate) fn out_of_reach(warning: String) -> Self {
        Self {
            warning: Some(warning.into()),
            ..Self::default()
        }
    }

    /// `scope` with `secrets` in it.
    pub(crate) fn scope(&self, scope: &Arc<Scope>) -> Arc<Scope> {
        scope.inner(vec![("secrets".into(), self.values.clone())])
    }

    /// `scope` with keyed hashes as its `secrets`, for keys of results.
    pub(crate) fn hashed_scope(&self, scope: &Arc<Scope>) -> Arc<Scope> {
        scope.inner(vec![("secrets".into(), self.hashes.clone())])
    }

    /// The outcome with every secret in it masked.
    pub(crate) fn mask_outcome(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Completed { output, message } => Outcome::Completed {
                output: self.mask.value(&output),
                message: message.map(|message| self.mask.text(&message).into_owned()),
            },
            Outcome::Failed(failure) => Outcome::Failed(self.mask_failure(failure)),
            Outcome::TimedOut(failure) => Outcome::TimedOut(self.mask_failure(failure)),
            Outcome::Crashed(failure) => Outcome::Crashed(self.mask_failure(failure)),
            Outcome::Cancelled => Outcome::Cancelled,
        }
    }

    fn mask_failure(&self, mut failure: Failure) -> Failure {
        failure.message = self.mask.text(&failure.message).into_owned();
        failure
    }
}

/// A hash that says nothing of a value to who has not the key.
fn keyed_hash(key: &[u8; 32], value: &str) -> String {
    use std::fmt::Write as _;
    let inner = Sha256::new_with_prefix(key).chain_update(value).finalize();
    let outer = Sha256::new_with_prefix(key).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
