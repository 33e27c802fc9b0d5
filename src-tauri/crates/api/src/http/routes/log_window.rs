//! `runs/{id}/logs` and `runs/{id}/log.txt`: what a run wrote, by line number, or whole.

use std::{io, num::NonZeroU32, sync::Arc};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{Routes, list_query::page};
use crate::{
    Host,
    http::{
        answer::{Answer, ask},
        extract::Path,
        pieces,
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
    let body = pieces::body(move |to| {
        let request = LogsRequest {
            run: id,
            ..LogsRequest::default()
        };
        let written = log_window::write_text(&home, &request, to);
        drop(permit);
        written.map_err(io::Error::other)?
    });
    let disposition = format!("attachment; filename=\"{name}.log.txt\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, body).into_response())
}
