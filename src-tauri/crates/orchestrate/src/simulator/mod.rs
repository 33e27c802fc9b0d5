//! A simulator: drives runs under a virtual clock, with outcomes by script or by
//! chance, and with crashes. For tests only.

mod world;

pub(crate) use world::{World, exit, flow};
