//! Reads `tauri.conf.json` and the capabilities. The commands are named here, so that
//! each needs a permission, and the window gets no more than its capability says.

use std::error::Error;

use tauri_build::{AppManifest, Attributes, try_build};

fn main() -> Result<(), Box<dyn Error>> {
    let commands = AppManifest::new().commands(&[
        "request",
        "follow",
        "taken",
        "leave",
        "arrivals",
        "at_login",
        "turn_at_login",
        "quit_app",
    ]);
    try_build(Attributes::new().app_manifest(commands))?;
    Ok(())
}
