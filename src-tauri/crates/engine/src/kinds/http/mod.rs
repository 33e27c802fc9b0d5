//! The kind `http`: one request, its redirects, and what was answered.
//!
//! Every expression is evaluated before anything is sent. Redirects are followed
//! here and not by the client, so that what is secret stays with the host that it
//! was meant for. Not here: retries and timeouts, which are the driver's.

mod answer;
mod client;
mod request;

#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

pub(crate) use client::HttpClient;
pub use client::{client, reason};
use reqwest::{Response, StatusCode, Url, header};
use tidemill_flow::{Http, Scope, SettingError, StatusRange, Value};
use tidemill_orchestrate::{Failure, FailureKind};

use self::request::Request;
use super::failure;

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

/// Sends the request that `http` describes and gives `{ status, headers, json | text, path }`.
///
/// - `headers`: lower-case names; one that comes several times is joined by `, `,
///   but `set-cookie` is always a list.
/// - `json` where the content type says JSON (an empty body is null), else `text`,
///   decoded by the content type's charset, UTF-8 without one.
/// - with `save_to` neither, but `path`: the file, absolute. It appears whole or
///   not at all, and missing folders on its way are made.
///
/// A redirect is followed unless `expect` names its status. On another host (or
/// port, or from https to http) the credentials and every header made from a secret are
/// left out, and a body made from a secret is not sent.
///
/// Fails as `expression` where a template gives what it must not, as `http` where the
/// request fails or the status is not expected, as `output` where the answer is
/// larger than 64 MiB without `save_to`, says that it is JSON and is not, or cannot be saved.
pub(crate) async fn run(
    http: &Http,
    scope: &Arc<Scope>,
    folder: &Path,
    client: &HttpClient,
) -> Result<Value, Failure> {
    let request = Request::evaluate(http, scope)?;
    let target = answer::target(http.save_to.as_ref(), scope, folder)?;
    let expect = expected(http, scope)?;
    let (response, request) = send(request, &expect, client).await?;
    if !is_expected(response.status(), &expect) {
        return Err(unexpected(response, &request, &expect).await);
    }
    answer::read(response, &request, target.as_deref()).await
}

/// The status codes that are success.
fn expected(http: &Http, scope: &Arc<Scope>) -> Result<Vec<StatusRange>, SettingError> {
    let ranges = http.expect.iter();
    ranges
        .map(|range| Ok(*range.value("http.expect", scope)?))
        .collect()
}

/// Sends the request and follows redirects; the request that was answered in the end
/// comes with the response.
async fn send(
    mut request: Request,
    expect: &[StatusRange],
    client: &HttpClient,
) -> Result<(Response, Request), Failure> {
    for _ in 0..=MOST_REDIRECTS {
        let response = client.send(&request).await?;
        let status = response.status();
        match redirect(&response).filter(|_| !is_expected(status, expect)) {
            None => return Ok((response, request)),
            Some(location) => request = request.redirected(status, location)?,
        }
    }
    Err(failure(
        FailureKind::Http,
        format!("{request}: more than {MOST_REDIRECTS} redirects"),
    ))
}

/// Where a response sends its asker, if it does.
fn redirect(response: &Response) -> Option<Result<Url, String>> {
    let follows = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(header::LOCATION)?;
    follows.then(|| {
        let text = String::from_utf8_lossy(location.as_bytes());
        response
            .url()
            .join(&text)
            .map_err(|error| error.to_string())
    })
}

fn is_expected(status: StatusCode, expect: &[StatusRange]) -> bool {
    expect.iter().any(|range| range.contains(status.as_u16()))
}

/// The failure of a status that `expect` does not name, with the beginning of what was said.
async fn unexpected(response: Response, request: &Request, expect: &[StatusRange]) -> Failure {
    let status = response.status();
    let ranges: Vec<String> = expect.iter().map(ToString::to_string).collect();
    let mut message = format!(
        "{request} answered {status}, expected {}",
        ranges.join(", ")
    );
    if let Some(excerpt) = answer::excerpt(response).await {
        message.push_str(": ");
        message.push_str(&excerpt);
    }
    Failure {
        status: Some(status.as_u16()),
        ..failure(FailureKind::Http, message)
    }
}
