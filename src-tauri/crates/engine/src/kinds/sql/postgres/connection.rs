//! A connection to a server: how it is opened, and how it ends when nobody waits any more.

use std::{error::Error as _, str::FromStr, time::Duration};

use tidemill_orchestrate::{Failure, FailureKind};
use tokio::runtime::Handle;
use tokio_postgres::{Client, Config, Error, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    kinds::failure,
    tls::{self, Trust},
};

/// How long a connection may take to open, where the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// An open connection. Dropped before [`Session::close`], it asks the server to cancel
/// what runs in it.
pub(super) struct Session {
    client: Client,
    tls: MakeRustlsConnect,
    runtime: Handle,
    is_busy: bool,
}

impl Session {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Ends it when nothing runs in it any more.
    pub(super) fn close(mut self) {
        self.is_busy = false;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_busy {
            let token = self.client.cancel_token();
            let tls = self.tls.clone();
            self.runtime.spawn(async move {
                // Where the request does not arrive, the statement ends with its
                // connection: the server notices when it next writes.
                let _ = token.cancel_query(tls).await;
            });
        }
    }
}

/// Opens a connection to the server that a URL names.
pub(super) async fn open(url: &str) -> Result<Session, Failure> {
    let (url, trust) = ssl_mode(url);
    // The parser's message names the option, never its value.
    let mut config = Config::from_str(&url).map_err(|error| {
        let reason = reason(&error);
        failure(FailureKind::Expression, format!("database: {reason}"))
    })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("tidemill");
    }
    let failed = |why: String| {
        let server = describe(&config);
        failure(
            FailureKind::Sql,
            format!("cannot connect to {server}: {why}"),
        )
    };
    let settings = tls::settings(trust).map_err(|error| failed(error.to_string()))?;
    let tls = MakeRustlsConnect::new(settings);
    let connecting = config.connect(tls.clone()).await;
    let (client, connection) = connecting.map_err(|error| failed(reason(&error)))?;
    let runtime = Handle::current();
    runtime.spawn(async move {
        // What ends the connection also ends the call that waits for it, which says why.
        let _ = connection.await;
    });
    Ok(Session {
        client,
        tls,
        runtime,
        is_busy: true,
    })
}

/// Takes out of the URL what of libpq's `sslmode` the client does not know: the
/// URL, and whose certificates are taken.
fn ssl_mode(url: &str) -> (String, Trust) {
    let Some((address, query)) = url.split_once('?') else {
        return (url.to_owned(), Trust::Anyone);
    };
    let mut trust = Trust::Anyone;
    let options: Vec<&str> = query
        .split('&')
        .map(|option| match option {
            "sslmode=verify-full" | "sslmode=verify-ca" => {
                trust = Trust::Machine;
                "sslmode=require"
            }
            "sslmode=allow" => "sslmode=prefer",
            other => other,
        })
        .collect();
    (format!("{address}?{}", options.join("&")), trust)
}

/// The server for a message: its hosts, ports and database, no credentials.
fn describe(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts: Vec<String> = hosts.collect();
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres://{}/{database}", hosts.join(","))
}

/// An error that is not a statement's, with what lies behind it.
pub(super) fn reason(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(database), _) => database.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifying_modes_are_taken_out() {
        let check = |url: &str, expected: &str, trust: Trust| {
            assert_eq!(ssl_mode(url), (expected.to_owned(), trust));
        };
        check("postgres://h/d", "postgres://h/d", Trust::Anyone);
        check(
            "postgres://h/d?a=b&sslmode=verify-full",
            "postgres://h/d?a=b&sslmode=require",
            Trust::Machine,
        );
        check(
            "postgres://h/d?sslmode=allow",
            "postgres://h/d?sslmode=prefer",
            Trust::Anyone,
        );
    }
}
