//! A display without a screen, the desktop app on it, and a driver that sees and does
//! what a person could.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{
        InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
        WheelAction, WheelActions,
    },
    elements::Element,
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use x11rb::{
    connection::Connection,
    protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat, MapState,
        Window as WindowId,
    },
    rust_connection::RustConnection,
};

use crate::{bus::Bus, group::Group, program, sandbox::Sandbox, until};

/// How long a window, an element or an end is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it is waited between two looks at a page.
const BEAT: Duration = Duration::from_millis(20);

/// A display without a screen.
pub struct Display {
    name: String,
    bus: Option<Bus>,
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
        let output = server.output().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut number)
            .expect("the display's number");
        Self {
            name: format!(":{}", number.trim()),
            bus: None,
            _server: server,
        }
    }

    /// Starts one whose programs have a message bus, too.
    pub fn with_bus() -> Self {
        Self {
            bus: Some(Bus::new()),
            ..Self::new()
        }
    }

    /// Its programs' message bus.
    pub fn bus(&self) -> &Bus {
        self.bus.as_ref().expect("a display with a bus")
    }

    /// The titles of the windows that are to be seen.
    pub fn titles(&self) -> Vec<String> {
        let (connection, root) = self.connect();
        windows(&connection, root)
            .into_iter()
            .map(|(_, title)| title)
            .collect()
    }

    /// Whether a window with that title is to be seen: one whose page is called
    /// something says that first.
    pub fn shows(&self, title: &str) -> bool {
        self.titles().iter().any(|known| is_called(known, title))
    }

    /// Waits until a window with that title is to be seen.
    pub fn wait_for(&self, title: &str) {
        until(title, PATIENCE, || self.shows(title).then_some(()));
    }

    /// Waits until no window with that title is to be seen.
    pub fn wait_until_gone(&self, title: &str) {
        until(title, PATIENCE, || (!self.shows(title)).then_some(()));
    }

    /// How many colours the middle of the display has: text has many, what stands there
    /// before it has few.
    pub fn colours(&self) -> usize {
        let (connection, root) = self.connect();
        let image = connection
            .get_image(ImageFormat::Z_PIXMAP, root, 200, 50, 800, 500, u32::MAX)
            .expect("a request")
            .reply();
        let pixels = image.expect("a picture").data;
        pixels.chunks_exact(4).collect::<HashSet<_>>().len()
    }

    /// Closes a window as its cross in the corner does.
    pub fn close(&self, title: &str) {
        let (connection, root) = self.connect();
        let found = windows(&connection, root);
        let window = found.iter().find(|(_, known)| is_called(known, title));
        let (window, _) = window.unwrap_or_else(|| panic!("no window `{title}`: {found:?}"));
        let data = [atom(&connection, "WM_DELETE_WINDOW"), 0, 0, 0, 0];
        let kind = atom(&connection, "WM_PROTOCOLS");
        let message = ClientMessageEvent::new(32, *window, kind, data);
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

fn is_called(known: &str, title: &str) -> bool {
    known == title || known.ends_with(&format!(" — {title}"))
}

fn atom(connection: &RustConnection, name: &str) -> u32 {
    let cookie = connection.intern_atom(false, name.as_bytes());
    cookie.expect("a request").reply().expect("an atom").atom
}

/// The windows that are to be seen, with their titles.
fn windows(connection: &RustConnection, root: WindowId) -> Vec<(WindowId, String)> {
    let name = atom(connection, "_NET_WM_NAME");
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
                .get_property(false, window, name, AtomEnum::ANY, 0, 256)
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
        Self::start_in(program, sandbox, display, Some(&sandbox.work()), more)
    }

    /// As [`start`](Self::start), with another workspace, or none, named.
    pub fn start_in(
        program: &Path,
        sandbox: &Sandbox,
        display: &Display,
        workspace: Option<&Path>,
        more: &[&str],
    ) -> Self {
        let mut command = Command::new(program);
        on_display(&mut command, sandbox, display);
        command.arg("--home").arg(sandbox.home());
        if let Some(workspace) = workspace {
            command.arg("--workspace").arg(workspace);
        }
        command.args(more).current_dir(sandbox.work());
        Self {
            group: Group::start(&mut command),
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.group.id()
    }

    /// Waits for its end; gives the code, `None` for a signal.
    pub fn wait(&mut self) -> Option<i32> {
        until("the app's end", PATIENCE, || {
            self.group.try_wait().expect("a child")
        })
        .code()
    }
}

/// Gives a command an environment of the sandbox's own, so that nothing of this
/// machine's user is read or changed.
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
    if let Some(bus) = &display.bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    }
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
        self.on(xpath, async |element| element.text().await)
    }

    /// Waits until nothing that an XPath names is there.
    pub fn wait_until_gone(&self, xpath: &str) {
        until(xpath, PATIENCE, || {
            let found = self.client.find_all(Locator::XPath(xpath));
            let found = self.runtime.block_on(found);
            found.expect("a look").is_empty().then_some(())
        });
    }

    /// Clicks what an XPath names, once it is there.
    pub fn click(&self, xpath: &str) {
        self.on(xpath, async |element| element.click().await);
    }

    /// Does something with an element, once it is there and lets that be done: a page
    /// that changes may put another in its place between the look and the deed.
    fn on<T>(&self, xpath: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            let done = self
                .runtime
                .block_on(async { act(self.client.find(Locator::XPath(xpath)).await?).await });
            match done {
                Ok(done) => return done,
                Err(error) => assert!(
                    Instant::now() < until,
                    "{xpath}: {error}; at {}:\n{}",
                    self.url(),
                    self.ask("arguments[0](document.body.innerText)")
                ),
            }
            std::thread::sleep(BEAT);
        }
    }

    /// Presses keys one after the other, as `"g"`, `"Enter"` or `"Control+k"`, wherever
    /// the focus is.
    pub fn press(&self, keys: &[&str]) {
        for text in keys {
            let pressed = self.perform(text);
            pressed.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    /// Presses a key that ends the app: then nobody may be there to say that it was.
    pub fn press_last(&self, key: &str) {
        let _ = self.perform(key);
    }

    fn perform(&self, text: &str) -> Result<(), Box<CmdError>> {
        let parts: Vec<char> = text.split('+').map(key).collect();
        let down = parts.iter().map(|&value| KeyAction::Down { value });
        let up = parts.iter().rev().map(|&value| KeyAction::Up { value });
        let presses = down
            .chain(up)
            .fold(KeyActions::new("keyboard".to_owned()), |presses, action| {
                presses.then(action)
            });
        let performed = self.runtime.block_on(self.client.perform_actions(presses));
        performed.map_err(Box::new)
    }

    /// Where the middle of an element is, once it is there, in pixels of the page.
    pub fn middle(&self, xpath: &str) -> (f64, f64) {
        let (x, y, width, height) = self.on(xpath, async |element| element.rectangle().await);
        (x + width / 2.0, y + height / 2.0)
    }

    /// Brings the pointer to a place.
    pub fn point(&self, place: (f64, f64)) {
        self.move_pointer(vec![moved(place, Duration::ZERO)]);
    }

    /// Presses the pointer at the first place, brings it to the others one after the
    /// other, `pace` for each, and lets it go at the last.
    pub fn drag(&self, way: &[(f64, f64)], pace: Duration) {
        let [first, rest @ ..] = way else { return };
        let button = MOUSE_BUTTON_LEFT;
        let mut actions = vec![
            moved(*first, Duration::ZERO),
            PointerAction::Down { button },
        ];
        actions.extend(rest.iter().map(|place| moved(*place, pace)));
        actions.push(PointerAction::Up { button });
        self.move_pointer(actions);
    }

    /// Turns the pointer's wheel at a place by so many pixels each time.
    pub fn turn_wheel(&self, (x, y): (f64, f64), turns: &[i64]) {
        let wheel = WheelActions::new("wheel".to_owned());
        let wheel = turns.iter().fold(wheel, |wheel, &delta_y| {
            wheel.then(WheelAction::Scroll {
                duration: None,
                x: x as i64,
                y: y as i64,
                delta_x: 0,
                delta_y,
            })
        });
        let turned = self.runtime.block_on(self.client.perform_actions(wheel));
        turned.unwrap_or_else(|error| panic!("the wheel: {error}"));
    }

    fn move_pointer(&self, actions: Vec<PointerAction>) {
        let moves = actions
            .into_iter()
            .fold(MouseActions::new("mouse".to_owned()), |moves, action| {
                moves.then(action)
            });
        let moved = self.runtime.block_on(self.client.perform_actions(moves));
        moved.unwrap_or_else(|error| panic!("the pointer: {error}"));
    }

    /// Types a text, wherever the focus is.
    pub fn write(&self, text: &str) {
        let keys: Vec<String> = text.chars().map(String::from).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.press(&keys);
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

fn moved((x, y): (f64, f64), duration: Duration) -> PointerAction {
    PointerAction::MoveTo {
        duration: Some(duration),
        x,
        y,
    }
}

/// The sign that a driver knows a key by.
fn key(name: &str) -> char {
    let key = match name {
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "ArrowDown" => Key::Down,
        "Control" => Key::Control,
        "Tab" => Key::Tab,
        one => return one.chars().next().expect("a key"),
    };
    key.into()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
