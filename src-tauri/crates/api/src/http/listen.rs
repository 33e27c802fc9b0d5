//! The API on a socket. Whatever a client does, it holds little and not for long: so
//! many connections, so long for a request's head, so long for bytes that it does
//! not take.

use std::{
    future::Future,
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::{TcpListener, TcpStream, lookup_host},
    sync::Semaphore,
    time::{Instant, Sleep, sleep, timeout},
};
use tower::ServiceExt as _;

use super::{Door, Gate, Studio, Token, assembled};
use crate::{Error, Host};

/// Where `serve` listens by default.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:4600";

/// How many connections may be open at once.
const CONNECTIONS: usize = 256;

/// How long a request's head may take, and a connection may wait for the next one.
const HEAD: Duration = Duration::from_secs(15);

/// How large a request's head may be.
const HEAD_BYTES: usize = 32 << 10;

/// How many headers it may have.
const HEADERS: usize = 64;

/// How long a client may not take what is written to it.
const STALL: Duration = Duration::from_secs(60);

/// How long open answers may go on once no new connection is taken.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What is told to who comes while every connection is taken.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n\
    Content-Length: 0\r\n\r\n";

/// An address that is listened on.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    gate: Arc<Gate>,
}

impl Server {
    /// Listens on `listen`: an address and a port, a name and a port, or a port of
    /// this machine's own address. Port 0 is any that is free.
    ///
    /// # Errors
    /// Where that is no address, or it is taken.
    pub async fn bind(host: &Host, listen: &str) -> Result<Self, Error> {
        let token = Token::of_home(&host.surroundings().home)?;
        let wanted = match listen.parse::<u16>() {
            Ok(port) => format!("127.0.0.1:{port}"),
            Err(_) => listen.to_owned(),
        };
        let listener = bound(&wanted)
            .await
            .map_err(|cause| refused(&wanted, &cause))?;
        let address = listener
            .local_addr()
            .map_err(|cause| refused(&wanted, &cause))?;
        let typed = wanted
            .parse::<SocketAddr>()
            .is_err()
            .then_some(wanted.as_str());
        let gate = Arc::new(Gate::new(token, address, typed));
        Ok(Self {
            listener,
            address,
            gate,
        })
    }

    /// Where the studio is, without the token.
    pub fn url(&self) -> String {
        let ip = self.address.ip();
        match ip.is_unspecified() {
            true => format!("http://localhost:{}", self.address.port()),
            false => format!("http://{}", self.address),
        }
    }

    /// The address that opens the studio once, token and all.
    pub fn opening_url(&self) -> String {
        format!("{}/?token={}", self.url(), self.gate.token().reveal())
    }

    /// Whether other machines can reach it.
    pub fn is_open_to_others(&self) -> bool {
        !self.address.ip().is_loopback()
    }

    /// Serves until `stop`; then open answers have a moment to end.
    pub async fn serve(self, host: Arc<Host>, studio: Studio, stop: impl Future<Output = ()>) {
        let router = assembled(Arc::clone(&host), studio.router());
        let open = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Such as too many open files: it gets better, or it does not.
                    tracing::warn!(%error, "no connection can be taken");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(permit) = Arc::clone(&open).try_acquire_owned() else {
                tokio::spawn(turn_away(stream));
                continue;
            };
            let connection = connection(stream, router.clone(), Arc::clone(&self.gate));
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // That a client went away, or was too slow, is its own affair.
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended");
                }
                drop(permit);
            });
        }
        drop(self.listener);
        host.end_streams();
        // Who still reads then, reads no more.
        let _ = timeout(LAST_ANSWERS, graceful.shutdown()).await;
    }
}

async fn bound(wanted: &str) -> io::Result<TcpListener> {
    let mut last = io::Error::new(ErrorKind::InvalidInput, "no address is called so");
    for address in lookup_host(wanted).await? {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn refused(wanted: &str, cause: &io::Error) -> Error {
    let mend = match cause.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there; choose another port, or `--listen 127.0.0.1:0` for \
             any that is free"
        }
        ErrorKind::PermissionDenied => "ports below 1024 are the administrator's; choose another",
        ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => "write it as ADDRESS:PORT, such as 127.0.0.1:4600",
    };
    Error::Option {
        option: "--listen",
        message: format!("{wanted}: {cause}"),
        mend: Some(mend.to_owned()),
    }
}

/// Tells a client that there is no room, if it listens soon.
async fn turn_away(mut stream: TcpStream) {
    // It may be gone already.
    let _ = timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
}

/// One connection: requests one after the other, each answered by the router.
fn connection(
    stream: TcpStream,
    router: Router,
    gate: Arc<Gate>,
) -> http1::Connection<
    TokioIo<Patient>,
    impl hyper::service::Service<
        hyper::Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    >,
> {
    // Events are small, and shall not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection may delay small answers");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request
            .extensions_mut()
            .insert(Door::Network(Arc::clone(&gate)));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service)
}

/// A connection whose writes may stall only so long.
struct Patient {
    stream: TcpStream,
    /// Runs while a write waits.
    stall: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            stall: None,
        }
    }

    /// Holds what came of a write against the clock.
    fn judge<T>(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.stall = None;
            return wrote;
        }
        let until = Instant::now() + STALL;
        let stall = self
            .stall
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        match stall.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judge(context, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
