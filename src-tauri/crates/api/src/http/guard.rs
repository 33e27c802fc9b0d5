//! Who may ask: a token, a Host that is ours, an Origin that is ours.
//!
//! A request that came in this process (the desktop window's) needs none of it; one
//! that did not come through a door at all is refused.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{problem::Problem, token::Token};

/// How the cookie of a browser that has shown the token once is called, with what tells
/// one home's from another's after it: a browser sends every port of a machine the same
/// cookies.
const COOKIE: &str = "tidemill_session_";

/// How long a browser keeps it.
const COOKIE_SECONDS: u32 = 30 * 24 * 60 * 60;

/// By which door a request came: an extension of the request.
#[derive(Clone, Debug)]
pub enum Door {
    /// From this very process, which is trusted.
    InProcess,
    /// By a socket.
    Network(Arc<Gate>),
}

/// What a request that came by a socket must show.
#[derive(Clone, Debug)]
pub struct Gate {
    token: Token,
    /// The cookie's name.
    cookie: String,
    authorities: Vec<String>,
    /// The port, where it listens on every address: then any address of this machine
    /// may be asked for by number. (A name could be anybody's.)
    any_address: Option<u16>,
}

impl Gate {
    /// A gate on an address; `typed` is how it was given, if it was by a name.
    pub fn new(token: Token, address: SocketAddr, typed: Option<&str>) -> Self {
        let port = address.port();
        let mut authorities: Vec<String> = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .map(|host| format!("{host}:{port}"))
            .collect();
        authorities.push(address.to_string());
        if let Some(typed) = typed {
            authorities.push(typed.to_ascii_lowercase());
        }
        if port == 80 {
            let hosts: Vec<String> = authorities
                .iter()
                .filter_map(|authority| authority.strip_suffix(":80"))
                .map(str::to_owned)
                .collect();
            authorities.extend(hosts);
        }
        Self {
            cookie: format!("{COOKIE}{}", token.fingerprint()),
            token,
            authorities,
            any_address: address.ip().is_unspecified().then_some(port),
        }
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The authority that a request names, if it is ours.
    fn authority(&self, request: &Request) -> Option<String> {
        let mut named = request.headers().get_all(header::HOST).iter();
        let host = named.next()?.to_str().ok()?.to_ascii_lowercase();
        let in_line = request.uri().authority();
        let agrees = in_line.is_none_or(|line| line.as_str().eq_ignore_ascii_case(&host));
        (named.next().is_none() && agrees && self.is_ours(&host)).then_some(host)
    }

    fn is_ours(&self, host: &str) -> bool {
        if self.authorities.iter().any(|known| known == host) {
            return true;
        }
        let by_number = host.parse::<SocketAddr>();
        let is_plain = || (self.any_address == Some(80)) && host.parse::<IpAddr>().is_ok();
        match (self.any_address, by_number) {
            (Some(port), Ok(address)) => address.port() == port,
            _ => is_plain(),
        }
    }

    fn admit(&self, request: &Request) -> Result<(), Problem> {
        let Some(host) = self.authority(request) else {
            return Err(Problem::named(
                StatusCode::MISDIRECTED_REQUEST,
                "wrong-host",
                "Wrong Host",
                "this Tidemill is not known by the name in the request's Host header",
            )
            .with_hint("use the address that `tidemill serve` printed, or name it with --listen"));
        };
        let headers = request.headers();
        if !is_of_origin(headers, &host) {
            return Err(cross_site(
                "the request comes from a page of another origin",
            ));
        }
        if !needs_token(request.uri().path()) {
            return Ok(());
        }
        if is_from_elsewhere(headers) {
            return Err(cross_site("the request comes from a page of another site"));
        }
        match self.credentials(headers) {
            Credentials::Token => Ok(()),
            Credentials::Cookie if is_safe(request.method()) || is_same_origin(headers) => Ok(()),
            Credentials::Cookie => Err(cross_site(
                "a browser's request that changes something must say that it comes from the studio",
            )),
            Credentials::None => Err(unauthorized()),
        }
    }

    /// What a request shows.
    fn credentials(&self, headers: &HeaderMap) -> Credentials {
        if let Some(shown) = headers.get(header::AUTHORIZATION) {
            let bearer = shown.to_str().ok().and_then(|shown| {
                let (scheme, rest) = shown.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then_some(rest.trim())
            });
            return match bearer {
                Some(shown) if self.token.is(shown) => Credentials::Token,
                _ => Credentials::None,
            };
        }
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut values = cookies
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == self.cookie);
        match values.any(|(_, value)| self.token.is(value)) {
            true => Credentials::Cookie,
            false => Credentials::None,
        }
    }
}

