//! Server-sent events: pulled by the socket, so that a slow reader reads later and
//! nobody waits for it.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Serialize;

/// Between two signs of life of a silent stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// An answer that goes on.
pub(crate) fn answer<S>(stream: S) -> Sse<axum::response::sse::KeepAliveStream<S>>
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

/// One event; `id` is from where on to follow after it.
pub(crate) fn event(name: &str, id: u64, data: &impl Serialize) -> Event {
    let event = Event::default().event(name).id(id.to_string());
    // Documents of texts and numbers always are JSON.
    let text = serde_json::to_string(data).unwrap_or_default();
    event.data(text)
}
