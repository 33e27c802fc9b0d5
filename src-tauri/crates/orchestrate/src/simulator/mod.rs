//! A simulator: drives runs under a virtual clock, with outcomes by script or by
//! chance, and with crashes. For tests only.

mod chance;
mod crashes;
mod flows;
mod oracle;
mod snapshot;
mod world;

pub(crate) use world::{World, exit, flow, start};
