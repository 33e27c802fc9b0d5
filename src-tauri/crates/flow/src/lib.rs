//! A flow file turned into a checked [`Flow`], or into diagnostics with places. No IO.
//!
//! [`model`] holds the checked types: what stands in them is right, so nothing
//! downstream checks it again. [`template`] evaluates expressions in a [`Scope`].

pub mod diagnostic;
pub mod model;
pub mod scope;
pub mod template;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use minijinja::Value;
pub use model::*;
pub use scope::Scope;
pub use template::{EvaluationError, Template, TemplateError};
