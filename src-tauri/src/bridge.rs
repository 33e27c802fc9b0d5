//! The page's way to the API: one command for requests, and streams over channels.
//! Only the main window's capability names these commands.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::json;
use tauri::{
    State,
    ipc::{Channel, InvokeBody, InvokeResponseBody, Request, Response},
};
use tokio::{sync::Notify, task::AbortHandle};

use crate::{
    backend::{Backend, Unanswered},
    frame::{self, RequestHead},
};

/// The largest answer that is handed over whole.
const LARGEST: usize = 256 << 20;

/// So much of a stream may be under way to the page before it is waited for.
const UNDER_WAY: usize = 1 << 20;

/// So much of a stream is handed over at once at most.
const PIECE: usize = 256 << 10;

/// The page's streams, by the number that the page gave each.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<u32, Stream>>);

struct Stream {
    task: AbortHandle,
    window: Arc<Window>,
}

/// How much of a stream is under way.
#[derive(Default)]
struct Window {
    bytes: AtomicUsize,
    less: Notify,
}

impl Streams {
    /// Ends all: the page that followed them is gone.
    pub(crate) fn end_all(&self) {
        for (_, stream) in self.lock().drain() {
            stream.task.abort();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request of the page's, framed as [`frame`] says; so is the answer.
#[tauri::command]
pub(crate) async fn request(
    request: Request<'_>,
    backend: State<'_, Arc<Backend>>,
) -> Result<Response, String> {
    let InvokeBody::Raw(bytes) = request.body() else {
        return Err("a request is bytes".to_owned());
    };
    let asked = frame::read(bytes)?;
    let bytes = match backend.send(asked).await {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let body = to_bytes(body, LARGEST).await;
            let body = body.map_err(|error| format!("the answer ended early: {error}"))?;
            frame::write(head.status.as_u16(), &head.headers, &body)?
        }
        Err(unanswered) => problem(&unanswered)?,
    };
    Ok(Response::new(bytes))
}

/// Nobody answers: that is an answer, too, and the page shows it as any other.
fn problem(unanswered: &Unanswered) -> Result<Vec<u8>, String> {
    let status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
    let problem = json!({
        "type": "about:blank",
        "title": "The engine cannot be reached",
        "status": status,
        "detail": unanswered.to_string(),
        "hint": unanswered.mend(),
    });
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, kind);
    frame::write(status, &headers, problem.to_string().as_bytes())
}

/// Follows a stream of the API. On `channel` come `{status}`, then its bytes in
/// pieces, then `{end}` with the reason, if it was not the stream's own end.
#[tauri::command]
pub(crate) async fn follow(
    id: u32,
    head: RequestHead,
    channel: Channel<InvokeResponseBody>,
    backend: State<'_, Arc<Backend>>,
    streams: State<'_, Streams>,
) -> Result<(), String> {
    let asked = head.with_body(Vec::new())?;
    let backend = Arc::clone(&backend);
    let window = Arc::new(Window::default());
    let told = Arc::clone(&window);
    let task = tokio::spawn(async move {
        let end = match backend.send(asked).await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let begun = channel.send(said(&json!({ "status": status })));
                match begun {
                    Ok(()) => hand_over(answer.into_body(), &channel, &told).await,
                    Err(_) => return,
                }
            }
            Err(unanswered) => Some(unanswered.to_string()),
        };
        // The page may be gone: then nobody wants to know.
        let _ = channel.send(said(&json!({ "end": end })));
    });
    let stream = Stream {
        task: task.abort_handle(),
        window,
    };
    let mut known = streams.lock();
    known.retain(|_, stream| !stream.task.is_finished());
    if let Some(before) = known.insert(id, stream) {
        before.task.abort();
    }
    Ok(())
}

/// The page has taken so many bytes of a stream.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed its state by value"
)]
pub(crate) fn taken(id: u32, bytes: usize, streams: State<'_, Streams>) {
    if let Some(stream) = streams.lock().get(&id) {
        stream.window.taken(bytes);
    }
}

/// The page follows a stream no more.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed its state by value"
)]
pub(crate) fn leave(id: u32, streams: State<'_, Streams>) {
    if let Some(stream) = streams.lock().remove(&id) {
        stream.task.abort();
    }
}

fn said(value: &serde_json::Value) -> InvokeResponseBody {
    InvokeResponseBody::Json(value.to_string())
}

/// Hands a body over until it ends; answers why, if it broke.
async fn hand_over(
    mut body: Body,
    channel: &Channel<InvokeResponseBody>,
    window: &Window,
) -> Option<String> {
    let mut piece = Vec::new();
    loop {
        window.wait().await;
        let end = gather(&mut body, &mut piece).await;
        let is_there = send(&mut piece, channel, window);
        match end {
            Some(end) => return end,
            None if is_there => {}
            None => return None,
        }
    }
}

/// Waits for something of a body, and takes what is there already with it: each piece
/// costs the page a turn. `Some`: the body has ended, and why, if it broke.
async fn gather(body: &mut Body, piece: &mut Vec<u8>) -> Option<Option<String>> {
    let mut next = body.frame().await;
    loop {
        match next {
            None => return Some(None),
            Some(Err(error)) => return Some(Some(error.to_string())),
            Some(Ok(frame)) => piece.extend(frame.into_data().unwrap_or_default()),
        }
        if piece.len() >= PIECE {
            return None;
        }
        next = body.frame().now_or_never()?;
    }
}

/// Sends what is there; false: the page is gone.
fn send(piece: &mut Vec<u8>, channel: &Channel<InvokeResponseBody>, window: &Window) -> bool {
    if piece.is_empty() {
        return true;
    }
    window.bytes.fetch_add(piece.len(), Ordering::AcqRel);
    let bytes = std::mem::take(piece);
    channel.send(InvokeResponseBody::Raw(bytes)).is_ok()
}

impl Window {
    /// Waits until there is room.
    async fn wait(&self) {
        while self.bytes.load(Ordering::Acquire) >= UNDER_WAY {
            // One who comes between the look and the wait leaves a permit.
            self.less.notified().await;
        }
    }

    fn taken(&self, bytes: usize) {
        let less = |held: usize| Some(held.saturating_sub(bytes));
        // It always gives a number.
        let _ = self
            .bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        self.less.notify_one();
    }
}
