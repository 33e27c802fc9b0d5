//! The tidemill program.
#![allow(dead_code, unused)]
mod arguments;
mod live;
mod look;
mod state;
mod table;
mod text;
mod time;
fn main() { let _ = <arguments::Arguments as clap::Parser>::parse(); }
