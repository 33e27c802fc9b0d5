//! The Debian package, as `dpkg` installs it below a root of its own, and as it is
//! removed again.

#![cfg(target_os = "linux")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tidemill_tests::{
    Sandbox,
    desktop::{App, Display, app},
    is_alive,
};

const TITLE: &str = "Tidemill";
const PACKAGE: &str = "tidemill";

/// What the desktop's entry has to say.
const ENTRY: &[&str] = &[
    "Exec=tidemill-studio %u",
    "Icon=tidemill-studio",
    "Terminal=false",
    "MimeType=x-scheme-handler/tidemill;application/vnd.tidemill.flow+yaml;",
];

fn package() -> PathBuf {
    let folder = app().with_file_name("bundle").join("deb");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo xtask bundle --debug` makes it",
            folder.display()
        )
    });
    files
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .expect("a package")
}

fn done(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// `dpkg` on a root below a folder. It wants to be root; who is not, is made to look
/// so, which is all that it takes where no package has a script.
fn dpkg(root: &Path) -> Command {
    let mut command = match is_root() {
        true => Command::new("dpkg"),
        false => {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "dpkg"]);
            command
        }
    };
    command
        .arg(format!("--root={}", root.display()))
        .args(["--force-depends", "--force-not-root"])
        // Its log is below the root as well.
        .env("LC_ALL", "C");
    command
}

fn is_root() -> bool {
    let output = done(Command::new("id").arg("-u"));
    output.stdout.trim_ascii() == b"0"
}

/// An empty root with a database of packages.
fn root_of(sandbox: &Sandbox) -> PathBuf {
    let root = sandbox.work().with_file_name("root");
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    fs::create_dir_all(root.join("var/log")).unwrap();
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
    }
    root
}

/// Every file below a folder but what the database of packages is made of.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.retain(|path| !path.starts_with(root.join("var")));
    found
}

#[test]
fn the_package_installs_an_app_that_opens_and_is_removed_without_a_trace() {
    let sandbox = Sandbox::new();
    let root = root_of(&sandbox);
    done(dpkg(&root).arg("-i").arg(package()));
    let listed = done(dpkg(&root).args(["-s", PACKAGE]));
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("Status: install ok installed"), "{listed}");
    assert!(listed.contains("libwebkit2gtk-4.1-0"), "{listed}");

    let entry = root.join("usr/share/applications/Tidemill.desktop");
    let text = fs::read_to_string(&entry).unwrap();
    for line in ENTRY {
        assert!(
            text.lines().any(|known| known == *line),
            "{line} in\n{text}"
        );
    }
    done(Command::new("desktop-file-validate").arg(&entry));
    registers(&root);
    for size in ["32x32", "128x128", "256x256@2"] {
        let icon = format!("usr/share/icons/hicolor/{size}/apps/tidemill-studio.png");
        assert!(root.join(&icon).is_file(), "{icon} in {:?}", files(&root));
    }
    for path in files(&root) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let is_program = path.starts_with(root.join("usr/bin"));
        let expected = if is_program { 0o755 } else { 0o644 };
        assert_eq!(mode, expected, "{}", path.display());
    }

    // Both programs, each as the package has it.
    let tidemill = root.join("usr/bin/tidemill");
    done(Command::new(&tidemill).arg("--version"));
    sandbox.flow("greet", "tasks:\n  hello:\n    shell: echo good morning\n");
    done(
        Command::new(&tidemill)
            .args(["run", "greet", "--quiet"])
            .current_dir(sandbox.work())
            .env("TIDEMILL_HOME", sandbox.home()),
    );
    let display = Display::new();
    let studio = root.join("usr/bin/tidemill-studio");
    let started = App::start(&studio, &sandbox, &display, &[]);
    display.wait_for(TITLE);
    assert!(is_alive(started.pid()));
    drop(started);

    done(dpkg(&root).args(["--purge", PACKAGE]));
    assert_eq!(files(&root), Vec::<PathBuf>::new());
    assert!(sandbox.home().join("state.db").is_file());
}

/// What a desktop's own programs make of the package's files.
fn registers(root: &Path) {
    let share = root.join("usr/share");
    done(Command::new("update-mime-database").arg(share.join("mime")));
    let globs = fs::read_to_string(share.join("mime/globs2")).unwrap();
    let expected = "60:application/vnd.tidemill.flow+yaml:*.flow.yaml";
    assert!(globs.lines().any(|line| line == expected), "{globs}");
    done(Command::new("update-desktop-database").arg(share.join("applications")));
    let cache = fs::read_to_string(share.join("applications/mimeinfo.cache")).unwrap();
    for kind in [
        "x-scheme-handler/tidemill",
        "application/vnd.tidemill.flow+yaml",
    ] {
        let expected = format!("{kind}=Tidemill.desktop;");
        assert!(cache.lines().any(|line| line == expected), "{cache}");
    }
    // What they wrote is theirs, and no part of the package.
    fs::remove_file(share.join("applications/mimeinfo.cache")).unwrap();
    let made = fs::read_dir(share.join("mime")).unwrap().flatten();
    for entry in made.filter(|entry| entry.file_name() != "packages") {
        match entry.file_type().unwrap().is_dir() {
            true => fs::remove_dir_all(entry.path()).unwrap(),
            false => fs::remove_file(entry.path()).unwrap(),
        }
    }
}
