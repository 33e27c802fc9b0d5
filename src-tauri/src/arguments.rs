//! What can be typed when the app is started, and what a desktop hands over: a flow
//! file that was opened, or a link that was followed.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde::{Deserialize, Serialize};

/// The Tidemill studio: a window on your flows and their runs.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "tidemill-studio",
    version,
    about = "The Tidemill studio: a window on your flows and their runs",
    after_help = "\
One app runs for a home: started again, it shows the window that is there.
Where the window stays blank (some graphics drivers do that to WebKitGTK), open the
same studio in a browser: tidemill studio --browser",
    max_term_width = 100
)]
pub(crate) struct Arguments {
    /// Where Tidemill keeps its store, instead of TIDEMILL_HOME or the platform's data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,

    /// The folder whose flows are shown, instead of TIDEMILL_WORKSPACE or the one used last
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,

    /// Start in the tray, without a window; what starting at login does
    #[arg(long)]
    pub(crate) hidden: bool,

    /// What to show: a flow file, or a link like tidemill://run/ID
    #[arg(value_name = "FILE|LINK")]
    pub(crate) show: Option<String>,
}

/// What a second start asks of the app that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Whether the window is to come to the front.
    pub(crate) window: bool,
    /// The workspace that is named, as an absolute path.
    pub(crate) workspace: Option<String>,
    /// What to show in it: an absolute path of a flow file, or a link.
    pub(crate) show: Option<String>,
}

impl Arguments {
    /// What these arguments ask of an app that is there already. A file's path is
    /// relative to the folder of the process that was started, so it is made whole here.
    pub(crate) fn call(&self) -> Call {
        Call {
            window: !self.hidden || self.show.is_some(),
            workspace: self.workspace.as_deref().map(absolute),
            show: self.show.as_deref().map(whole),
        }
    }
}

fn whole(show: &str) -> String {
    if show.contains("://") {
        return show.to_owned();
    }
    absolute(Path::new(show))
}

fn absolute(path: &Path) -> String {
    let whole = std::path::absolute(path);
    // Only an empty text cannot be made whole: then nothing was named.
    let path = whole.unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(typed: &[&str]) -> Call {
        let typed = ["tidemill-studio"].iter().chain(typed);
        Arguments::try_parse_from(typed).unwrap().call()
    }

    #[test]
    fn a_hidden_start_leaves_the_window_alone_unless_it_has_something_to_show() {
        assert!(call(&[]).window);
        assert!(!call(&["--hidden"]).window);
        assert!(call(&["--hidden", "tidemill://run/last"]).window);
    }

    #[test]
    fn files_are_made_whole_and_links_are_left_alone() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            call(&["a.flow.yaml"]).show.unwrap(),
            here.join("a.flow.yaml").to_string_lossy()
        );
        assert_eq!(
            call(&["tidemill://run/last"]).show.unwrap(),
            "tidemill://run/last"
        );
        let workspace = call(&["--workspace", "flows"]).workspace;
        assert_eq!(workspace.unwrap(), here.join("flows").to_string_lossy());
    }
}
