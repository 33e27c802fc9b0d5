//! `runs logs`: what a run's tasks wrote; followed, if that is asked for.

use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use tidemill_api::{
    client::Client,
    logs::{LogEntry, LogReader, LogsRequest},
    runs,
};

use crate::{
    arguments::LogsArguments,
    commands::open_settled,
    exit::Exit,
    look::{Line, Look, Role},
    message::Failure,
    output::Output,
    runtime::runtime,
    source::Source,
    text, time,
};

/// Between two looks for new lines.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn logs(source: &Source<'_>, arguments: LogsArguments) -> Result<Exit, Failure> {
    let request = LogsRequest {
        run: arguments.run,
        task: arguments.task,
        grep: arguments.grep,
        since: None,
    };
    let surroundings = match source {
        Source::Home(surroundings) => surroundings,
        Source::Server(_, client) => {
            return waited_lines(client, &request, arguments.follow, arguments.form.json);
        }
    };
    let Some(home) = open_settled(surroundings)? else {
        // Says that there is no such run.
        runs::find(None, &request.run)?;
        return Ok(Exit::Done);
    };
    let mut reader = LogReader::open(&home, &request)?;
    let mut writer = LogWriter::new(Output::new(), arguments.form.json, arguments.follow);
    writer.begin()?;
    loop {
        // Asked before the lines are read: what was written before the end is read then.
        let ended = !arguments.follow || reader.has_ended()?;
        loop {
            let page = reader.next_page()?;
            if page.is_empty() {
                break;
            }
            for entry in &page {
                writer.entry(entry)?;
            }
        }
        writer.output.flush()?;
        if ended {
            break;
        }
        std::thread::sleep(LOOK);
    }
    writer.end()?;
    Ok(Exit::Done)
}

/// Writes the lines of a run on a server.
fn waited_lines(
    client: &Client,
    request: &LogsRequest,
    follow: bool,
    json: bool,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let mut lines = client.lines(request, follow).await?;
        let mut writer = LogWriter::new(Output::new(), json, follow);
        writer.begin()?;
        while let Some(page) = lines.next().await? {
            for entry in &page {
                writer.entry(entry)?;
            }
            writer.output.flush()?;
        }
        writer.end()?;
        Ok(Exit::Done)
    })
}

/// The form in which lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The bytes that the tasks wrote.
    Raw,
    /// Lines with time and task in front.
    Terminal(Look),
    /// One document with all lines.
    Document,
    /// A document a line.
    Documents,
}

/// Writes lines.
struct LogWriter {
    output: Output,
    form: Form,
    zone: TimeZone,
    count: u64,
    /// Whose line was left without its end.
    open: Option<LogEntry>,
}

impl LogWriter {
    fn new(output: Output, json: bool, follow: bool) -> Self {
        let look = output.look();
        let form = match (json, follow, look.is_terminal()) {
            (true, true, _) => Form::Documents,
            (true, false, _) => Form::Document,
            (false, _, true) => Form::Terminal(look),
            (false, _, false) => Form::Raw,
        };
        Self {
            output,
            form,
            zone: TimeZone::system(),
            count: 0,
            open: None,
        }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if self.form == Form::Document {
            self.output.write_all(b"{\"lines\":[")?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &LogEntry) -> Result<(), Failure> {
        match self.form {
            Form::Raw => self.raw(entry)?,
            Form::Terminal(look) => {
                let line = shown(entry, &self.zone, look);
                self.output.line(&line)?;
            }
            Form::Document => {
                if self.count > 0 {
                    self.output.write_all(b",")?;
                }
                let text = serde_json::to_string(entry).map_err(std::io::Error::from)?;
                self.output.write_all(text.as_bytes())?;
            }
            Form::Documents => self.output.document(entry)?,
        }
        self.count += 1;
        Ok(())
    }

    /// The line's bytes; the pieces of a very long one stay together unless
    /// another task's line comes between.
    fn raw(&mut self, entry: &LogEntry) -> Result<(), Failure> {
        if let Some(open) = self.open.take()
            && (open.path != entry.path || open.stream != entry.stream)
        {
            self.output.write_all(b"\n")?;
        }
        self.output.write_all(&entry.bytes)?;
        if entry.open {
            self.open = Some(LogEntry {
                bytes: Vec::new(),
                ..entry.clone()
            });
        } else {
            self.output.write_all(b"\n")?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        if self.form == Form::Document {
            self.output.write_all(b"]}\n")?;
        }
        if self.open.take().is_some() {
            self.output.write_all(b"\n")?;
        }
        self.output.flush()?;
        Ok(())
    }
}

/// A line with its time and its task in front; it may wrap, and loses nothing but
/// what would act on the terminal.
fn shown(entry: &LogEntry, zone: &TimeZone, look: Look) -> Line {
    let at = time::time_of_day(entry.at.0, zone);
    let mut line = Line::of(Role::Dim, &format!("{at} "));
    if let Some(path) = &entry.path {
        line.push(Role::Active, &format!("{path} "));
    }
    line.push(Role::Dim, &format!("{} ", look.glyph("│", "|")));
    let text = String::from_utf8_lossy(&entry.bytes);
    line.with(Role::Plain, &text::log_line(&text))
}
