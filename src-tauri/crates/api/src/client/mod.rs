//! A Tidemill elsewhere, asked over HTTP: the same verbs, answered by the process
//! that serves a home.

mod run;
mod verbs;

use std::{borrow::Cow, error::Error as _, path::Path};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;
use tidemill_flow::{Diagnostic, Place, Severity};
use url::Url;

use crate::{Error, FileDiagnostics, http::Token};

pub use run::{RemoteRun, Streamed};
pub use verbs::Pieces;

/// A Tidemill at an address.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// With a slash at its end.
    base: Url,
    token: Token,
}

/// What is wrong between this process and a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody answers.
    #[error("no Tidemill answers at {url}: {cause}")]
    Away {
        /// The address.
        url: String,
        /// Why, by the system.
        cause: String,
    },
    /// Somebody answers, and it is no Tidemill.
    #[error("what answers at {url} is no Tidemill: {cause}")]
    Stranger {
        /// The address.
        url: String,
        /// What it answered.
        cause: String,
    },
    /// It refused.
    #[error("{detail}")]
    Refused {
        /// The status.
        status: u16,
        /// What is wrong.
        detail: String,
        /// What to do about it.
        hint: Option<String>,
        /// Of a flow file: every mistake.
        file: Option<Box<FileDiagnostics>>,
    },
}

impl ServerError {
    /// Whether the server, and not the call, is at fault.
    pub(crate) fn is_system(&self) -> bool {
        match self {
            Self::Away { .. } => true,
            Self::Stranger { .. } => false,
            Self::Refused { status, .. } => *status >= 500,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Away { .. } => {
                Some("start it there with `tidemill serve`, or look at the address".to_owned())
            }
            Self::Stranger { .. } => Some(
                "give the address that `tidemill serve` prints, as http://HOST:PORT".to_owned(),
            ),
            Self::Refused { status: 401, .. } => Some(
                "give the server's token with TIDEMILL_TOKEN or --token-file FILE; it stands in \
                 the file `token` of its home"
                    .to_owned(),
            ),
            Self::Refused { hint, .. } => hint.clone(),
        }
    }
}

/// A problem document, as far as a client needs it.
#[derive(Debug, Deserialize)]
struct Refusal {
    detail: String,
    hint: Option<String>,
    #[serde(default)]
    diagnostics: Vec<RefusedLine>,
}

/// A diagnostic as it comes over the wire.
#[derive(Debug, Deserialize)]
struct RefusedLine {
    severity: String,
    line: u32,
    column: u32,
    message: String,
    hint: Option<String>,
    file: Option<String>,
}

impl From<RefusedLine> for Diagnostic {
    fn from(line: RefusedLine) -> Self {
        Self {
            severity: match line.severity.as_str() {
                "warning" => Severity::Warning,
                _ => Severity::Error,
            },
            place: Place {
                line: line.line,
                column: line.column,
            },
            message: line.message,
            hint: line.hint,
        }
    }
}

impl Client {
    /// A client of the Tidemill at an address. The token is the given one, or that of
    /// `home` where the address is of this machine.
    ///
    /// # Errors
    /// Where the address is none, or there is no token for it.
    pub fn new(server: &str, token: Option<Token>, home: &Path) -> Result<Self, Error> {
        let base = address(server)?;
        let token = match token {
            Some(token) => token,
            None if is_of_this_machine(&base) => {
                Token::read(&tidemill_store::Home::new(home).token())
                    .map_err(|_| no_token(&base))?
            }
            None => return Err(no_token(&base)),
        };
        let http = tidemill_engine::http_client().map_err(|cause| {
            Error::Server(ServerError::Away {
                url: base.to_string(),
                cause,
            })
        })?;
        Ok(Self { http, base, token })
    }

