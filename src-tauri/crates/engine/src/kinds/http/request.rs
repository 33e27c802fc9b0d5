//! A request with its templates evaluated, and what becomes of it on a redirect.

use std::{collections::BTreeSet, fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use reqwest::{
    Method, StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use tidemill_flow::{Http, HttpAuth, HttpBody, Scope, Template, template};
use tidemill_orchestrate::{Failure, FailureKind};
use url::form_urlencoded;

use crate::kinds::{failure, unevaluated};

/// A request, ready to be sent.
pub(super) struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    /// The headers that are left out on another host.
    private: BTreeSet<Box<str>>,
    body: Option<Body>,
}

struct Body {
    bytes: Bytes,
    /// It was made from a secret.
    is_private: bool,
}

/// Writes the method and the URL without what may be secret in it.
impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        if url.query().is_some() {
            url.set_query(Some("…"));
        }
        let text = url.as_str().replace("%E2%80%A6", "…");
        write!(formatter, "{} {text}", self.method)
    }
}

impl Request {
    /// Evaluates every template of `http`; sends nothing.
    pub(super) fn evaluate(http: &Http, scope: &Arc<Scope>) -> Result<Self, Failure> {
        let method = http.method.value("http.method", scope)?;
        let method = Method::from_bytes(method.as_str().as_bytes())
            .map_err(|_| invalid(format!("method: `{}` is none", method.as_str())))?;
        let mut request = Self {
            method,
            url: url(http, scope)?,
            headers: HeaderMap::new(),
            private: ["authorization", "cookie", "proxy-authorization"]
                .map(Box::from)
                .into(),
            body: None,
        };
        if let Some(body) = &http.body {
            request.set_body(body, scope)?;
        }
        request.take_credentials()?;
        for (name, value) in &http.headers {
            request.set_header(name, value, scope)?;
        }
        if let Some(auth) = &http.auth {
            request.set_auth(auth, scope)?;
        }
        Ok(request)
    }

    /// The request as the client takes it.
    pub(super) fn build(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        if let Some(body) = &self.body {
            *request.body_mut() = Some(body.bytes.clone().into());
        }
        request
    }

    /// The request that a redirect with this status and location asks for.
    pub(super) fn redirected(
        mut self,
        status: StatusCode,
        location: Result<Url, String>,
    ) -> Result<Self, Failure> {
        let refused =
            |request: &Self, why: String| failure(FailureKind::Http, format!("{request}: {why}"));
        let mut next = location
            .map_err(|error| refused(&self, format!("redirected to what is no URL: {error}")))?;
        if !matches!(next.scheme(), "http" | "https") || !next.has_host() {
            let why = format!("redirected to `{}:`, which is not http", next.scheme());
            return Err(refused(&self, why));
        }
        if next.fragment().is_none() {
            next.set_fragment(self.url.fragment());
        }
        self.change_method(status);
        if !keeps_secrets(&self.url, &next) {
            if self.body.as_ref().is_some_and(|body| body.is_private) {
                let host = next.host_str().unwrap_or_default();
                let why = format!("redirected to {host}, but its body holds a secret");
                return Err(refused(&self, why));
            }
            for name in &self.private {
                self.headers.remove(name.as_ref());
            }
        }
        self.url = next;
        self.take_credentials()?;
        Ok(self)
    }

