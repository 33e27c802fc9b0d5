//! `enable` and `disable`: whether a workspace's schedules fire on this machine.

use crate::{
    arguments::EnableArguments,
    exit::Exit,
    look::{Line, Role},
    message::{self, Failure},
    output::Output,
    source::Source,
};

pub(crate) fn enable(
    source: &Source<'_>,
    arguments: &EnableArguments,
    enabled: bool,
) -> Result<Exit, Failure> {
    let answer = source.enable(arguments.folder.as_deref(), enabled)?;
    let mut output = Output::new();
    if arguments.form.json {
        output.document(&answer)?;
    } else {
        let word = match (answer.enabled, answer.changed) {
            (true, true) => "enabled ",
            (true, false) => "enabled already: ",
            (false, true) => "disabled ",
            (false, false) => "not enabled: ",
        };
        output.line(&Line::plain(word).with(Role::Strong, &answer.workspace))?;
        if answer.enabled && !answer.served {
            message::note(NOBODY_SERVES);
        }
    }
    output.flush()?;
    Ok(Exit::Done)
}

/// Who enabled a workspace may think that this is enough.
pub(crate) const NOBODY_SERVES: &str =
    "nothing fires while nobody serves this home: open the app, or start `tidemill serve`";