fn cross_site(detail: &str) -> Problem {
    Problem::named(
        StatusCode::FORBIDDEN,
        "cross-site",
        "Another site's request",
        detail,
    )
}

fn unauthorized() -> Problem {
    Problem::named(
        StatusCode::UNAUTHORIZED,
        "no-token",
        "The token is missing or wrong",
        "the request shows no token, or a wrong one",
    )
    .with_hint(
        "send the header `Authorization: Bearer TOKEN` with what stands in the file `token` of \
         the home; in a browser, open the address that `tidemill serve` printed",
    )
}

/// What of the router can be had without a token: whether it lives, and the studio's
/// own files, which hold nothing of the home.
fn needs_token(path: &str) -> bool {
    let is_api = path
        .strip_prefix("/api")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_api && path != "/api/v1/health"
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the page that asks, where the request names one, is ours.
fn is_of_origin(headers: &HeaderMap, host: &str) -> bool {
    let origins = headers.get_all(header::ORIGIN);
    let own = format!("http://{host}");
    origins
        .iter()
        .all(|origin| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
}

/// Whether a browser says that another site asks. Another port of this machine is
/// the same site to a browser, and another to us.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether a browser says that the request comes from our own page.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let by_site = headers.get("sec-fetch-site");
    by_site.is_some_and(|site| site == "same-origin") || headers.contains_key(header::ORIGIN)
}

enum Credentials {
    Token,
    Cookie,
    None,
}

/// Lets a request in, or says why not.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let door = request.extensions().get::<Door>().cloned();
    let gate = match door {
        Some(Door::InProcess) => return next.run(request).await,
        Some(Door::Network(gate)) => gate,
        None => return unauthorized().into_response(),
    };
    if let Err(problem) = gate.admit(&request) {
        return problem.into_response();
    }
    if let Some(shown) = shown_in_address(&request) {
        return begin_session(&gate, &shown);
    }
    next.run(request).await
}

/// The token in `/?token=…`.
fn shown_in_address(request: &Request) -> Option<String> {
    let is_front = request.uri().path() == "/" && request.method() == Method::GET;
    let query = request.uri().query().filter(|_| is_front)?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, shown) = pairs.find(|(name, _)| name == "token")?;
    Some(shown.into_owned())
}

