//! Who answers the studio's requests: an engine in this process, or, where another
//! process serves the home already, that one, over HTTP with the home's token.
//!
//! Which it is shows when the first request comes, and anew when the other process
//! has gone: then this one takes its place.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, Response, header},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tidemill_api::{
    Close, Error, Host, Surroundings, holder,
    http::{Door, Token, router},
};
use tokio::{net::TcpStream, sync::Mutex};
use tower::ServiceExt;
use url::Url;

/// What this process is called beside the home's lock.
const PROGRAM: &str = "desktop";

/// Whoever answers.
pub(crate) struct Backend {
    surroundings: Surroundings,
    /// Held while it is found out who answers, so that only one asks.
    choosing: Mutex<()>,
    chosen: RwLock<Option<Arc<Side>>>,
}

/// One of those who may answer.
enum Side {
    /// The engine in this process.
    Own { host: Arc<Host>, router: Router },
    /// The process that serves the home.
    Other { place: Place, pid: u32 },
}

/// Where another process listens.
#[derive(Clone)]
struct Place {
    authority: String,
    token: Token,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The home cannot be opened, or is held by a process that opens no port.
    Home(Error),
    /// The process that serves the home did not answer.
    Other(String),
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Home(error) => write!(formatter, "{error}"),
            Self::Other(what) => formatter.write_str(what),
        }
    }
}

impl Unanswered {
    /// What a person can do about it.
    pub(crate) fn mend(&self) -> Option<String> {
        match self {
            Self::Home(error) => error.hint(),
            Self::Other(_) => None,
        }
    }
}

impl Backend {
    /// Whoever will answer for this home. Opens nothing yet.
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            choosing: Mutex::new(()),
            chosen: RwLock::new(None),
        }
    }

    /// The home's folder.
    pub(crate) fn home(&self) -> &Path {
        &self.surroundings.home
    }

    /// The process that serves the home, if it is another and is known.
    pub(crate) fn other(&self) -> Option<u32> {
        match self.chosen().as_deref() {
            Some(Side::Other { pid, .. }) => Some(*pid),
            Some(Side::Own { .. }) | None => None,
        }
    }

    /// Sends a request, whose address is only a path; its answer may still be going on.
    ///
    /// # Errors
    /// Where nobody answers.
    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Body>, Unanswered> {
        let side = self.side().await?;
        match &*side {
            Side::Own { router, .. } => Ok(in_process(router, request).await),
            Side::Other { place, .. } => match place.connect().await {
                Ok(connection) => place.send(connection, request).await,
                Err(_) => {
                    // Nothing was sent yet: whoever is there now is asked instead.
                    self.forget(&side);
                    self.send_once_more(request).await
                }
            },
        }
    }

    async fn send_once_more(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Body>, Unanswered> {
        match &*self.side().await? {
            Side::Own { router, .. } => Ok(in_process(router, request).await),
            Side::Other { place, .. } => {
                let connection = place
                    .connect()
                    .await
                    .map_err(|error| place.silent(&error))?;
                place.send(connection, request).await
            }
        }
    }

    /// Ends the engine, if it is in this process.
    pub(crate) async fn close(&self, how: Close) {
        // It stays held: who asks from now on waits until the process is gone.
        let choosing = self.choosing.lock().await;
        let chosen = self
            .chosen
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Side::Own { host, .. }) = chosen.as_deref()
            && let Err(error) = host.close(how).await
        {
            tracing::error!(%error, "the engine could not be closed in good order");
        }
        // The home's lock goes with the last who holds it.
        drop(chosen);
        std::mem::forget(choosing);
    }

    fn chosen(&self) -> Option<Arc<Side>> {
        let chosen = self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        chosen.clone()
    }

    async fn side(&self) -> Result<Arc<Side>, Unanswered> {
        if let Some(side) = self.chosen() {
            return Ok(side);
        }
        let _choosing = self.choosing.lock().await;
        if let Some(side) = self.chosen() {
            return Ok(side);
        }
        let side = Arc::new(self.choose().await.map_err(Unanswered::Home)?);
        *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&side));
        Ok(side)
    }

    async fn choose(&self) -> Result<Side, Error> {
        let refused = match Host::open(self.surroundings.clone(), PROGRAM).await {
            Ok(host) => {
                let router = router(Arc::clone(&host));
                return Ok(Side::Own { host, router });
            }
            Err(error) => error,
        };
        let Error::HomeServed { .. } = &refused else {
            return Err(refused);
        };
        let other = holder(self.home()).and_then(|holder| {
            let authority = authority(holder.url.as_deref()?)?;
            Some((holder.pid, authority))
        });
        let Some((pid, authority)) = other else {
            return Err(refused);
        };
        let token = Token::of_home(self.home())?;
        let place = Place { authority, token };
        Ok(Side::Other { place, pid })
    }

    fn forget(&self, side: &Arc<Side>) {
        let mut chosen = self.chosen.write().unwrap_or_else(PoisonError::into_inner);
        chosen.take_if(|known| Arc::ptr_eq(known, side));
    }
}

fn authority(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let port = url.port_or_known_default()?;
    Some(format!("{}:{port}", url.host_str()?))
}

async fn in_process(router: &Router, request: Request<Vec<u8>>) -> Response<Body> {
    let mut request = request.map(Body::from);
    request.extensions_mut().insert(Door::InProcess);
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

impl Place {
    async fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends one request on a connection of its own: it is to this very machine, and
    /// a stream of events would keep a shared one.
    async fn send(
        &self,
        stream: TcpStream,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Body>, Unanswered> {
        let mut request = request.map(Body::from);
        let headers = request.headers_mut();
        let bearer = format!("Bearer {}", self.token.reveal());
        for (name, value) in [
            (header::HOST, &self.authority),
            (header::AUTHORIZATION, &bearer),
        ] {
            let value = HeaderValue::from_str(value).map_err(|error| self.silent(&error))?;
            headers.insert(name, value);
        }
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| self.silent(&error))?;
        tokio::spawn(async move {
            // What went wrong shows in the answer, or in the end of its body.
            let _ = connection.await;
        });
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| self.silent(&error))?;
        Ok(answer.map(Body::new))
    }

    fn silent(&self, error: &dyn std::error::Error) -> Unanswered {
        let authority = &self.authority;
        Unanswered::Other(format!(
            "`tidemill serve` at {authority} does not answer: {error}"
        ))
    }
}
