//! `events`: the stream of everything that happens.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response, sse::Event},
};
use futures_util::Stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::Routes;
use crate::{
    Following, Happened, Host,
    http::{problem::Problem, query::Query, sse},
    runs,
    tail::blocking,
};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(events))
}

/// What is to be told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Transitions after this one; by default those from now on. The header
    /// `Last-Event-ID` wins over it.
    cursor: Option<u64>,
    /// Of this run only: its id or its beginning, its readable name, or `last`.
    run: Option<String>,
}

/// Everything that happens, as it happens
///
/// Server-sent events. `hello` comes first; `transitions` at most ten times a second;
/// `file` where a flow file or a layout of the workspace changed, which moves no cursor;
/// `missed` where the reader was too far behind: it reads anew what it shows, and goes
/// on. Each has as its id the cursor to go on from.
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery),
    responses((status = 200, content_type = "text/event-stream", body = Happened)))]
async fn events(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    let cursor = last_event(&headers)?.or(query.cursor);
    let run = match query.run {
        Some(text) => {
            let home = host.home().clone();
            Some(blocking(move || runs::find(Some(&home), &text)).await?)
        }
        None => None,
    };
    let following = host.follow(cursor, run).await?;
    Ok(sse::answer(stream(following)).into_response())
}

/// The cursor that a browser gives when it comes again.
pub(super) fn last_event(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(given) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = given.to_str().ok().and_then(|text| text.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| Problem::bad_request("the header Last-Event-ID is no cursor of this stream"))
}

fn stream(following: Following) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    futures_util::stream::unfold(following, |mut following| async move {
        let happened = following.next().await?;
        let event = sse::event(happened.name(), happened.cursor(), &happened);
        Some((Ok(event), following))
    })
}
