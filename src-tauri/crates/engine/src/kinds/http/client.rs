//! The engine's HTTP client: one pool of connections for all its requests.

use std::{error::Error, sync::OnceLock, time::Duration};

use reqwest::{Client, ClientBuilder, Response, redirect::Policy};
use tidemill_orchestrate::{Failure, FailureKind};

use super::request::Request;
use crate::{
    kinds::failure,
    tls::{self, Trust},
};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests; proxies come from the environment (`HTTP_PROXY`, `HTTPS_PROXY`,
/// `ALL_PROXY`, `NO_PROXY`) or the system.
///
/// It costs nothing until its first request.
#[derive(Default)]
pub(crate) struct HttpClient {
    client: OnceLock<Result<Client, String>>,
}

impl HttpClient {
    /// A client that has opened nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A client that goes through no proxy, whatever the environment says.
    #[cfg(test)]
    pub(super) fn direct() -> Self {
        let client = build(Client::builder().no_proxy());
        Self {
            client: OnceLock::from(client),
        }
    }

    /// Sends one request, follows nothing, and waits for the answer's head.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, Failure> {
        let client = self
            .client
            .get_or_init(|| build(Client::builder()))
            .as_ref()
            .map_err(|reason| failure(FailureKind::Http, format!("{request}: {reason}")))?;
        client.execute(request.build()).await.map_err(|error| {
            let reason = reason(&error);
            failure(FailureKind::Http, format!("{request}: {reason}"))
        })
    }
}

/// A client of the program's own, which follows nothing: over the certificates that the
/// machine trusts, through the proxies that the environment or the system names.
///
/// # Errors
/// Why it cannot be made.
pub fn client() -> Result<Client, String> {
    build(Client::builder())
}

fn build(builder: ClientBuilder) -> Result<Client, String> {
    let tls = tls::settings(Trust::Machine).map_err(|error| error.to_string())?;
    builder
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| reason(&error))
}

/// What lies behind an error, without the layers that only say where they stood.
pub fn reason(error: &reqwest::Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(current) = cause {
        let text = current.to_string();
        let is_layer = text.starts_with("client error") || text.starts_with("error sending");
        if !is_layer && !reasons.iter().any(|known| known.contains(&text)) {
            reasons.push(text);
        }
        cause = current.source();
    }
    if reasons.is_empty() {
        return error.to_string();
    }
    reasons.join(": ")
}
