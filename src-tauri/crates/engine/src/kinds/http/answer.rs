//! What was answered: read into memory within a bound, or into a file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use encoding_rs::{Encoding, UTF_8};
use mime::Mime;
use reqwest::{
    Response,
    header::{self, HeaderMap, HeaderValue},
};
use tempfile::TempPath;
use tidemill_flow::{Scope, Template, Value};
use tidemill_orchestrate::{Failure, FailureKind};
use tokio::{io::AsyncWriteExt, time::timeout};

use super::{client::reason, request::Request};
use crate::kinds::{LARGEST_RESULT, failure, unevaluated};

/// How many characters of an unexpected answer a message shows.
const EXCERPT_CHARACTERS: usize = 200;
/// How many bytes are read for it.
const EXCERPT_BYTES: usize = 4096;
/// How long they are waited for.
const EXCERPT_PATIENCE: Duration = Duration::from_secs(5);

/// The file that `save_to` names, absolute where the flow file's folder is.
pub(super) fn target(
    save_to: Option<&Template>,
    scope: &Arc<Scope>,
    folder: &Path,
) -> Result<Option<PathBuf>, Failure> {
    let Some(template) = save_to else {
        return Ok(None);
    };
    let text = template
        .render(scope)
        .map_err(|error| unevaluated("save_to", &error))?;
    let path = folder.join(&text);
    if text.is_empty() || text.ends_with(['/', std::path::MAIN_SEPARATOR]) || path.is_dir() {
        return Err(failure(
            FailureKind::Expression,
            format!("save_to: `{text}` names no file"),
        ));
    }
    Ok(Some(path))
}

/// Reads the answer's body and gives the task's output.
pub(super) async fn read(
    response: Response,
    request: &Request,
    target: Option<&Path>,
) -> Result<Value, Failure> {
    let status = Value::from(response.status().as_u16());
    let headers = headers(response.headers());
    let content_type = content_type(response.headers());
    let content = match target {
        Some(path) => {
            save(response, request, path).await?;
            ("path", Value::from(path.to_string_lossy().into_owned()))
        }
        None => decode(
            &body(response, request).await?,
            content_type.as_ref(),
            request,
        )?,
    };
    Ok(Value::from_pairs([
        ("status", status),
        ("headers", headers),
        content,
    ]))
}

/// The beginning of an answer on one line, for a message; `None` if there is none.
pub(super) async fn excerpt(mut response: Response) -> Option<String> {
    let content_type = content_type(response.headers());
    let mut bytes = Vec::new();
    let reading = async {
        // A body that breaks off has said what it had to say: the status is the failure.
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= EXCERPT_BYTES {
                break;
            }
        }
    };
    // What did not come in time is not worth more waiting, for the same reason.
    let _ = timeout(EXCERPT_PATIENCE, reading).await;
    let (text, _, _) = charset(content_type.as_ref()).decode(&bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let short: String = line.chars().take(EXCERPT_CHARACTERS).collect();
    let mark = if short.len() < line.len() { "…" } else { "" };
    (!short.is_empty()).then(|| format!("{short}{mark}"))
}

async fn body(mut response: Response, request: &Request) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().unwrap_or(0);
    if announced > LARGEST_RESULT as u64 {
        return Err(too_large(request));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = next(&mut response, request).await? {
        if bytes.len() + chunk.len() > LARGEST_RESULT {
            return Err(too_large(request));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(request: &Request) -> Failure {
    let limit = LARGEST_RESULT / (1024 * 1024);
    failure(
        FailureKind::Output,
        format!("{request}: the answer is larger than {limit} MiB; `save_to` keeps it in a file"),
    )
}

async fn next(response: &mut Response, request: &Request) -> Result<Option<bytes::Bytes>, Failure> {
    response.chunk().await.map_err(|error| {
        let reason = reason(&error);
        failure(
            FailureKind::Http,
            format!("{request}: the answer broke off: {reason}"),
        )
    })
}

/// Writes the body beside `path` and puts it there when it is whole and on the disk.
async fn save(mut response: Response, request: &Request, path: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        failure(
            FailureKind::Output,
            format!("{request}: cannot save to `{}`: {error}", path.display()),
        )
    };
    let (file, temporary) = temporary(path).map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(chunk) = next(&mut response, request).await? {
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))
}

/// A new file in the folder of `path`, which is made if it is missing; it is removed
/// when dropped.
fn temporary(path: &Path) -> io::Result<(std::fs::File, TempPath)> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program's new file: the process's mask takes away from it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    Ok(builder.tempfile_in(folder)?.into_parts())
}

fn decode(
    bytes: &[u8],
    content_type: Option<&Mime>,
    request: &Request,
) -> Result<(&'static str, Value), Failure> {
    let (text, _, _) = charset(content_type).decode(bytes);
    if !content_type.is_some_and(is_json) {
        return Ok(("text", Value::from(text.as_ref())));
    }
    if text.trim().is_empty() {
        return Ok(("json", Value::from(())));
    }
    serde_json::from_str(&text)
        .map(|value| ("json", value))
        .map_err(|error| {
            failure(
                FailureKind::Output,
                format!("{request}: the answer says that it is JSON, but is not: {error}"),
            )
        })
}

fn content_type(headers: &HeaderMap) -> Option<Mime> {
    // A content type that cannot be read says nothing, as a missing one.
    headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn is_json(content_type: &Mime) -> bool {
    content_type.subtype() == mime::JSON || content_type.suffix() == Some(mime::JSON)
}

fn charset(content_type: Option<&Mime>) -> &'static Encoding {
    content_type
        .and_then(|mime| mime.get_param(mime::CHARSET))
        .and_then(|name| Encoding::for_label(name.as_str().as_bytes()))
        .unwrap_or(UTF_8)
}

fn headers(headers: &HeaderMap) -> Value {
    Value::from_pairs(headers.keys().map(|name| {
        let mut values = headers.get_all(name).iter().map(text);
        let value = if name == header::SET_COOKIE {
            Value::from(values.collect::<Vec<_>>())
        } else {
            let first = values.next().unwrap_or_default();
            Value::from(values.fold(first, |all, next| format!("{all}, {next}")))
        };
        (name.as_str().to_owned(), value)
    }))
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
