//! `new`: a flow to start from.

use crate::{
    arguments::NewArguments,
    exit::Exit,
    look::{Line, Role},
    message::Failure,
    output::Output,
    source::Source,
    text,
};

pub(crate) fn new(source: &Source<'_>, arguments: &NewArguments) -> Result<Exit, Failure> {
    let mut output = Output::new();
    match &arguments.name {
        None => {
            for example in source.examples()?.examples {
                let mut line = Line::of(Role::Strong, &example.name);
                line.pad_to(10);
                output.line(&line.with(Role::Plain, &example.about))?;
            }
        }
        Some(name) => {
            let flow = source.new_flow(name, arguments.from.as_deref())?;
            output.line(&Line::plain("wrote ").with(Role::Strong, &flow.file))?;
            if let Some(mark) = &flow.mark {
                let line = Line::plain("made ").with(Role::Strong, &format!("{mark}/"));
                output.line(&line.with(Role::Plain, ", which makes this folder a workspace"))?;
            }
            let command = format!("tidemill run {}", text::shell_word(name));
            output.line(&Line::plain("next: ").with(Role::Command, &command))?;
        }
    }
    output.flush()?;
    Ok(Exit::Done)
}
