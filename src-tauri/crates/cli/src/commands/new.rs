//! `new`: a flow to start from.

use tidemill_api::{Surroundings, new::EXAMPLES, new::new as write_flow};

use crate::{
    arguments::NewArguments,
    exit::Exit,
    look::{Line, Role},
    message::Failure,
    output::Output,
    text,
};

pub(crate) fn new(surroundings: &Surroundings, arguments: &NewArguments) -> Result<Exit, Failure> {
    let mut output = Output::new();
    match &arguments.name {
        None => {
            for example in EXAMPLES {
                let mut line = Line::of(Role::Strong, example.name);
                line.pad_to(10);
                output.line(&line.with(Role::Plain, example.about))?;
            }
        }
        Some(name) => {
            let answer = write_flow(surroundings, name, arguments.from.as_deref())?;
            let shown = |path| surroundings.shown(path).display().to_string();
            let file = shown(&answer.file);
            output.line(&Line::plain("wrote ").with(Role::Strong, &file))?;
            if let Some(mark) = &answer.mark {
                let line = Line::plain("made ").with(Role::Strong, &format!("{}/", shown(mark)));
                output.line(&line.with(Role::Plain, ", which makes this folder a workspace"))?;
            }
            let command = format!("tidemill run {}", text::shell_word(name));
            output.line(&Line::plain("next: ").with(Role::Command, &command))?;
        }
    }
    output.flush()?;
    Ok(Exit::Done)
}
