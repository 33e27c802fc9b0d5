//! A run that a server carries, watched from here: its events and lines as they come.

use std::{collections::HashSet, sync::Arc, time::Duration};

use reqwest::{Method, Response, header};
use serde::Deserialize;
use tidemill_engine::{Event, Move, MoveNews};
use tidemill_orchestrate::{Creation, RunId, Subject, TaskRunNumber};
use tidemill_store::Stream;

use super::Client;
use crate::{
    EarlierTaskRun, Error, Outline, OutlineTask,
    document::{Moment, RunDocument},
    failure::Failures,
    logs::{LogEntry, LogsRequest},
    tail::MoveDocument,
};

/// How long a server that went away is waited for.
const PATIENCE: u32 = 60;

/// Between two attempts to find it again.
const PAUSE: Duration = Duration::from_secs(1);

/// A run on a server.
pub struct RemoteRun {
    client: Client,
    /// Its id.
    pub id: RunId,
    /// Its tasks.
    pub outline: Outline,
    /// How its task runs stood before it is watched; no items.
    pub earlier: Vec<EarlierTaskRun>,
    /// How it stood then.
    pub run: RunDocument,
    known: HashSet<TaskRunNumber>,
    cursor: u64,
    stream: Option<EventStream>,
}

/// A run's tasks, as its graph has them.
#[derive(Debug, Deserialize)]
struct RemoteGraph {
    flow: String,
    nodes: Vec<RemoteNode>,
}

#[derive(Debug, Deserialize)]
struct RemoteNode {
    name: String,
    parent: Option<usize>,
    mapped: bool,
    usual_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct RemoteMoves {
    moves: Vec<MoveDocument>,
}

#[derive(Debug, Deserialize)]
struct RemoteMissed {
    count: u64,
}

/// A line as it comes over the wire.
#[derive(Debug, Deserialize)]
struct RemoteLine {
    number: u64,
    at: Moment,
    path: Option<Arc<str>>,
    stream: String,
    attempt: u32,
    text: String,
    continues: bool,
}

impl From<RemoteLine> for LogEntry {
    fn from(line: RemoteLine) -> Self {
        Self {
            number: line.number,
            at: line.at,
            path: line.path,
            stream: match line.stream.as_str() {
                "stderr" => Stream::Stderr,
                "engine" => Stream::Engine,
                _ => Stream::Stdout,
            },
            attempt: line.attempt,
            bytes: line.text.into_bytes(),
            open: line.continues,
        }
    }
}

impl RemoteGraph {
    fn outline(self) -> Outline {
        let mut tasks: Vec<OutlineTask> = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            // A group stands before its inner tasks: it is in the list already.
            let group = node.parent.and_then(|parent| tasks.get(parent));
            let (depth, inside_mapped) = group.map_or((0, false), |group| {
                (group.depth + 1, group.mapped || group.inside_mapped)
            });
            tasks.push(OutlineTask {
                name: node.name,
                depth,
                mapped: node.mapped,
                inside_mapped,
                usual: node.usual_ms.map(Duration::from_millis),
            });
        }
        Outline {
            flow: self.flow,
            tasks,
        }
    }
}

impl RemoteRun {
    /// A run on a server, to be watched from now on.
    ///
    /// # Errors
    /// Where there is no such run, or the server does not answer.
    pub async fn open(client: Client, run: &str) -> Result<Self, Error> {
        let detail = client.detail(run).await?;
        let id: RunId = detail
            .run
            .id
            .parse()
            .map_err(|_| client.stranger("a run without an id"))?;
        let graph: RemoteGraph = client.get(&["runs", &detail.run.id, "graph"], &[]).await?;
        let rows = client.rows(&detail.run.id).await?.tasks;
        let earlier: Vec<EarlierTaskRun> = rows
            .into_iter()
            .filter_map(|row| {
                Some(EarlierTaskRun {
                    number: TaskRunNumber::new(row.number)?,
                    creation: Creation {
                        task: row.node,
                        parent: row.parent.and_then(TaskRunNumber::new),
                        item: row.index,
                        turn: 0,
                    },
                    state: row.state,
                    message: row.message.map(Into::into),
                    started_at: row.started_at.map(|at| at.0),
                    ended_at: row.ended_at.map(|at| at.0),
                })
            })
            .collect();
        Ok(Self {
            id,
            outline: graph.outline(),
            known: earlier.iter().map(|row| row.number).collect(),
            earlier,
            cursor: detail.cursor,
            run: detail.run,
            stream: None,
            client,
        })
    }