/// Gives a browser that shows the token a cookie, and an address without it.
fn begin_session(gate: &Gate, shown: &str) -> Response {
    if !gate.token.is(shown) {
        return unauthorized().into_response();
    }
    let cookie = format!(
        "{}={shown}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}",
        gate.cookie
    );
    let Ok(cookie) = HeaderValue::try_from(cookie) else {
        return unauthorized().into_response();
    };
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, cookie);
    headers.insert(header::LOCATION, HeaderValue::from_static("/"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const TOKEN: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    fn gate(listen: &str, typed: Option<&str>) -> Gate {
        Gate::new(Token::parse(TOKEN).unwrap(), listen.parse().unwrap(), typed)
    }

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn status(gate: &Gate, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let admitted = gate.admit(&request(method, path, headers));
        admitted.err().map_or(200, |problem| problem.status)
    }

    #[test]
    fn a_host_is_ours_or_refused() {
        let loopback = gate("127.0.0.1:4600", None);
        let named = gate("192.168.1.7:4600", Some("Box.lan:4600"));
        let everywhere = gate("0.0.0.0:4600", None);
        for (gate, host, expected) in [
            (&loopback, "localhost:4600", 200),
            (&loopback, "LOCALHOST:4600", 200),
            (&loopback, "[::1]:4600", 200),
            (&loopback, "localhost", 421),
            (&loopback, "localhost:4601", 421),
            (&loopback, "evil.example:4600", 421),
            (&loopback, "127.0.0.1.evil.example:4600", 421),
            (&named, "192.168.1.7:4600", 200),
            (&named, "box.lan:4600", 200),
            (&named, "other.lan:4600", 421),
            (&everywhere, "10.0.0.3:4600", 200),
            (&everywhere, "[fe80::1]:4600", 200),
            (&everywhere, "box.lan:4600", 421),
        ] {
            let got = status(gate, "GET", "/api/v1/health", &[("host", host)]);
            assert_eq!(got, expected, "{host}");
        }
        assert_eq!(status(&loopback, "GET", "/", &[]), 421);
        let twice = [("host", "localhost:4600"), ("host", "evil.example")];
        assert_eq!(status(&loopback, "GET", "/", &twice), 421);
        let absolute = request("GET", "http://evil.example/", &[("host", "localhost:4600")]);
        assert!(loopback.admit(&absolute).is_err());
    }

    #[test]
    fn a_token_or_a_cookie_of_our_own_page_is_needed() {
        let gate = gate("127.0.0.1:4600", None);
        let host = ("host", "localhost:4600");
        let bearer = format!("Bearer {TOKEN}");
        let (bearer, cookie) = (
            ("authorization", bearer.as_str()),
            format!("a=b; {}={TOKEN}", gate.cookie),
        );
        let cookie = ("cookie", cookie.as_str());
        let own = ("origin", "http://localhost:4600");
        let other = ("origin", "http://localhost:4601");
        let site = |value| ("sec-fetch-site", value);
        for (method, headers, expected) in [
            ("GET", vec![host], 401),
            ("GET", vec![host, ("authorization", "Bearer x")], 401),
            ("GET", vec![host, ("authorization", "Basic x"), cookie], 401),
            ("GET", vec![host, bearer], 200),
            ("POST", vec![host, bearer], 200),
            ("GET", vec![host, bearer, other], 403),
            ("GET", vec![host, bearer, ("origin", "null")], 403),
            ("GET", vec![host, cookie], 200),
            ("GET", vec![host, cookie, site("none")], 200),
            ("GET", vec![host, cookie, site("cross-site")], 403),
            ("GET", vec![host, cookie, site("same-site")], 403),
            ("POST", vec![host, cookie], 403),
            ("POST", vec![host, cookie, site("none")], 403),
            ("POST", vec![host, cookie, own], 200),
            ("POST", vec![host, cookie, site("same-origin")], 200),
            ("DELETE", vec![host, cookie, other], 403),
        ] {
            let got = status(&gate, method, "/api/v1/runs", &headers);
            assert_eq!(got, expected, "{method} {headers:?}");
        }
        let of_another = format!("{COOKIE}={TOKEN}; {COOKIE}00000000={TOKEN}");
        let headers = [host, ("cookie", of_another.as_str())];
        assert_eq!(status(&gate, "GET", "/api/v1/runs", &headers), 401);
        assert_eq!(status(&gate, "GET", "/api/v1/health", &[host]), 200);
        assert_eq!(status(&gate, "GET", "/assets/x.js", &[host]), 200);
        assert_eq!(status(&gate, "GET", "/api", &[host]), 401);
    }

    #[test]
    fn each_home_has_a_cookie_of_its_own() {
        let other: String = TOKEN.chars().rev().collect();
        let address = "127.0.0.1:4601".parse().unwrap();
        let other = Gate::new(Token::parse(&other).unwrap(), address, None);
        assert_ne!(gate("127.0.0.1:4600", None).cookie, other.cookie);
        // The same home is known at another port.
        let again = gate("127.0.0.1:4602", None);
        assert_eq!(gate("127.0.0.1:4600", None).cookie, again.cookie);
    }
}
