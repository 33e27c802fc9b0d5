//! The harness of the black-box tests: a home and a workspace of their own for
//! each test, the built program, and what it answered.
//!
//! The program is the one that `cargo build` left beside the tests; build it
//! first (`cargo xtask test` does).

#[cfg(target_os = "linux")]
pub mod bus;
#[cfg(target_os = "linux")]
pub mod desktop;
mod document;
#[cfg(unix)]
mod group;
#[cfg(unix)]
pub mod postgres;
mod process;
mod sandbox;
mod served;
mod server;
mod wait;

pub use document::{message, output, state, task};
pub use process::{environment_holds, is_alive, kill, processes_with, signal};
pub use rustix::process::Signal;
pub use sandbox::{Answer, Sandbox, examples, program, root};
pub use served::{EventReader, HttpAnswer, Served, StreamedEvent, read_answer};
pub use server::{Reply, Request, Server};
pub use wait::until;
