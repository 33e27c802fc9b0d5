//! `doctor`: a line for each thing that Tidemill needs.

use jiff::Timestamp;
use tidemill_api::doctor::DoctorAnswer;

use crate::{
    arguments::JsonArguments,
    exit::Exit,
    look::{Line, Look, Role},
    message::Failure,
    output::Output,
    source::Source,
};

pub(crate) fn doctor(source: &Source<'_>, form: JsonArguments) -> Result<Exit, Failure> {
    let answer = source.doctor(Timestamp::now())?;
    let mut output = Output::new();
    if form.json {
        output.document(&answer)?;
    } else {
        let lines = doctor_lines(&answer, output.look());
        output.lines(&lines)?;
    }
    output.flush()?;
    Ok(if answer.is_well() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn doctor_lines(answer: &DoctorAnswer, look: Look) -> Vec<Line> {
    let widths = answer.findings.iter().map(|finding| finding.name.len());
    let names = widths.max().unwrap_or(0);
    let mut lines = Vec::new();
    for finding in &answer.findings {
        let (icon, word, role) = match finding.ok {
            true => (look.glyph("✓", "+"), "ok", Role::Good),
            false => (look.glyph("‼", "!"), "warning", Role::Warning),
        };
        let mut line = Line::of(role, &format!("{icon} {word}"));
        line.pad_to(11);
        line.push(Role::Strong, &finding.name);
        line.pad_to(11 + names + 2);
        line.push(Role::Plain, &finding.found);
        lines.push(line);
        if let Some(mend) = &finding.mend {
            let mut line = Line::new();
            line.pad_to(11 + names + 2);
            lines.push(line.with(Role::Command, mend));
        }
    }
    lines
}