    /// Where the server is.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let bearer = format!("Bearer {}", self.token.reveal());
        self.http
            .request(method, url)
            .header(header::AUTHORIZATION, bearer)
    }

    /// Reads a document.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Error> {
        let answer = self
            .answered(self.request(Method::GET, path, query))
            .await?;
        self.document(answer).await
    }

    /// Has something done, and reads what came of it.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Json>,
    ) -> Result<T, Error> {
        let mut request = self.request(method, path, &[]);
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let answer = self.answered(request).await?;
        self.document(answer).await
    }

    /// An answer that is no refusal.
    async fn answered(&self, request: RequestBuilder) -> Result<Response, Error> {
        let answer = request.send().await.map_err(|error| self.away(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let text = answer.text().await.map_err(|error| self.away(&error))?;
        Err(self.refusal(status, &text))
    }

    async fn document<T: DeserializeOwned>(&self, answer: Response) -> Result<T, Error> {
        let text = answer.text().await.map_err(|error| self.away(&error))?;
        serde_json::from_str(&text).map_err(|error| self.stranger(&error.to_string()))
    }

    fn refusal(&self, status: StatusCode, text: &str) -> Error {
        let Ok(refusal) = serde_json::from_str::<Refusal>(text) else {
            return self.stranger(&format!("{status}, and no problem document"));
        };
        let path = refusal
            .diagnostics
            .iter()
            .find_map(|line| line.file.clone());
        let diagnostics: Vec<Diagnostic> = refusal
            .diagnostics
            .into_iter()
            .map(Diagnostic::from)
            .collect();
        Error::Server(ServerError::Refused {
            status: status.as_u16(),
            detail: refusal.detail,
            hint: refusal.hint,
            file: (!diagnostics.is_empty()).then(|| {
                Box::new(FileDiagnostics {
                    path: path.unwrap_or_default().into(),
                    flow: None,
                    diagnostics,
                })
            }),
        })
    }

    fn stranger(&self, cause: &str) -> Error {
        Error::Server(ServerError::Stranger {
            url: self.url().to_owned(),
            cause: cause.to_owned(),
        })
    }

    fn away(&self, error: &reqwest::Error) -> Error {
        let mut cause = Cow::from(tidemill_engine::http_reason(error));
        if cause.is_empty() {
            cause = error
                .source()
                .map_or(cause, |source| source.to_string().into());
        }
        Error::Server(ServerError::Away {
            url: self.url().to_owned(),
            cause: cause.into_owned(),
        })
    }
}

/// The address of a server, as it was typed.
fn address(typed: &str) -> Result<Url, Error> {
    let wrong = || Error::Option {
        option: "--server",
        message: format!("`{typed}` is no address of a server"),
        mend: Some("write it as http://127.0.0.1:4600".to_owned()),
    };
    let text = match typed.contains("://") {
        true => typed.to_owned(),
        false => format!("http://{typed}"),
    };
    let mut url = Url::parse(&text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong());
    }
    // The token of an address that was copied is not part of where it is.
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn no_token(url: &Url) -> Error {
    Error::Option {
        option: "--server",
        message: format!("there is no token for {url}"),
        mend: Some(
            "give it with TIDEMILL_TOKEN or --token-file FILE; it stands in the file `token` of \
             the server's home"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        for (typed, url) in [
            ("http://127.0.0.1:4600", "http://127.0.0.1:4600/"),
            ("localhost:4600", "http://localhost:4600/"),
            ("http://box.lan/?token=x#y", "http://box.lan/"),
            ("https://box.lan/tidemill", "https://box.lan/tidemill"),
        ] {
            assert_eq!(address(typed).unwrap().as_str(), url, "{typed}");
        }
        for typed in ["", "ftp://x", "http://"] {
            assert!(address(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn only_this_machine_is_given_the_home_s_token() {
        for (typed, own) in [
            ("localhost:1", true),
            ("127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("localhost.evil.example:1", false),
            ("10.0.0.1:1", false),
        ] {
            assert_eq!(is_of_this_machine(&address(typed).unwrap()), own, "{typed}");
        }
    }
}
