//! Where things lie in this checkout.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The checkout's top folder.
pub(crate) fn root() -> PathBuf {
    // This package lies four levels below it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(3).unwrap_or(package).to_path_buf()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// cargo, in the checkout. What cargo tells this program of itself is kept from it: some
/// build scripts watch those variables, and would run again for nothing.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}
