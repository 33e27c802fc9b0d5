//! `tidemill serve` under test: started on a port that is free, asked over plain
//! sockets, so that a test can say exactly what it sends.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStderr, Command},
    time::Duration,
};

use serde_json::Value;

use crate::{Sandbox, Signal, signal};

/// How long an answer may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `tidemill serve` that ends with the test.
pub struct Served {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its token.
    pub token: String,
    errors: Option<ChildStderr>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The head, lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl HttpAnswer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON: {error}\n{self:#?}"),
        }
    }

    /// Itself, if its status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
}

impl Served {
    /// Starts it on a sandbox.
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::start_with(sandbox, &[])
    }

    /// Starts it with more arguments.
    pub fn start_with(sandbox: &Sandbox, more: &[&str]) -> Self {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
        arguments.extend(more);
        Self::of(&mut sandbox.command(&arguments))
    }

    /// Starts it in an environment with these paths in it.
    pub fn start_where(sandbox: &Sandbox, environment: &[(&str, &Path)]) -> Self {
        let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
        Self::of(command.envs(environment.iter().copied()))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program");
        let mut line = String::new();
        let output = child.stdout.take().expect("standard output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let Some((url, token)) = line.trim().split_once("/?token=") else {
            let mut said = String::new();
            let errors = child.stderr.as_mut().expect("standard error");
            let _ = errors.read_to_string(&mut said);
            panic!("no address was printed: {line:?} {said}");
        };
        let address = url.strip_prefix("http://").expect("an address");
        Self {
            address: address.parse().expect("an address"),
            token: token.to_owned(),
            errors: child.stderr.take(),
            child,
        }
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// A request's text with our Host, the token, and these headers.
    pub fn text(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut text = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n",
            self.address, self.token
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str("Content-Type: application/json\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        text
    }

    /// Sends exactly this on a connection of its own, and reads one answer.
    pub fn send(&self, text: &str) -> HttpAnswer {
        let mut stream = self.connect();
        // It may answer, and close, before it has read everything.
        let _ = stream.write_all(text.as_bytes());
        read_answer(&mut BufReader::new(stream))
    }

    /// Asks, below `/api/v1`.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> HttpAnswer {
        self.send(&self.text(method, path, &[], body))
    }

    /// GETs a path below `/api/v1` that is there: its document.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "").expect(200).json()
    }

    /// POSTs to a path below `/api/v1`.
    pub fn post(&self, path: &str, body: &Value) -> HttpAnswer {
        self.ask("POST", path, &body.to_string())
    }

    /// Starts a run of a flow: its id.
    #[track_caller]
    pub fn run(&self, flow: &str) -> String {
        let answer = self.post(&format!("/flows/{flow}/runs"), &serde_json::json!({}));
        text(&answer.expect(201).json()["id"])
    }

    /// How a run stands.
    #[track_caller]
    pub fn state(&self, run: &str) -> String {
        text(&self.get(&format!("/runs/{run}"))["run"]["state"])
    }

    /// Opens a stream of server-sent events.
    pub fn stream(&self, path: &str, headers: &[(&str, &str)]) -> EventReader {
        let mut stream = self.connect();
        let text = self.text("GET", path, headers, "");
        stream.write_all(text.as_bytes()).expect("a request");
        let mut reader = BufReader::new(stream);
        let head = read_head(&mut reader);
        assert!(head.starts_with("http/1.1 200"), "{head}");
        EventReader {
            reader,
            rest: Vec::new(),
        }
    }

    /// Sends it a signal, and waits for its end: its exit code, and what it said.
    pub fn stop(mut self, with: Signal) -> (Option<i32>, String) {
        signal(self.child.id(), with);
        self.ended()
    }

    /// Waits for its end: its exit code, and what it said.
    pub fn ended(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        if let Some(mut errors) = self.errors.take() {
            errors.read_to_string(&mut said).expect("standard error");
        }
        let status = self.child.wait().expect("its end");
        (status.code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text in a document.
#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Reads one answer.
pub fn read_answer(reader: &mut impl BufRead) -> HttpAnswer {
    let head = read_head(reader);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let mut answer = HttpAnswer {
        status: status.unwrap_or_else(|| panic!("no answer: {head:?}")),
        head,
        body: String::new(),
    };
    let length = answer.header("content-length").map(str::to_owned);
    let body = match answer.header("transfer-encoding") {
        Some("chunked") => read_pieces(reader),
        _ => {
            let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            read_piece(reader, length)
        }
    };
    answer.body = String::from_utf8(body).expect("text");
    answer
}

/// A body that comes in pieces, each behind its length.
fn read_pieces(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a piece's length");
        let length = usize::from_str_radix(line.trim_end(), 16).expect("a piece's length");
        body.extend(read_piece(reader, length));
        read_piece(reader, 2);
        if length == 0 {
            return body;
        }
    }
}

fn read_piece(reader: &mut impl BufRead, length: usize) -> Vec<u8> {
    let mut piece = vec![0; length];
    reader.read_exact(&mut piece).expect("a whole piece");
    piece
}

fn read_head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        // A connection that was closed has no more lines.
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            return head;
        }
        let (name, value) = line.split_once(": ").unwrap_or((line.as_str(), ""));
        match value.is_empty() {
            true => head.push_str(&line.trim_end().to_ascii_lowercase()),
            false => head.push_str(&format!(
                "{}: {}",
                name.to_ascii_lowercase(),
                value.trim_end()
            )),
        }
        head.push('\n');
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedEvent {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its data.
    pub data: Value,
}

/// Reads server-sent events from a connection.
pub struct EventReader {
    reader: BufReader<TcpStream>,
    /// Bytes of the body that are not a whole line yet.
    rest: Vec<u8>,
}

impl Iterator for EventReader {
    type Item = StreamedEvent;

    /// The next event; `None` where the stream has ended.
    fn next(&mut self) -> Option<StreamedEvent> {
        self.event()
    }
}

impl EventReader {
    fn event(&mut self) -> Option<StreamedEvent> {
        let mut event = StreamedEvent {
            name: String::new(),
            id: String::new(),
            data: Value::Null,
        };
        loop {
            let line = self.line()?;
            if line.is_empty() && !event.name.is_empty() {
                return Some(event);
            }
            match line.split_once(": ") {
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).expect("JSON"),
                // A sign of life.
                _ => {}
            }
        }
    }

    /// The next line of the body, out of its chunks.
    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let line = String::from_utf8(line).expect("text");
                return Some(line.trim_end().to_owned());
            }
            let mut size = String::new();
            if self.reader.read_line(&mut size).expect("a chunk") == 0 {
                return None;
            }
            let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
            let mut chunk = vec![0; size + 2];
            self.reader.read_exact(&mut chunk).expect("a whole chunk");
            if size == 0 {
                return None;
            }
            chunk.truncate(size);
            self.rest.extend(chunk);
        }
    }
}
