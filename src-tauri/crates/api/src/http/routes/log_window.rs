//! `runs/{id}/logs` and `runs/{id}/log.txt`: what a run wrote, by line number, or whole.

use std::{
    io::{self, BufWriter, Write},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Routes, list_query::page};
use crate::{
    Error, Host, OpenHome,
    http::{
        answer::{Answer, ask},
        extract::Path,
        problem::Problem,
        query::Query,
    },
    log_window::{self, LogPage, WindowPart, WindowRequest},
    logs::LogsRequest,
    runs,
    tail::blocking,
};

/// How many lines a page has by default.
const PAGE: u32 = 500;

/// How many it has at most.
const LARGEST_PAGE: u32 = 5_000;

/// Bytes of a text that are handed on together.
const PIECE: usize = 64 * 1024;

/// Pieces that wait for a slow reader.
const PIECES: usize = 4;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(window)).routes(routes!(whole))
}

/// Which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WindowQuery {
    /// Lines of this task, with all that stands in it: `fetch`, `group/inner`,
    /// `fetch[3]`, or the number of a task run.
    task: Option<String>,
    /// Lines that hold this.
    grep: Option<String>,
    /// Lines from this number on, 1 by default.
    from: Option<u64>,
    /// At most so many, 500 by default, 5000 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 5000)]
    limit: Option<NonZeroU32>,
    /// Instead of `from`: the last so many.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 5000)]
    tail: Option<NonZeroU32>,
}

/// What a run wrote, a piece of it
#[utoipa::path(get, path = "/runs/{id}/logs", tag = "logs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`"), WindowQuery),
    responses((status = 200, body = LogPage)))]
async fn window(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
    Query(query): Query<WindowQuery>,
) -> Answer<LogPage> {
    let limit = |asked| page(asked, PAGE, LARGEST_PAGE);
    let request = WindowRequest {
        run,
        task: query.task,
        grep: query.grep.filter(|text| !text.is_empty()),
        part: match query.tail {
            Some(last) => WindowPart::Last(limit(Some(last))),
            None => WindowPart::From(query.from.unwrap_or(1).max(1), limit(query.limit)),
        },
    };
    ask(host, move |host| log_window::window(host.home(), &request)).await
}

/// What a run wrote, all of it, as text
#[utoipa::path(get, path = "/runs/{id}/log.txt", tag = "logs",
    params(("id" = String, Path, description = "An id or its beginning, a readable name, or `last`")),
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn whole(
    State(host): State<Arc<Host>>,
    Path(run): Path<String>,
) -> Result<Response, Problem> {
    let permit = host.stream_permit()?;
    let home = host.home().clone();
    let (home, id, name) = blocking(move || {
        let id = runs::find(Some(&home), &run)?;
        let name = home.reader()?.summary(id)?.map(|run| run.name);
        Ok((home, id.to_string(), name.unwrap_or_default()))
    })
    .await?;
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || {
        write(&home, id, sender);
        drop(permit);
    });
    let disposition = format!("attachment; filename=\"{name}.log.txt\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let pieces = ReceiverStream::new(receiver).map(Ok::<Bytes, io::Error>);
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn write(home: &OpenHome, run: String, sender: mpsc::Sender<Bytes>) {
    let request = LogsRequest {
        run,
        ..LogsRequest::default()
    };
    let mut pieces = BufWriter::with_capacity(PIECE, Pieces(sender));
    let written: Result<io::Result<()>, Error> =
        log_window::write_text(home, &request, &mut pieces);
    match written {
        // A reader that went away wants no more.
        Ok(Ok(()) | Err(_)) => {}
        Err(error) => tracing::warn!(%error, "a log as text ends early"),
    }
}

/// Hands on what is written, and waits where the reader is slow.
struct Pieces(mpsc::Sender<Bytes>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Bytes::copy_from_slice(bytes))
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
