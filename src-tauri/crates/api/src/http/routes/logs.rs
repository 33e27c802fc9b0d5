//! `runs/{id}/logs/stream`: what a run writes, as it comes.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response, sse::Event},
};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Routes, events::last_event};
use crate::{
    Host,
    http::{extract::Path, problem::Problem, query::Query, sse},
    logs::{LogEntry, LogTail, LogsRequest},
    tail::{blocking, closed},
};

/// How often new lines are looked for.
const LOOK: Duration = Duration::from_millis(150);

/// At most so many lines in one event.
const LINES: usize = 2_000;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(stream_lines))
}

/// Which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Lines from this number on, 1 by default. The header `Last-Event-ID` wins.
    from: Option<u64>,
    /// Lines of this task, with all that stands in it: `fetch`, `group/inner`, `fetch[3]`.
    task: Option<String>,
    /// Lines that hold this.
    grep: Option<String>,
    /// Whether it goes on while the run does, true by default; else it ends after the
    /// lines that there are.
    follow: Option<bool>,
}

/// That nothing more comes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogEnd {
    /// The number of the last line that was sent.
    last: u64,
}

/// What a run writes, as it comes
///
/// Server-sent events: `lines`, each a list of lines, and `end` once the run has ended
/// and all was sent. The id of each is the number of its last line.
#[utoipa::path(get, path = "/runs/{id}/logs/stream", tag = "logs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"), StreamQuery),
    responses((status = 200, content_type = "text/event-stream", body = Vec<LogEntry>)))]
async fn stream_lines(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(run): Path<String>,
    Query(query): Query<StreamQuery>,
) -> Result<Response, Problem> {
    let last = last_event(&headers)?.map(|last| last.saturating_add(1));
    let from = last.or(query.from).unwrap_or(1).max(1);
    let request = LogsRequest {
        run,
        task: query.task,
        grep: query.grep,
        since: None,
    };
    let permit = host.stream_permit()?;
    let (home, closing) = (host.home().clone(), host.closing());
    let tail = blocking(move || LogTail::open(&home, &request, from)).await?;
    let lines = Lines {
        tail: Some(tail),
        follows: query.follow.unwrap_or(true),
        waiting: VecDeque::new(),
        last: from.saturating_sub(1),
        closing,
        _permit: permit,
    };
    Ok(sse::answer(stream(lines)).into_response())
}

/// Lines on their way to a reader.
struct Lines {
    /// `None` once nothing more comes.
    tail: Option<LogTail>,
    follows: bool,
    waiting: VecDeque<LogEntry>,
    last: u64,
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Lines {
    /// The next event; `None` where the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.waiting.is_empty() {
                return Some(self.waiting_lines());
            }
            let mut tail = self.tail.take()?;
            let read = blocking(move || {
                let page = tail.next_page()?;
                Ok((tail, page))
            });
            match read.await {
                Ok((_, Some(page))) if page.is_empty() && !self.follows => {
                    return Some(sse::event("end", self.last, &LogEnd { last: self.last }));
                }
                Ok((_, Some(page))) if page.is_empty() && *self.closing.borrow() => return None,
                Ok((tail, Some(page))) if page.is_empty() => {
                    self.tail = Some(tail);
                    self.wait().await;
                }
                Ok((tail, Some(page))) => {
                    self.tail = Some(tail);
                    self.waiting.extend(page);
                }
                Ok((_, None)) => {
                    return Some(sse::event("end", self.last, &LogEnd { last: self.last }));
                }
                Err(error) => {
                    tracing::warn!(%error, "a stream of lines ends: they cannot be read");
                    return None;
                }
            }
        }
    }

    fn waiting_lines(&mut self) -> Event {
        let count = self.waiting.len().min(LINES);
        let lines: Vec<LogEntry> = self.waiting.drain(..count).collect();
        self.last = lines.last().map_or(self.last, |line| line.number);
        sse::event("lines", self.last, &lines)
    }

    /// Waits until it is time to look again: for the last time where the host closes.
    async fn wait(&mut self) {
        tokio::select! {
            () = closed(&mut self.closing) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn stream(lines: Lines) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    futures_util::stream::unfold(lines, |mut lines| async move {
        let event = lines.next().await?;
        Some((Ok(event), lines))
    })
}
