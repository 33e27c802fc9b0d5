//! The harness of the black-box tests: a home and a workspace of their own for
//! each test, the built program, and what it answered.
//!
//! The program is the one that `cargo build` left beside the tests; build it
//! first (`cargo xtask test` does).

#[cfg(unix)]
pub mod postgres;
mod process;
mod sandbox;
mod wait;

pub use process::{environment_holds, is_alive, kill, processes_with};
pub use sandbox::{Answer, Sandbox, examples, program, root};
pub use wait::until;