    /// What happened next, as the engine of this process would tell; `None` once the
    /// run has ended and its end was told. A server that goes away is waited for.
    ///
    /// # Errors
    /// Where the server refuses, or stays away.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if self.run.state.is_terminal() {
            return Ok(None);
        }
        loop {
            let Some((name, data)) = self.message().await? else {
                self.find_again().await?;
                continue;
            };
            match name.as_str() {
                "transitions" => {
                    let told: RemoteMoves = self.read(&data)?;
                    return Ok(Some(self.events(told.moves)));
                }
                "missed" => {
                    let missed: RemoteMissed = self.read(&data)?;
                    self.run = self.client.detail(&self.id.to_string()).await?.run;
                    return Ok(Some(vec![Event::Missed(missed.count)]));
                }
                _ => {}
            }
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, data: &str) -> Result<T, Error> {
        serde_json::from_str(data).map_err(|error| self.client.stranger(&error.to_string()))
    }

    /// The next message of the stream, which is opened where it is not.
    async fn message(&mut self) -> Result<Option<(String, String)>, Error> {
        if self.stream.is_none() {
            let query = [
                ("run", self.id.to_string()),
                ("cursor", self.cursor.to_string()),
            ];
            let request = self.client.request(Method::GET, &["events"], &query);
            let answer = self.client.answered(request).await?;
            self.stream = Some(EventStream::over(answer));
        }
        let message = match &mut self.stream {
            Some(stream) => stream.next().await,
            None => None,
        };
        let Some(message) = message else {
            self.stream = None;
            return Ok(None);
        };
        if let Some(cursor) = message.id {
            self.cursor = cursor;
        }
        Ok(Some((message.name, message.data)))
    }

    /// Waits until the server answers again.
    async fn find_again(&mut self) -> Result<(), Error> {
        let id = self.id.to_string();
        let mut left = PATIENCE;
        loop {
            tokio::time::sleep(PAUSE).await;
            left = left.saturating_sub(1);
            match self.client.detail(&id).await {
                Ok(_) => return Ok(()),
                Err(Error::Server(super::ServerError::Away { .. })) if left > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn events(&mut self, moves: Vec<MoveDocument>) -> Vec<Event> {
        let mut steps = Vec::with_capacity(moves.len());
        for told in moves {
            if told.number == 0 {
                self.run.state = told.to;
                self.run.message = told.message.as_deref().map(str::to_owned);
            }
            steps.push(self.step(told));
        }
        vec![Event::Moves {
            run: self.id,
            moves: steps.into(),
        }]
    }

    fn step(&mut self, told: MoveDocument) -> Move {
        let number = TaskRunNumber::new(told.number);
        let news = match (number, told.items, told.node) {
            (Some(number), Some(count), _) => MoveNews::Expanded {
                // Its view only counts.
                first: number,
                count,
            },
            (Some(number), None, Some(task)) if self.known.insert(number) => {
                MoveNews::Created(Creation {
                    task,
                    parent: told.parent.and_then(TaskRunNumber::new),
                    item: told.index,
                    turn: 0,
                })
            }
            _ => MoveNews::None,
        };
        Move {
            subject: number.map_or(Subject::Run, Subject::Task),
            run_attempt: told.attempt,
            from: told.from,
            to: told.to,
            at: told.at.0,
            message: told.message,
            news,
        }
    }
}

/// A run's lines, streamed by a server.
pub struct Streamed {
    client: Client,
    stream: EventStream,
}

impl Client {
    /// How a run stands now, and what failed in it.
    ///
    /// # Errors
    /// Where there is no such run, or the server does not answer.
    pub async fn ended(&self, run: &str) -> Result<(RunDocument, Failures), Error> {
        let detail = self.detail(run).await?;
        let run = detail.run.clone();
        Ok((run, detail.failures()))
    }

    /// Opens the stream of a run's lines; where not `follow`, of those there are now.
    ///
    /// # Errors
    /// Where there is no such run or task, or the server does not answer.
    pub async fn lines(&self, request: &LogsRequest, follow: bool) -> Result<Streamed, Error> {
        let mut query = vec![("follow", follow.to_string())];
        query.extend(request.task.clone().map(|task| ("task", task)));
        query.extend(request.grep.clone().map(|grep| ("grep", grep)));
        let request = self
            .request(
                Method::GET,
                &["runs", &request.run, "logs", "stream"],
                &query,
            )
            .header(header::ACCEPT, "text/event-stream");
        let answer = self.answered(request).await?;
        Ok(Streamed {
            client: self.clone(),
            stream: EventStream::over(answer),
        })
    }
}

impl Streamed {
    /// The next lines; `None` where there are no more.
    ///
    /// # Errors
    /// Where the server went away before it had sent all.
    pub async fn next(&mut self) -> Result<Option<Vec<LogEntry>>, Error> {
        loop {
            let Some(message) = self.stream.next().await else {
                return Err(Error::Server(super::ServerError::Away {
                    url: self.client.url().to_owned(),
                    cause: "it closed the stream of lines".to_owned(),
                }));
            };
            match message.name.as_str() {
                "end" => return Ok(None),
                "lines" => {
                    let lines: Vec<RemoteLine> = serde_json::from_str(&message.data)
                        .map_err(|error| self.client.stranger(&error.to_string()))?;
                    return Ok(Some(lines.into_iter().map(LogEntry::from).collect()));
                }
                _ => {}
            }
        }
    }
}

/// One server-sent event.
#[derive(Debug, Default)]
struct Message {
    name: String,
    id: Option<u64>,
    data: String,
}

/// Server-sent events out of an answer's body.
struct EventStream {
    answer: Response,
    rest: Vec<u8>,
}

impl EventStream {
    fn over(answer: Response) -> Self {
        Self {
            answer,
            rest: Vec::new(),
        }
    }

    /// The next event; `None` where the stream has ended, however it did. May be
    /// dropped and called again.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.whole() {
                if !message.name.is_empty() {
                    return Some(message);
                }
                continue;
            }
            match self.answer.chunk().await {
                Ok(Some(chunk)) => self.rest.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event that has come whole.
    fn whole(&mut self) -> Option<Message> {
        let end = self.rest.windows(2).position(|pair| pair == b"\n\n")?;
        let block: Vec<u8> = self.rest.drain(..end + 2).collect();
        let mut message = Message::default();
        for line in String::from_utf8_lossy(&block).lines() {
            match line.split_once(':') {
                Some(("event", name)) => message.name = name.trim().to_owned(),
                Some(("id", id)) => message.id = id.trim().parse().ok(),
                Some(("data", data)) => message.data.push_str(data.trim_start()),
                // A sign of life.
                _ => {}
            }
        }
        Some(message)
    }
}
