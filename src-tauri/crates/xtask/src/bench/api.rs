//! The lists at the API: a served home asked over its socket, as the studio asks it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use super::{
    measure::once,
    report::Outcome,
    rows::{Row, filled_lists, flow},
    stage::Stage,
};
use crate::failure::Failure;

/// How often each question is asked.
const TIMES: usize = 60;

/// Lists, by what is said of them; each first page may take ten milliseconds.
const LISTS: &[(&str, &str)] = &[
    ("runs", "/runs"),
    ("failed runs", "/runs?state=failed"),
    (
        "completed runs of a flow",
        "/runs?flow=child&state=completed",
    ),
    ("longest runs", "/runs?sort=longest"),
    ("top runs", "/runs?top=true"),
    ("runs by a parameter", "/runs?parameter=n%3D77"),
    ("a run's tasks", "/runs/last/tasks"),
    ("a run's nodes", "/runs/last/nodes"),
    ("a run's timeline", "/runs/last/timeline"),
    ("flows", "/flows"),
    ("versions", "/flows/child/versions"),
    ("grid", "/flows/child/grid"),
    ("activity", "/activity"),
];

/// The row of the table.
pub(super) const ROW: Row = Row::at_most("api-lists", 10.0, api_lists);

/// What is searched for: words of one line, of every line, and of every line but of none
/// together.
const SEARCHES: &[&str] = &["777777", "delivered", "delivered%207%208", "child"];

/// How long the lines may take to be indexed.
const INDEXED: Duration = Duration::from_secs(120);

/// The slowest list's first page, p95 in milliseconds, among 10,000 runs of 100 task
/// runs, and of one with 1,500; beside it Home, search, and a log of a million lines.
fn api_lists(stage: &Stage, _pairs: usize) -> Result<Outcome, Failure> {
    filled_lists(stage)?;
    let body = "tasks:\n  t: { shell: seq -f '%.0f rows delivered' 1000000 }\n";
    let lines = flow(stage, "lines", body)?;
    once(
        "api-lists",
        &mut stage.tidemill("home-lists", &["run", "-q", &lines]),
    )?;
    let body = "tasks:\n  t: { for_each: '{{ range(1500) | list }}', value: '{{ item }}' }\n";
    let items = flow(stage, "items", body)?;
    once(
        "api-lists",
        &mut stage.tidemill("home-lists", &["run", "-q", &items]),
    )?;
    let mut server = Server::start(stage)?;
    let mut worst = (0.0, "");
    for (name, path) in LISTS {
        let taken = server.p95(path, TIMES)?;
        if taken > worst.0 {
            worst = (taken, name);
        }
    }
    server.wait_until_indexed()?;
    let mut search = 0.0_f64;
    for words in SEARCHES {
        search = search.max(server.p95(&format!("/search?q={words}"), TIMES)?);
    }
    let home = server.p95("/stats", TIMES)?;
    let histogram = server.p95("/stats/runs", TIMES)?;
    let log = server.newest("lines")?;
    let page = server.p95(&format!("/runs/{log}/logs?from=700000&limit=500"), TIMES)?;
    let grep = server.p95(&format!("/runs/{log}/logs?grep=99999"), 5)?;
    Ok(Outcome {
        value: worst.0,
        ours: worst.0 / 1e3,
        yardstick: None,
        beside: format!(
            "ms p95, {}; home {home:.1} (at most 30), search {search:.1} (at most 50), histogram {histogram:.1}, log page {page:.1} (at most 20), grep {grep:.0} (at most 1000)",
            worst.1
        ),
    })
}

/// `tidemill serve` on the home, with one connection that stays.
struct Server {
    child: Child,
    address: String,
    token: String,
    connection: BufReader<TcpStream>,
}

impl Server {
    fn start(stage: &Stage) -> Result<Self, Failure> {
        let fault = |error: io::Error| Failure::Io("tidemill serve".to_owned(), error);
        let mut command = stage.tidemill("home-lists", &["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(fault)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(fault)?;
        }
        let said = line.trim().strip_prefix("http://");
        let Some((address, token)) = said.and_then(|said| said.split_once("/?token=")) else {
            return Err(Failure::Step(format!("tidemill serve said {line:?}")));
        };
        let connection = TcpStream::connect(address).map_err(fault)?;
        connection.set_nodelay(true).map_err(fault)?;
        Ok(Self {
            child,
            address: address.to_owned(),
            token: token.to_owned(),
            connection: BufReader::new(connection),
        })
    }

    /// Waits until what was logged is indexed.
    fn wait_until_indexed(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        while !self
            .get("/search?q=delivered%20nothing")?
            .contains("\"complete\":true")
        {
            if started.elapsed() > INDEXED {
                return Err(Failure::Step("the lines are never indexed".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// What 95 of 100 answers to one question take at most, in milliseconds; the first
    /// does not count.
    fn p95(&mut self, path: &str, times: usize) -> Result<f64, Failure> {
        self.get(path)?;
        let mut taken = Vec::with_capacity(times);
        for _ in 0..times {
            let started = Instant::now();
            self.get(path)?;
            taken.push(started.elapsed().as_secs_f64() * 1e3);
        }
        taken.sort_by(f64::total_cmp);
        let place = (taken.len() * 95 / 100).min(taken.len().saturating_sub(1));
        Ok(taken.get(place).copied().unwrap_or(0.0))
    }

    /// The id of a flow's newest run.
    fn newest(&mut self, flow: &str) -> Result<String, Failure> {
        let body = self.get(&format!("/runs?flow={flow}&limit=1"))?;
        let id = body.split("\"id\":\"").nth(1);
        let id = id.and_then(|rest| rest.split('"').next());
        id.map(str::to_owned)
            .ok_or_else(|| Failure::Step(format!("no run of {flow}: {body}")))
    }

    /// A document below `/api/v1`.
    fn get(&mut self, path: &str) -> Result<String, Failure> {
        let request = format!(
            "GET /api/v1{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            self.address, self.token
        );
        let answered = self
            .connection
            .get_mut()
            .write_all(request.as_bytes())
            .and_then(|()| self.answer());
        match answered {
            Ok((true, body)) => Ok(body),
            Ok((false, body)) => Err(Failure::Step(format!("{path}: {body}"))),
            Err(error) => Err(Failure::Io(path.to_owned(), error)),
        }
    }

    /// Whether an answer is a good one, and its body.
    fn answer(&mut self) -> io::Result<(bool, String)> {
        let (mut good, mut length) = (false, 0);
        loop {
            let mut line = String::new();
            self.connection.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            good |= line.starts_with("http/1.1 200");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body)?;
        Ok((good, String::from_utf8_lossy(&body).into_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; the next start finds out.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
