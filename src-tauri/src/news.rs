//! Follows what happens while the app runs: keeps the tray true, and tells of runs
//! that failed.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use http_body_util::BodyExt;
use serde::Deserialize;
use tauri::{AppHandle, Manager};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{backend::Backend, notices, tray};

/// How long it is waited before a stream that ended is followed again.
const PAUSE: Duration = Duration::from_secs(2);

/// The tray is made true at most this often.
const BEAT: Duration = Duration::from_secs(1);

/// One of the stream's moves; `number` 0 is the run itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Move {
    pub(crate) run: String,
    pub(crate) flow: String,
    pub(crate) name: String,
    pub(crate) number: u64,
    pub(crate) to: String,
    pub(crate) message: Option<String>,
}

#[derive(Deserialize)]
struct Moves {
    moves: Vec<Move>,
}

/// Begins to follow; goes on as long as the app does.
pub(crate) fn begin(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut cursor = None;
        loop {
            follow(&app, &mut cursor).await;
            tray::refresh(&app).await;
            sleep(PAUSE).await;
        }
    });
}

/// Follows until the stream ends; leaves in `cursor` where to go on.
async fn follow(app: &AppHandle, cursor: &mut Option<String>) {
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    let mut body = match backend.send(asked(cursor.as_deref())).await {
        Ok(answer) if answer.status().is_success() => answer.into_body(),
        Ok(answer) => {
            tracing::warn!(status = answer.status().as_u16(), "no stream of events");
            // It may be one of another home: the next begins with what is new.
            *cursor = None;
            return;
        }
        // The page says so; here it is tried again.
        Err(_) => return,
    };
    tray::refresh(app).await;
    let mut text = Vec::new();
    let mut due: Option<Instant> = None;
    loop {
        let bytes = tokio::select! {
            bytes = next(&mut body) => bytes,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                due = None;
                tray::refresh(app).await;
                continue;
            }
        };
        let Some(bytes) = bytes else { return };
        text.extend_from_slice(&bytes);
        let mut failed = Vec::new();
        for message in messages(&mut text) {
            let is_news = message.event == "missed" || message.moves.iter().any(is_of_run);
            if is_news && due.is_none() {
                due = Some(Instant::now() + BEAT);
            }
            failed.extend(message.moves.into_iter().filter(notices::is_failure));
            *cursor = message.id.or_else(|| cursor.take());
        }
        notices::tell(app, &failed).await;
    }
}

fn asked(cursor: Option<&str>) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = axum::http::Uri::from_static("/api/v1/events");
    if let Some(cursor) = cursor.and_then(|cursor| HeaderValue::from_str(cursor).ok()) {
        request.headers_mut().insert("last-event-id", cursor);
    }
    request
}

async fn next(body: &mut Body) -> Option<axum::body::Bytes> {
    // A frame without data ends a body; a broken one is followed again.
    body.frame().await?.ok()?.into_data().ok()
}

fn is_of_run(step: &Move) -> bool {
    step.number == 0
}

/// One message of a stream of server-sent events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    event: String,
    id: Option<String>,
    moves: Vec<Move>,
}

/// Takes the whole messages off the beginning of `text`.
fn messages(text: &mut Vec<u8>) -> Vec<Message> {
    let mut found = Vec::new();
    while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
        let whole: Vec<u8> = text.drain(..end + 2).collect();
        found.push(message(&String::from_utf8_lossy(&whole)));
    }
    found
}

fn message(text: &str) -> Message {
    let mut message = Message::default();
    let mut data = String::new();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", event)) => event.clone_into(&mut message.event),
            Some(("id", id)) => message.id = Some(id.to_owned()),
            Some(("data", more)) => data.push_str(more),
            // A comment, or a field of no use here.
            _ => {}
        }
    }
    if message.event == "transitions" {
        match serde_json::from_str::<Moves>(&data) {
            Ok(moves) => message.moves = moves.moves,
            Err(error) => tracing::warn!(%error, "events that cannot be read"),
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_whatever_the_pieces_are() {
        let stream = "event: hello\ndata: {}\nid: 4\n\n: still here\n\nevent: transitions\nid: 5\n\
            data: {\"moves\":[{\"run\":\"r\",\"flow\":\"f\",\"name\":\"n\",\"number\":0,\"to\":\"Failed\",\"message\":null}]}\n\n";
        let mut text = Vec::new();
        let mut found = Vec::new();
        for piece in stream.as_bytes().chunks(7) {
            text.extend_from_slice(piece);
            found.extend(messages(&mut text));
        }
        assert!(text.is_empty());
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].id.as_deref(), Some("4"));
        assert_eq!(found[1], Message::default());
        assert_eq!(found[2].moves[0].to, "Failed");
        assert!(is_of_run(&found[2].moves[0]));
    }
}
