//! The built studio, served: its files, and its first page for every other path.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// One file of the studio.
#[derive(Clone, Debug)]
pub struct StudioFile {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub media_type: String,
}

/// Finds a file by its path, such as `index.html`.
type Find = dyn Fn(&str) -> Option<StudioFile> + Send + Sync;

/// Where the studio's files come from.
#[derive(Clone)]
pub struct Studio(Arc<Find>);

/// The first page.
const INDEX: &str = "index.html";

/// The folder whose files carry their content's hash in their names.
const HASHED: &str = "assets/";

/// What is shown where the studio was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><title>Tidemill</title>
<body style=\"font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem\">
<h1>Tidemill is running</h1>
<p>The studio is not part of this build. <code>cargo xtask run</code> builds it together with
the program; <code>npm --prefix ui run build</code> builds the studio alone.</p>
<p>The API is at <code>/api/v1</code>, described by <code>/api/v1/openapi.json</code>.</p>
</body></html>
";

impl Studio {
    /// A studio whose files `find` gives.
    pub fn new(find: impl Fn(&str) -> Option<StudioFile> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// The routes of its files.
    pub(crate) fn router(self) -> Router {
        Router::new().fallback(move |method: Method, uri: Uri| {
            let answer = self.answer(&method, uri.path());
            async move { answer }
        })
    }

    fn answer(&self, method: &Method, path: &str) -> Response {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        let path = path.trim_start_matches('/');
        if let Some(file) = (self.0)(path).filter(|_| !path.is_empty()) {
            let cache = match path.starts_with(HASHED) {
                true => "public, max-age=31536000, immutable",
                false => "no-cache",
            };
            return said(file.bytes, &file.media_type, cache);
        }
        if path.starts_with(HASHED) {
            return StatusCode::NOT_FOUND.into_response();
        }
        match (self.0)(INDEX) {
            Some(page) => said(page.bytes, &page.media_type, "no-cache"),
            None => said(
                Cow::Borrowed(NOT_BUILT.as_bytes()),
                "text/html; charset=utf-8",
                "no-store",
            ),
        }
    }
}

fn said(bytes: Cow<'static, [u8]>, media_type: &str, cache: &'static str) -> Response {
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_path_is_the_studio_s_first_page() {
        let studio = Studio::new(|path| match path {
            "index.html" | "assets/app-1a2b.js" => Some(StudioFile {
                bytes: Cow::Borrowed(b"x"),
                media_type: "text/html".to_owned(),
            }),
            _ => None,
        });
        let cache = |path: &str| {
            let answer = studio.answer(&Method::GET, path);
            let cache = answer.headers().get(header::CACHE_CONTROL).cloned();
            (
                answer.status().as_u16(),
                cache.map(|cache| cache.to_str().unwrap().to_owned()),
            )
        };
        for path in ["/", "/runs/last", "/index.html"] {
            assert_eq!(cache(path), (200, Some("no-cache".to_owned())), "{path}");
        }
        assert!(
            cache("/assets/app-1a2b.js")
                .1
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(cache("/assets/gone.js").0, 404);
        assert_eq!(studio.answer(&Method::POST, "/").status(), 405);
    }
}
