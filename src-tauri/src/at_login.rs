//! Starting at login: an entry in the folder whose programs a desktop starts.
//!
//! Written here, and not by a plugin, since the entry has to be right in every detail:
//! where XDG_CONFIG_HOME says, its command quoted, with the home that this app is of,
//! and as a person's desktop left it (which turns entries off without removing them).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tauri::State;
use tidemill_api::Surroundings;

/// The entry's file, in the folder `autostart` of the person's configuration.
const ENTRY: &str = "dev.tidemill.studio.desktop";

/// The entry of this app on its home.
pub(crate) struct AtLogin {
    /// `None`: the platform has no such folder.
    file: Option<PathBuf>,
    program: PathBuf,
    /// `None`: the home that would be taken without a word.
    home: Option<PathBuf>,
}

impl AtLogin {
    /// The entry that starts this program on the home of `surroundings`.
    pub(crate) fn new(surroundings: &Surroundings) -> Self {
        // An AppImage is mounted anew at each start: its file is the program.
        let image = std::env::var_os("APPIMAGE").map(PathBuf::from);
        let usual = Surroundings::new(None, None).map(|usual| usual.home);
        let home = surroundings.home.clone();
        Self {
            file: entries().map(|folder| folder.join(ENTRY)),
            program: image.unwrap_or_else(|| surroundings.program.clone()),
            home: (usual.ok() != Some(home.clone())).then_some(home),
        }
    }

    /// Whether a login starts this app on this home.
    pub(crate) fn is_on(&self) -> bool {
        // What cannot be read, no desktop starts either.
        let text = self
            .file
            .as_ref()
            .and_then(|file| fs::read_to_string(file).ok());
        text.is_some_and(|text| is_enabled(&text) && value(&text, "Exec") == Some(&self.command()))
    }

    /// Turns it on or off.
    ///
    /// # Errors
    /// Where the entry cannot be written or removed.
    pub(crate) fn turn(&self, on: bool) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Err(io::Error::other(
                "there is no folder for programs to start at login",
            ));
        };
        if on {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            return fs::write(file, self.entry());
        }
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The entry. A desktop passes over it once the program is gone.
    fn entry(&self) -> String {
        format!(
            "[Desktop Entry]\nType=Application\nName=Tidemill\n\
             Comment=Runs your flows; starts without a window\nIcon=tidemill-studio\n\
             TryExec={}\nExec={}\nTerminal=false\nStartupNotify=false\n",
            escaped(&self.program.to_string_lossy()),
            self.command()
        )
    }

    fn command(&self) -> String {
        let mut command = format!("{} --hidden", quoted(&self.program));
        if let Some(home) = &self.home {
            command.push_str(" --home ");
            command.push_str(&quoted(home));
        }
        command
    }
}

/// The folder of what is started at login; macOS has another way, which is not ours.
fn entries() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return None;
    }
    let absolute = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let configuration =
        absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Some(configuration?.join("autostart"))
}

/// Whether a desktop would start an entry: each has its own way to turn one off.
fn is_enabled(text: &str) -> bool {
    value(text, "Hidden") != Some("true")
        && value(text, "X-GNOME-Autostart-enabled") != Some("false")
}

/// What an entry says of a key.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(known, _)| known.trim_end() == key)
        .map(|(_, value)| value.trim())
}

/// An argument of an entry's command: quoted, what means something in quotes escaped,
/// and then the whole as any text of an entry is.
fn quoted(path: &Path) -> String {
    let mut argument = String::from("\"");
    for sign in path.to_string_lossy().chars() {
        match sign {
            '"' | '`' | '$' | '\\' => argument.extend(['\\', sign]),
            '%' => argument.push_str("%%"),
            _ => argument.push(sign),
        }
    }
    argument.push('"');
    escaped(&argument)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

/// The page asks whether a login starts the app.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed its state by value"
)]
pub(crate) fn at_login(at_login: State<'_, AtLogin>) -> bool {
    at_login.is_on()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_login(folder: &Path, program: &str, home: Option<&str>) -> AtLogin {
        AtLogin {
            file: Some(folder.join("autostart").join(ENTRY)),
            program: PathBuf::from(program),
            home: home.map(PathBuf::from),
        }
    }

    #[test]
    fn it_is_turned_on_and_off_and_as_a_desktop_left_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = at_login(folder.path(), "/usr/bin/tidemill-studio", None);
        let file = here.file.clone().unwrap();
        assert!(!here.is_on());
        here.turn(false).unwrap();
        here.turn(true).unwrap();
        assert!(here.is_on());
        let entry = fs::read_to_string(&file).unwrap();
        assert!(entry.contains("\nExec=\"/usr/bin/tidemill-studio\" --hidden\n"));
        let other = at_login(folder.path(), "/usr/bin/tidemill-studio", Some("/other"));
        assert!(!other.is_on());
        for off in ["Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"] {
            fs::write(&file, format!("{entry}{off}")).unwrap();
            assert!(!here.is_on(), "{off}");
        }
        here.turn(true).unwrap();
        assert!(here.is_on());
        here.turn(false).unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn a_command_is_quoted_as_entries_want_it() {
        let here = at_login(Path::new("/"), "/opt/100% \"tide\"/a$b", Some("/my home"));
        assert_eq!(
            here.command(),
            r#""/opt/100%% \\"tide\\"/a\\$b" --hidden --home "/my home""#
        );
    }
}
