//! A display without a screen, the desktop app on it, and a driver that sees and does
//! what a person could.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use x11rb::{
    connection::Connection,
    protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window as WindowId,
    },
    rust_connection::RustConnection,
};

use crate::{program, sandbox::Sandbox, until};

/// How long a window, an element or an end is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process with all that it starts; ended with this value.
struct Group(Child);

impl Group {
    fn start(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// A display without a screen.
pub struct Display {
    name: String,
    _server: Group,
}

impl Default for Display {
    fn default() -> Self {
        Self::new()
    }
}

impl Display {
    /// Starts one, under a name that is free.
    pub fn new() -> Self {
        let mut server = Group::start(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", "1440x900x24"])
                .args(["-nolisten", "tcp", "-noreset"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let mut number = String::new();
        let output = server.0.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut number)
            .expect("the display's number");
        Self {
            name: format!(":{}", number.trim()),
            _server: server,
        }
    }

    /// The titles of the windows that are to be seen.
    pub fn titles(&self) -> Vec<String> {
        let (connection, root) = self.connect();
        windows(&connection, root)
            .into_iter()
            .map(|(_, title)| title)
            .collect()
    }

    /// Waits until a window with that title is to be seen.
    pub fn wait_for(&self, title: &str) {
        until(title, PATIENCE, || {
            self.titles().contains(&title.to_owned()).then_some(())
        });
    }

    /// Waits until no window with that title is to be seen.
    pub fn wait_until_gone(&self, title: &str) {
        until(title, PATIENCE, || {
            (!self.titles().contains(&title.to_owned())).then_some(())
        });
    }

    /// Closes a window as its cross in the corner does.
    pub fn close(&self, title: &str) {
        let (connection, root) = self.connect();
        let found = windows(&connection, root);
        let window = found.iter().find(|(_, known)| known == title);
        let (window, _) = window.unwrap_or_else(|| panic!("no window `{title}`: {found:?}"));
        let atom = |name: &str| {
            let cookie = connection.intern_atom(false, name.as_bytes());
            cookie.expect("a request").reply().expect("an atom").atom
        };
        let data = [atom("WM_DELETE_WINDOW"), 0, 0, 0, 0];
        let message = ClientMessageEvent::new(32, *window, atom("WM_PROTOCOLS"), data);
        // Answered, and not only written: a display drops what a program that has left
        // has not been heard on.
        connection
            .send_event(false, *window, EventMask::NO_EVENT, message)
            .expect("a request")
            .check()
            .expect("a message that is sent");
    }

    fn connect(&self) -> (RustConnection, WindowId) {
        let (connection, screen) = x11rb::connect(Some(&self.name)).expect("a display");
        let root = connection.setup().roots[screen].root;
        (connection, root)
    }
}

/// The windows that are to be seen, with their titles.
fn windows(connection: &RustConnection, root: WindowId) -> Vec<(WindowId, String)> {
    let tree = connection.query_tree(root).expect("a request").reply();
    // One that goes while it is looked at is none any more.
    tree.map(|tree| tree.children)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|window| {
            let attributes = connection
                .get_window_attributes(window)
                .ok()?
                .reply()
                .ok()?;
            let title = connection
                .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256)
                .ok()?
                .reply()
                .ok()?;
            let title = String::from_utf8_lossy(&title.value).into_owned();
            (attributes.map_state == MapState::VIEWABLE && !title.is_empty())
                .then_some((window, title))
        })
        .collect()
}

/// The built desktop app.
pub fn app() -> PathBuf {
    let app = program().with_file_name("tidemill-studio");
    assert!(
        app.is_file(),
        "{} is not there: build it first, with `cargo build -p tidemill-studio`",
        app.display()
    );
    app
}

/// A process of the app's, started as a desktop would.
pub struct App {
    group: Group,
}

impl App {
    /// Starts `program` on a display, with the sandbox's home and workspace.
    pub fn start(program: &Path, sandbox: &Sandbox, display: &Display, more: &[&str]) -> Self {
        let group = Group::start(&mut app_command(program, sandbox, display, more));
        Self { group }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.group.0.id()
    }

    /// Waits for its end; gives the code, `None` for a signal.
    pub fn wait(&mut self) -> Option<i32> {
        until("the app's end", PATIENCE, || {
            self.group.0.try_wait().expect("a child")
        })
        .code()
    }
}

/// A call of the app's with an environment of the sandbox's own, so that nothing of
/// this machine's user is read or changed.
fn app_command(program: &Path, sandbox: &Sandbox, display: &Display, more: &[&str]) -> Command {
    let mut command = Command::new(program);
    on_display(&mut command, sandbox, display);
    command
        .arg("--home")
        .arg(sandbox.home())
        .arg("--workspace")
        .arg(sandbox.work())
        .args(more)
        .current_dir(sandbox.work());
    command
}

fn on_display(command: &mut Command, sandbox: &Sandbox, display: &Display) {
    let user = sandbox.work().with_file_name("user");
    for (name, folder) in [
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "runtime"),
    ] {
        let folder = user.join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        command.env(name, folder);
    }
    command
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("TIDEMILL_HOME")
        .env_remove("TIDEMILL_WORKSPACE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
}

/// The app's window, driven.
pub struct Window {
    client: Client,
    runtime: Runtime,
    _driver: Group,
}

impl Window {
    /// Starts the app and waits for its page.
    pub fn open(sandbox: &Sandbox, display: &Display) -> Self {
        let port = free_port();
        let mut command = Command::new("WebKitWebDriver");
        on_display(&mut command, sandbox, display);
        command
            .arg(format!("--port={port}"))
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Group::start(&mut command);
        let runtime = Runtime::new().expect("a runtime");
        until("the driver", PATIENCE, || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let home = sandbox.home().to_string_lossy().into_owned();
        let work = sandbox.work().to_string_lossy().into_owned();
        let options = json!({
            "binary": app(),
            "args": ["--home", home, "--workspace", work],
        });
        let Value::Object(capabilities) = json!({ "webkitgtk:browserOptions": options }) else {
            unreachable!("it is written above");
        };
        let client = runtime.block_on(
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        Self {
            client: client.expect("a session"),
            runtime,
            _driver: driver,
        }
    }

    /// Waits for an element that an XPath names, and gives its text.
    pub fn text(&self, xpath: &str) -> String {
        self.runtime.block_on(async {
            let element = self
                .client
                .wait()
                .at_most(PATIENCE)
                .for_element(Locator::XPath(xpath));
            let element = element
                .await
                .unwrap_or_else(|error| panic!("{xpath}: {error}"));
            element.text().await.expect("its text")
        })
    }

    /// Clicks what an XPath names, once it is there.
    pub fn click(&self, xpath: &str) {
        self.runtime.block_on(async {
            let element = self
                .client
                .wait()
                .at_most(PATIENCE)
                .for_element(Locator::XPath(xpath));
            let element = element
                .await
                .unwrap_or_else(|error| panic!("{xpath}: {error}"));
            element
                .click()
                .await
                .unwrap_or_else(|error| panic!("{xpath}: {error}"));
        });
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        let url = self.runtime.block_on(self.client.current_url());
        url.expect("an address").to_string()
    }

    /// Has the window go somewhere, as a link in the page does.
    pub fn go(&self, url: &str) {
        let script = "location.href = arguments[0]; arguments[1]();";
        let arguments = vec![Value::from(url)];
        let gone = self
            .runtime
            .block_on(self.client.execute_async(script, arguments));
        gone.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Runs a script in the page, whose last argument is where it gives its answer.
    pub fn ask(&self, script: &str) -> Value {
        let answer = self
            .runtime
            .block_on(self.client.execute_async(script, vec![]));
        answer.unwrap_or_else(|error| panic!("{script}: {error}"))
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
