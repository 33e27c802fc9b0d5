//! What the machine must have, and how it gets there.
//!
//! On Debian and its kin, as root or with `sudo` that asks for no password, what
//! is missing is installed; elsewhere the one command is named.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, project, step};

/// Something that a job needs: how to see that it is there, and its Debian packages.
struct Need {
    what: &'static str,
    /// One, or several with a space between.
    package: &'static str,
    is_there: fn() -> bool,
}

const TO_RUN: &[Need] = &[
    Need {
        what: "a C compiler, for SQLite",
        package: "build-essential",
        is_there: || answers("cc", &["--version"]),
    },
    Need {
        what: "Python 3",
        package: "python3",
        is_there: || answers("python3", &["--version"]),
    },
];

const TO_TEST: &[Need] = &[
    Need {
        what: "Python's virtual environments",
        package: "python3-venv",
        is_there: || answers("python3", &["-c", "import venv, ensurepip"]),
    },
    Need {
        what: "the time zone database",
        package: "tzdata",
        is_there: || Path::new("/usr/share/zoneinfo/Europe/Berlin").exists(),
    },
    Need {
        what: "a PostgreSQL server",
        package: "postgresql",
        is_there: postgres_is_there,
    },
    Need {
        what: "OpenSSL's program, for a server's certificate",
        package: "openssl",
        is_there: || answers("openssl", &["version"]),
    },
    Need {
        what: "a clock that a test can set",
        package: "faketime",
        is_there: || answers("faketime", &["--version"]),
    },
];

/// What builds the studio's page.
const TO_BUILD_PAGE: &[Need] = &[Need {
    what: "Node.js 20.19 or later, with npm",
    package: "nodejs npm",
    is_there: node_is_there,
}];

/// What builds and runs the desktop app.
const TO_BUILD_APP: &[Need] = &[
    Need {
        what: "WebKitGTK, for the window",
        package: "pkg-config libwebkit2gtk-4.1-dev",
        is_there: || answers("pkg-config", &["--exists", "webkit2gtk-4.1"]),
    },
    Need {
        what: "D-Bus, for notifications",
        package: "pkg-config libdbus-1-dev",
        is_there: || answers("pkg-config", &["--exists", "dbus-1"]),
    },
    Need {
        what: "Ayatana's indicators, for the tray",
        package: "pkg-config libayatana-appindicator3-dev",
        is_there: || answers("pkg-config", &["--exists", "ayatana-appindicator3-0.1"]),
    },
];

/// What the tests look at the studio with.
const TO_TEST_STUDIO: &[Need] = &[
    Need {
        what: "an X server without a screen",
        package: "xvfb",
        is_there: || is_on_path("Xvfb"),
    },
    Need {
        what: "WebKitGTK's driver",
        package: "webkit2gtk-driver",
        is_there: || is_on_path("WebKitWebDriver"),
    },
    Need {
        what: "a message bus",
        package: "dbus",
        is_there: || is_on_path("dbus-daemon"),
    },
    Need {
        what: "what checks a desktop's entries, and its kinds of files",
        package: "desktop-file-utils shared-mime-info",
        is_there: || {
            [
                "desktop-file-validate",
                "update-desktop-database",
                "update-mime-database",
            ]
            .iter()
            .all(|program| is_on_path(program))
        },
    },
    Need {
        what: "Chromium",
        package: "chromium",
        is_there: || is_on_path("chromium"),
    },
];

/// Makes sure that the program can be built and run.
pub(crate) fn to_run() -> Result<(), Failure> {
    ensure(TO_RUN)
}

/// Makes sure that the studio's page can be built.
pub(crate) fn to_build_page() -> Result<(), Failure> {
    ensure(TO_BUILD_PAGE)
}

/// Makes sure that the desktop app can be built. Only Linux wants anything for that.
pub(crate) fn to_build_app() -> Result<(), Failure> {
    match cfg!(target_os = "linux") {
        true => ensure(TO_BUILD_APP),
        false => Ok(()),
    }
}

/// Makes sure that pages can be looked at with a browser.
pub(crate) fn to_browse() -> Result<(), Failure> {
    let browsers = TO_TEST_STUDIO
        .iter()
        .filter(|need| need.package == "chromium");
    ensure(browsers)
}

/// Makes sure that windows can be shown without a screen.
pub(crate) fn to_show_windows() -> Result<(), Failure> {
    ensure(TO_TEST_STUDIO.iter().filter(|need| need.package == "xvfb"))
}

/// Makes sure that the tests can run; answers the folder that holds `uv`.
pub(crate) fn to_test() -> Result<PathBuf, Failure> {
    ensure(
        TO_RUN
            .iter()
            .chain(TO_TEST)
            .chain(TO_BUILD_PAGE)
            .chain(TO_BUILD_APP)
            .chain(TO_TEST_STUDIO),
    )?;
    uv()
}

fn ensure<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Result<(), Failure> {
    let needs = needs.into_iter();
    let missing: Vec<&Need> = needs.filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.package.split(' '))
        .collect();
    packages.sort_unstable();
    packages.dedup();
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let by_hand = format!(
        "this machine lacks {}; install it with\n\n    sudo apt-get install -y --no-install-recommends {}\n\n(elsewhere than on Debian and its kin: the packages of the same purpose), then try again",
        what.join(", "),
        packages.join(" ")
    );
    let Some(mut prefix) = installer() else {
        return Err(Failure::Missing(by_hand));
    };
    step::say(&format!("installing {}", packages.join(" ")));
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    prefix.args(["apt-get", "update", "-q"]);
    step::quiet("package lists", &mut prefix, 0)?;
    let mut command = installer().ok_or_else(|| Failure::Missing(by_hand.clone()))?;
    command.arg("apt-get").args(install).args(&packages);
    step::quiet("packages", &mut command, 0)?;
    match missing.iter().find(|need| !(need.is_there)()) {
        None => Ok(()),
        Some(_) => Err(Failure::Missing(by_hand)),
    }
}

/// A command that runs its arguments with the right to install, if there is one.
fn installer() -> Option<Command> {
    if !answers("apt-get", &["--version"]) {
        return None;
    }
    let mut command = if answers_with("id", &["-u"], "0") {
        Command::new("env")
    } else if answers("sudo", &["-n", "true"]) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env"]);
        sudo
    } else {
        return None;
    };
    command.arg("DEBIAN_FRONTEND=noninteractive");
    Some(command)
}

/// `uv`, which carries a flow's Python packages: the machine's own, else one in
/// an environment below the target folder.
fn uv() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| folder.join("uv").is_file()) {
        return Ok(folder);
    }
    let folder = project::target().join("tools").join("uv");
    let programs = folder.join("bin");
    if !programs.join("uv").is_file() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&folder);
        step::quiet("environment for uv", &mut make, 0)?;
        let mut install = Command::new(programs.join("python"));
        install.args(["-m", "pip", "install", "--quiet", "uv"]);
        step::quiet("uv", &mut install, 0)?;
    }
    Ok(programs)
}

fn postgres_is_there() -> bool {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else {
        return answers("postgres", &["--version"]);
    };
    versions
        .flatten()
        .any(|version| version.path().join("bin/postgres").is_file())
}

/// The page's tools want 20.19, or 22.12 and later.
fn node_is_there() -> bool {
    let wants = "const [a, b] = process.versions.node.split('.').map(Number); \
                 process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)";
    answers("node", &["-e", wants]) && answers("npm", &["--version"])
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn answers_with(program: &str, arguments: &[&str], expected: &str) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == expected)
}
