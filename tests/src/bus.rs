//! A message bus of a test's own, with the parts of a desktop on it that the app talks
//! to: one that keeps a tray, and one that shows notifications.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tempfile::TempDir;
use zbus::{
    blocking::{Connection, Proxy, connection},
    interface,
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use crate::{group::Group, until};

const PATIENCE: Duration = Duration::from_secs(30);

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";

/// A bus on which nothing is started by being asked for.
pub struct Bus {
    address: String,
    _daemon: Group,
    _folder: TempDir,
}

impl Default for Bus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus {
    /// Starts one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            folder.path().join("bus").display()
        );
        fs::write(&settings, text).expect("a file");
        let mut daemon = Group::start(
            Command::new("dbus-daemon")
                .arg(format!("--config-file={}", settings.display()))
                .args(["--nofork", "--print-address=1"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let mut address = String::new();
        let output = daemon.output().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut address)
            .expect("the bus's address");
        Self {
            address: address.trim().to_owned(),
            _daemon: daemon,
            _folder: folder,
        }
    }

    /// Where programs find it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Who says that they keep a tray, until the value goes.
    pub fn tray(&self) -> Tray {
        let state = Arc::<Mutex<Vec<Place>>>::default();
        let watcher = Watcher(Arc::clone(&state));
        let connection = self.serve(WATCHER, "/StatusNotifierWatcher", watcher);
        Tray { connection, state }
    }

    /// Who shows notifications, until the value goes.
    pub fn notifications(&self) -> Notifications {
        let state = Arc::<Mutex<Vec<Notice>>>::default();
        let server = NotificationServer(Arc::clone(&state));
        let connection = self.serve(NOTIFICATIONS, NOTIFICATIONS_PATH, server);
        Notifications { connection, state }
    }

    fn serve<I: zbus::object_server::Interface>(
        &self,
        name: &'static str,
        path: &'static str,
        object: I,
    ) -> Connection {
        let builder = connection::Builder::address(self.address()).expect("an address");
        let builder = builder.name(name).and_then(|it| it.serve_at(path, object));
        builder
            .and_then(connection::Builder::build)
            .expect("a place on the bus")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where an item of the tray is: the program's name on the bus, and a path.
#[derive(Clone, Debug)]
struct Place {
    owner: String,
    path: String,
}

struct Watcher(Arc<Mutex<Vec<Place>>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// A program's item: it says its path, or the name under which it has it at the
    /// usual path.
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string);
        let place = match service.starts_with('/') {
            true => Place {
                owner: sender.unwrap_or_default(),
                path: service.to_owned(),
            },
            false => Place {
                owner: service.to_owned(),
                path: "/StatusNotifierItem".to_owned(),
            },
        };
        lock(&self.0).push(place);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = lock(&self.0);
        items
            .iter()
            .map(|item| format!("{}{}", item.owner, item.path))
            .collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// The tray of a desktop, as the person sees it and clicks in it.
pub struct Tray {
    connection: Connection,
    state: Arc<Mutex<Vec<Place>>>,
}

/// A line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLine {
    id: i32,
    /// What it says.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// Whether it has a mark; `None`: it cannot.
    pub checked: Option<bool>,
    /// The lines below it.
    pub lines: Vec<MenuLine>,
}

/// A node of a menu as it goes over the bus.
type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Tray {
    /// The bytes of the icon that is shown; `None`: there is none now.
    pub fn icon(&self) -> Option<Vec<u8>> {
        let item = self.item()?;
        let name: String = item.get_property("IconName").ok()?;
        // It may have been replaced between the question and the look.
        fs::read(name).ok()
    }

    /// The menu's lines, separators left out.
    pub fn menu(&self) -> Vec<MenuLine> {
        let read = || -> Option<Vec<MenuLine>> {
            let menu = self.menu_proxy()?;
            let answer = menu.call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new()));
            let (_, root): (u32, Node) = answer.ok()?;
            Some(line(root)?.lines)
        };
        read().unwrap_or_default()
    }

    /// Waits until the menu fits; gives it.
    pub fn wait_for_menu(&self, what: &str, fits: impl Fn(&[MenuLine]) -> bool) -> Vec<MenuLine> {
        until(what, PATIENCE, || {
            let menu = self.menu();
            fits(&menu).then_some(menu)
        })
    }

    /// Clicks the line with this label, wherever in the menu, once it is there.
    pub fn choose(&self, label: &str) {
        let chosen = until(label, PATIENCE, || find(&self.menu(), label));
        let menu = self.menu_proxy().expect("a menu");
        let event = (chosen.id, "clicked", Value::from(0_i32), 0_u32);
        menu.call::<_, _, ()>("Event", &event)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
    }

    fn item(&self) -> Option<Proxy<'_>> {
        let place = lock(&self.state).last()?.clone();
        Proxy::new(&self.connection, place.owner, place.path, ITEM).ok()
    }

    fn menu_proxy(&self) -> Option<Proxy<'_>> {
        let item = self.item()?;
        let path: OwnedObjectPath = item.get_property("Menu").ok()?;
        let owner = item.destination().to_owned();
        Proxy::new(&self.connection, owner, path, MENU).ok()
    }
}

