//! The rules of the house that no compiler knows.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tidemill_tests::root;

fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "dist", ".git", "out"].contains(&name.as_str()) {
                files(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src-tauri", "tests"] {
        files(&root().join(folder), &[".rs", ".py"], &mut found);
    }
    found
}

#[test]
fn packages_depend_only_along_the_arrows() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("schedule", &[][..]),
        ("flow", &["schedule"]),
        ("orchestrate", &["flow", "schedule"]),
        ("store", &["orchestrate", "flow", "schedule"]),
        ("engine", &["store", "orchestrate", "flow", "schedule"]),
        (
            "api",
            &["engine", "store", "orchestrate", "flow", "schedule"],
        ),
        ("cli", &["api"]),
        ("xtask", &[]),
        // The desktop shell, which lies above them all.
        ("..", &["api"]),
    ]);
    for (package, may) in allowed {
        let manifest = root()
            .join("src-tauri/crates")
            .join(package)
            .join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let normal = text.split("[dev-dependencies]").next().unwrap();
        for line in normal.lines() {
            if let Some(rest) = line.strip_prefix("tidemill-") {
                let name = rest.split([' ', '=', '.']).next().unwrap();
                assert!(may.contains(&name), "{package} must not depend on {name}");
            }
        }
    }
}

#[test]
fn only_the_outermost_rooms_name_what_they_own() {
    for (word, rooms) in [
        ("tokio::", &["engine", "api", "cli", "src-tauri/src"][..]),
        ("tauri::", &["src-tauri/src"]),
        ("rusqlite::", &["store", "engine", "tests"]),
        ("Timestamp::now()", &["store", "engine", "api", "cli"]),
        ("println!", &["cli", "xtask", "src-tauri/src"]),
    ] {
        for path in sources() {
            let text = fs::read_to_string(&path).unwrap();
            let place = format!("/{}", path.strip_prefix(root()).unwrap().display());
            let is_test = place.contains("tests") || place.contains("simulator");
            let code = text.split("#[cfg(test)]").next().unwrap();
            if code.contains(word) && !is_test && !place.contains("examples") {
                assert!(
                    rooms
                        .iter()
                        .any(|room| place.contains(&format!("/{room}/"))),
                    "{place} names {word}"
                );
            }
        }
    }
}

#[test]
fn nothing_below_the_command_line_draws_a_window() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["tree", "--package", "tidemill-cli", "--prefix", "none"])
        .args(["--edges", "normal,build", "--offline", "--locked"])
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("tidemill-engine "), "{output:?}");
    for package in ["tauri ", "wry ", "gtk ", "webkit2gtk "] {
        let found = tree.lines().find(|line| line.starts_with(package));
        assert_eq!(found, None);
    }
}

#[test]
fn no_file_is_longer_than_a_person_would_read() {
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 1000, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_top_level_holds_only_what_convention_asks_for() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src-tauri",
        "ui",
        "examples",
        "tests",
        "README.md",
        "LICENSE",
        "docs",
        "target",
        ".git",
        ".gitignore",
        ".gitattributes",
        ".cargo",
        ".config",
        ".ci",
        "clippy.toml",
        "deny.toml",
    ];
    for entry in fs::read_dir(root()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(allowed.contains(&name.as_str()), "{name} at the top level");
    }
}
