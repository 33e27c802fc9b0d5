//! A flow file's text as a tree with places: YAML 1.2, core schema, one document.
//!
//! Tags, merge keys and duplicate keys are mistakes; anchors are allowed within
//! bounds. No input panics, overflows the stack or takes long. What the tree
//! means is the checker's to say.

mod node;
mod parse;
mod scalar;
mod source;

pub(crate) use node::{Content, Entry, Node, Style};
pub use parse::MAX_BYTES;
pub(crate) use parse::parse;
pub(crate) use scalar::Scalar;
pub(crate) use source::{Locator, Source};

#[cfg(test)]
mod tests;