    /// A redirect after which one asks with GET drops the body and what describes it.
    fn change_method(&mut self, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
                header::CONTENT_LANGUAGE,
                header::TRANSFER_ENCODING,
            ] {
                self.headers.remove(name);
            }
        }
    }

    /// Moves a user and password from the URL into the header.
    fn take_credentials(&mut self) -> Result<(), Failure> {
        let user = decoded(self.url.username());
        let password = decoded(self.url.password().unwrap_or_default());
        if user.is_empty() && password.is_empty() {
            return Ok(());
        }
        // Both can only fail on a URL without a host, which none here is.
        let _ = self.url.set_username("");
        let _ = self.url.set_password(None);
        self.authorize("url", &basic(&user, &password))
    }

    fn set_auth(&mut self, auth: &HttpAuth, scope: &Arc<Scope>) -> Result<(), Failure> {
        match auth {
            HttpAuth::Bearer(token) => {
                let token = render("auth.bearer", token, scope)?;
                self.authorize("auth.bearer", &format!("Bearer {token}"))
            }
            HttpAuth::Basic { user, password } => {
                let user = render("auth.basic.user", user, scope)?;
                if user.contains(':') {
                    return Err(invalid("auth.basic.user: a user cannot hold `:`"));
                }
                let password = render("auth.basic.password", password, scope)?;
                self.authorize("auth.basic", &basic(&user, &password))
            }
        }
    }

    fn authorize(&mut self, key: &str, text: &str) -> Result<(), Failure> {
        let value = header_value(key, text)?;
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }

    fn set_header(
        &mut self,
        name: &str,
        template: &Template,
        scope: &Arc<Scope>,
    ) -> Result<(), Failure> {
        let key = format!("headers.{name}");
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid(format!("{key}: a header cannot have this name")))?;
        let value = header_value(&key, &render(&key, template, scope)?)?;
        if reads_secret(template) {
            self.private.insert(header.as_str().into());
        }
        self.headers.insert(header, value);
        Ok(())
    }

    fn set_body(&mut self, body: &HttpBody, scope: &Arc<Scope>) -> Result<(), Failure> {
        let (text, content_type, is_private) = match body {
            HttpBody::Json(template) => {
                let value = template
                    .evaluate(scope)
                    .map_err(|error| unevaluated("json", &error))?;
                let text = template::to_json(&value).to_string();
                (text, "application/json", reads_secret(template))
            }
            HttpBody::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, template) in fields {
                    form.append_pair(name, &render(&format!("form.{name}"), template, scope)?);
                }
                let is_private = fields.values().any(reads_secret);
                (
                    form.finish(),
                    "application/x-www-form-urlencoded",
                    is_private,
                )
            }
            HttpBody::Text(template) => {
                let text = render("body", template, scope)?;
                (text, "text/plain; charset=utf-8", reads_secret(template))
            }
        };
        self.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = Some(Body {
            bytes: text.into(),
            is_private,
        });
        Ok(())
    }
}

/// The URL with its `query`.
fn url(http: &Http, scope: &Arc<Scope>) -> Result<Url, Failure> {
    let text = render("url", &http.url, scope)?;
    // The text itself is not shown: it may hold credentials.
    let mut url =
        Url::parse(text.trim()).map_err(|error| invalid(format!("url: it is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        return Err(invalid(format!(
            "url: it begins with `{scheme}:`, not with `http://` or `https://`"
        )));
    }
    for (name, template) in &http.query {
        let value = render(&format!("query.{name}"), template, scope)?;
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok(url)
}

/// Whether what is meant for `from` may also be told to `to`: the same host and
/// port, or the same host's step from http to https on the usual ports.
fn keeps_secrets(from: &Url, to: &Url) -> bool {
    let is_upgrade = from.scheme() == "http"
        && to.scheme() == "https"
        && from.host_str() == to.host_str()
        && from.port().is_none()
        && to.port().is_none();
    is_upgrade || from.origin() == to.origin()
}

fn reads_secret(template: &Template) -> bool {
    template
        .reads()
        .iter()
        .any(|path| path == "secrets" || path.starts_with("secrets."))
}

fn render(key: &str, template: &Template, scope: &Arc<Scope>) -> Result<String, Failure> {
    template
        .render(scope)
        .map_err(|error| unevaluated(key, &error))
}

fn header_value(key: &str, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        invalid(format!(
            "{key}: a header cannot hold a line break or another control character"
        ))
    })
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn invalid(message: impl Into<String>) -> Failure {
    failure(FailureKind::Expression, message)
}
