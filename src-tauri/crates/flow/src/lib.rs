//! A flow file turned into a checked [`Flow`], or into diagnostics with places. No IO.
//!
//! [`check`] is the way in. [`model`] holds the checked types: what stands in
//! them is right, so nothing downstream checks it again. [`template`]
//! evaluates expressions in a [`Scope`]. [`schema`] is the format as JSON
//! Schema, [`validation`] holds values against schemas.

mod check;
pub mod diagnostic;
mod expression;
pub mod model;
pub mod parameters;
pub mod scope;
mod suggest;
pub mod template;
pub mod uses;
pub mod validation;
mod values;
mod yaml;

pub use check::{CheckContext, Checked, KnownFlow, check, schema::schema};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use minijinja::Value;
pub use model::*;
pub use parameters::ParameterError;
pub use scope::Scope;
pub use template::{EvaluationError, Template, TemplateError};
pub use uses::{Use, Uses};
pub use values::{flow_name, read_values};
