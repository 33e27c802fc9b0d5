//! `serve`: the engine, the API and the studio in this process, until a signal.

use std::sync::Arc;

use tidemill_api::{Close, Host, Surroundings, http::listen::Server};
use tokio::sync::oneshot;

use crate::{
    arguments::ServeArguments,
    exit::Exit,
    interrupts::Interrupts,
    message::{self, Failure},
    output::Output,
    runtime::runtime,
    studio::studio,
};

/// What this process is called beside the home's lock.
const PROGRAM: &str = "serve";

pub(crate) fn serve(
    surroundings: &Surroundings,
    arguments: &ServeArguments,
) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let interrupts = Interrupts::new()?;
        let host = Host::open(surroundings.clone(), PROGRAM).await?;
        let served = serve_host(&host, arguments, interrupts).await;
        // Where nothing was served there is nothing to wait for; else it was.
        let closed = host.close(Close::LetGo).await;
        served?;
        closed?;
        Ok(Exit::Done)
    })
}

async fn serve_host(
    host: &Arc<Host>,
    arguments: &ServeArguments,
    mut interrupts: Interrupts,
) -> Result<(), Failure> {
    let server = Server::bind(host, &arguments.listen).await?;
    host.announce(PROGRAM, &server.url())?;
    if server.is_open_to_others() {
        message::warn(
            "other machines can reach this address; whoever holds the token can run programs here",
        );
    }
    let mut output = Output::new();
    output.text(&server.opening_url())?;
    output.flush()?;
    if arguments.open {
        open(&server.opening_url());
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(Arc::clone(host), studio(), async {
        // A sender that is gone stops it as well.
        let _ = stopped.await;
    }));
    let why = interrupts.next().await;
    message::note(&format!("{why}: nothing new is started"));
    wait(host, arguments, &mut interrupts).await;
    // The server may have ended by a panic: then it is gone, too.
    let _ = stop.send(());
    let _ = serving.await;
    Ok(())
}

/// Waits for what runs: as long as it may, or until the next signal.
async fn wait(host: &Host, arguments: &ServeArguments, interrupts: &mut Interrupts) {
    tokio::select! {
        () = host.wait_until_idle() => return,
        () = tokio::time::sleep(arguments.grace) => {}
        _ = interrupts.next() => {}
    }
    message::note("what still runs is let go of; the next `tidemill serve` carries it on");
}

/// Opens an address in the browser. That this machine has none is no failure: the
/// address is printed.
pub(super) fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = std::process::Command::new(opener);
    command
        .arg(url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // Somebody has to take its exit code.
            std::thread::spawn(move || child.wait());
        }
        Err(error) => message::note(&format!("no browser can be opened ({opener}: {error})")),
    }
}
