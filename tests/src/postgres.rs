//! A Postgres server of a test's own: a new cluster in a temporary folder, on a free
//! port of the loopback interface and a socket in that folder, with TLS by a
//! certificate that nobody trusts.

use std::{
    fs, io,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; dropped, it is stopped and its cluster removed.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts a server on it; its one user, `postgres`, needs no password.
    ///
    /// Fails where Postgres or openssl is not installed. Root is not let run Postgres,
    /// so for root it runs as the user `postgres`, else `nobody`.
    pub fn start() -> io::Result<Self> {
        let programs = programs()?;
        let folder = TempDir::with_prefix("tidemill-postgres-")?;
        let user = unprivileged();
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let run = |program: &Path, arguments: &[&str]| {
            let mut command = command(program, user, folder.path());
            finish(command.args(arguments))
        };
        let encoding = ["--encoding=UTF8", "--locale=C", "--username=postgres"];
        let fast = ["--auth=trust", "--no-sync", "--pgdata=data"];
        run(&programs.join("initdb"), &[encoding, fast].concat())?;
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes"];
        let subject = ["-subj", "/CN=localhost", "-days", "2"];
        let files = ["-keyout", "data/server.key", "-out", "data/server.crt"];
        run(
            Path::new("openssl"),
            &[&request[..], &subject, &files].concat(),
        )?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = command(&programs.join("postgres"), user, folder.path());
        server.arg("-D").arg("data").arg("-k").arg(folder.path());
        for setting in [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
        ] {
            server.arg("-c").arg(setting);
        }
        let log = fs::File::create(folder.path().join("log"))?;
        let server = server.stderr(log).spawn()?;
        let mut postgres = Self {
            server,
            folder,
            port,
        };
        postgres.wait()?;
        Ok(postgres)
    }

    /// The URL of its database `postgres`, over TCP, with these options (`a=b&c=d`).
    pub fn url(&self, options: &str) -> String {
        let port = self.port;
        format!("postgres://postgres@127.0.0.1:{port}/postgres?{options}")
    }

    /// The URL of its database `postgres`, over its Unix socket.
    pub fn socket_url(&self) -> String {
        let folder = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/postgres", self.port)
    }

    /// Waits until it says in its own file that it is ready.
    fn wait(&mut self) -> io::Result<()> {
        let started = Instant::now();
        let file = self.folder.path().join("data/postmaster.pid");
        // The file is not there at first.
        let is_ready = || {
            fs::read_to_string(&file)
                .is_ok_and(|text| text.lines().any(|line| line.trim() == "ready"))
        };
        while !is_ready() {
            let ended = self.server.try_wait()?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.path().join("log"))?;
                return Err(io::Error::other(format!("postgres did not start: {log}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    /// Stops it at once, whatever its clients do, and waits for its end.
    fn drop(&mut self) {
        let pid = i32::try_from(self.server.id()).ok();
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have ended already: that is what is wanted.
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = self.server.wait();
    }
}

/// The folder of the newest installed server's programs.
fn programs() -> io::Result<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| {
            let folders = versions.flatten().map(|version| version.path().join("bin"));
            folders.collect()
        })
        .unwrap_or_default();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name);
        version.and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    folders
        .into_iter()
        .rev()
        .chain(path)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .ok_or_else(|| {
            io::Error::other("no Postgres server is installed: `apt-get install postgresql`")
        })
}

/// The user and group to run as, where this process may not run Postgres itself.
fn unprivileged() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(name))?;
        let mut fields = line.split(':').skip(2);
        let user = fields.next()?.parse().ok()?;
        Some((user, fields.next()?.parse().ok()?))
    };
    ids("postgres:").or_else(|| ids("nobody:"))
}

fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn finish(command: &mut Command) -> io::Result<()> {
    let output = command.stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let program = command.get_program().to_string_lossy().into_owned();
    Err(io::Error::other(format!("{program}: {said}")))
}