fn line((id, mut properties, children): Node) -> Option<MenuLine> {
    let mut take = |name: &str| properties.remove(name);
    if take("type").and_then(|kind| String::try_from(kind).ok()) == Some("separator".to_owned()) {
        return None;
    }
    let label = take("label").and_then(|label| String::try_from(label).ok());
    let is_mark = take("toggle-type").is_some();
    let state = take("toggle-state").and_then(|state| i32::try_from(state).ok());
    Some(MenuLine {
        id,
        // An underscore before a letter only says which key chooses it.
        label: label.unwrap_or_default().replace("__", "_"),
        enabled: take("enabled").and_then(|on| bool::try_from(on).ok()) != Some(false),
        checked: is_mark.then_some(state == Some(1)),
        lines: children
            .into_iter()
            .filter_map(|child| line(Node::try_from(child).ok()?))
            .collect(),
    })
}

fn find(lines: &[MenuLine], label: &str) -> Option<MenuLine> {
    lines.iter().find_map(|line| match line.label == label {
        true => Some(line.clone()),
        false => find(&line.lines, label),
    })
}

/// A notification, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    id: u32,
    /// Its first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Its icon's name.
    pub icon: String,
    /// What can be done with it: `default` is a click.
    pub actions: Vec<String>,
}

struct NotificationServer(Arc<Mutex<Vec<Notice>>>);

#[interface(name = "org.freedesktop.Notifications")]
impl NotificationServer {
    #[expect(clippy::too_many_arguments, reason = "the protocol has so many")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = lock(&self.0);
        let id = u32::try_from(shown.len() + 1).expect("a small number");
        shown.push(Notice {
            id,
            title: summary.to_owned(),
            body: body.to_owned(),
            icon: icon.to_owned(),
            actions,
        });
        id
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body"].map(str::to_owned).into()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let own = str::to_owned;
        (own("a test's"), own("none"), own("1"), own("1.2"))
    }
}

/// The notifications of a desktop, as the person sees and clicks them.
pub struct Notifications {
    connection: Connection,
    state: Arc<Mutex<Vec<Notice>>>,
}

impl Notifications {
    /// All that came so far.
    pub fn seen(&self) -> Vec<Notice> {
        lock(&self.state).clone()
    }

    /// Waits for the one with that number, from 0.
    pub fn wait_for(&self, number: usize) -> Notice {
        until("a notification", PATIENCE, || {
            self.seen().get(number).cloned()
        })
    }

    /// Clicks one.
    pub fn click(&self, notice: &Notice) {
        self.connection
            .emit_signal(
                None::<&str>,
                NOTIFICATIONS_PATH,
                NOTIFICATIONS,
                "ActionInvoked",
                &(notice.id, "default"),
            )
            .expect("a signal");
    }
}
