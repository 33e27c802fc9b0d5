//! The tray: how everything stands, at a glance, and what a person wants without the
//! window. A desktop may have no tray; then the app is without one.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tauri::{
    AppHandle, Manager,
    image::Image,
    include_image,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::TrayIconBuilder,
};

use crate::{ask::Overview, at_login::AtLogin, backend::Backend, leaving, window};

const ID: &str = "tidemill";

const WELL: Image<'_> = include_image!("icons/tray-well.png");
const RUNNING: Image<'_> = include_image!("icons/tray-running.png");
const BROKEN: Image<'_> = include_image!("icons/tray-broken.png");

/// So many of each are in the menu; the window has all.
const SHOWN: usize = 8;

/// What the ids of items begin with; the rest is the page, or the flow's name.
const PAGE: &str = "page:";
const RUN: &str = "run:";
const AT_LOGIN: &str = "at-login";
const QUIT: &str = "quit";

/// What the tray shows now: it is made anew only when that changes.
#[derive(Default)]
pub(crate) struct Shown(Mutex<Option<Face>>);

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Face {
    mood: Mood,
    line: String,
    /// Pages of what is broken or runs: what to call each, and its path.
    pages: Vec<(String, String)>,
    flows: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    Running,
    Broken,
}

impl Face {
    fn of(overview: &Overview) -> Self {
        let (broken, running) = (overview.broken.len(), overview.running.len());
        let line = match (overview.as_expected && broken == 0, running) {
            (true, 0) => "Everything is as expected".to_owned(),
            (true, _) => format!("As expected, {running} running"),
            (false, 0) => format!("{broken} not as expected"),
            (false, _) => format!("{broken} not as expected, {running} running"),
        };
        let broken_pages = overview.broken.iter().map(|one| {
            let page = match &one.run {
                Some(run) => format!("/runs/{}", run.id),
                None => format!("/flows/{}", one.flow),
            };
            (format!("{}: {}", one.flow, one.kind), page)
        });
        let running_pages = overview.running.iter().map(|run| {
            (
                format!("{}: running ({})", run.flow, run.name),
                format!("/runs/{}", run.id),
            )
        });
        Self {
            mood: match (broken, running) {
                (0, 0) => Mood::Well,
                (0, _) => Mood::Running,
                _ => Mood::Broken,
            },
            line,
            pages: broken_pages.chain(running_pages).take(SHOWN).collect(),
            flows: overview
                .flows
                .iter()
                .map(|flow| flow.name.clone())
                .take(SHOWN)
                .collect(),
        }
    }

    /// While nobody has been asked.
    fn starting() -> Self {
        Self {
            mood: Mood::Well,
            line: "Tidemill is starting".to_owned(),
            pages: Vec::new(),
            flows: Vec::new(),
        }
    }

    /// While nobody answers.
    fn silent() -> Self {
        Self {
            mood: Mood::Broken,
            line: "The engine cannot be reached".to_owned(),
            pages: Vec::new(),
            flows: Vec::new(),
        }
    }
}

/// Makes the tray, where the desktop has one.
pub(crate) fn make(app: &AppHandle) {
    let face = Face::starting();
    let made = menu(app, &face).and_then(|menu| {
        TrayIconBuilder::with_id(ID)
            .icon(WELL)
            .tooltip("Tidemill")
            // On Linux an icon is a file that the desktop reads: each home has its own.
            .temp_dir_path(app.state::<Arc<Backend>>().home().join("tray"))
            .menu(&menu)
            .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
            .build(app)
    });
    if let Err(error) = made {
        tracing::warn!(%error, "there is no tray");
    }
}

/// Asks how everything stands, and shows it.
pub(crate) async fn refresh(app: &AppHandle) {
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    let face = match backend.overview().await {
        Ok(overview) => Face::of(&overview),
        Err(_) => Face::silent(),
    };
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = show(&handle, face) {
            tracing::warn!(%error, "the tray cannot be changed");
        }
    });
    if let Err(error) = shown {
        tracing::warn!(%error, "the tray cannot be reached");
    }
}

/// Puts a face on; on the main thread.
fn show(app: &AppHandle, face: Face) -> tauri::Result<()> {
    let state = app.state::<Shown>();
    let mut shown = state.0.lock().unwrap_or_else(PoisonError::into_inner);
    if shown.as_ref() == Some(&face) {
        return Ok(());
    }
    if let Some(tray) = app.tray_by_id(ID) {
        tray.set_menu(Some(menu(app, &face)?))?;
        tray.set_tooltip(Some(format!("Tidemill: {}", face.line)))?;
        tray.set_icon(Some(match face.mood {
            Mood::Well => WELL,
            Mood::Running => RUNNING,
            Mood::Broken => BROKEN,
        }))?;
    }
    *shown = Some(face);
    Ok(())
}

fn menu(app: &AppHandle, face: &Face) -> tauri::Result<Menu<tauri::Wry>> {
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    let menu = Menu::new(app)?;
    let line = MenuItem::with_id(app, "line", &face.line, false, None::<&str>)?;
    menu.append(&line)?;
    for (text, page) in &face.pages {
        menu.append(&item(&format!("{PAGE}{page}"), text)?)?;
    }
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    menu.append(&item(&format!("{PAGE}/"), "Open Tidemill")?)?;
    menu.append(&item(&format!("{PAGE}/runs"), "Runs")?)?;
    if !face.flows.is_empty() {
        menu.append(&run_menu(app, &face.flows)?)?;
    }
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    let at_login = app.state::<AtLogin>().is_on();
    let at_login = CheckMenuItem::with_id(
        app,
        AT_LOGIN,
        "Start at login",
        true,
        at_login,
        None::<&str>,
    )?;
    menu.append(&at_login)?;
    menu.append(&item(QUIT, "Quit")?)?;
    Ok(menu)
}

fn run_menu(app: &AppHandle, flows: &[String]) -> tauri::Result<Submenu<tauri::Wry>> {
    let items: tauri::Result<Vec<MenuItem<tauri::Wry>>> = flows
        .iter()
        .map(|flow| MenuItem::with_id(app, format!("{RUN}{flow}"), flow, true, None::<&str>))
        .collect();
    let items = items?;
    let items: Vec<&dyn IsMenuItem<tauri::Wry>> = items.iter().map(|item| item as _).collect();
    Submenu::with_items(app, "Run", true, &items)
}

/// Does what was chosen in the menu.
fn chosen(app: &AppHandle, id: &str) {
    if let Some(page) = id.strip_prefix(PAGE) {
        window::show(app, Some(page.to_owned()));
    } else if let Some(flow) = id.strip_prefix(RUN) {
        run(app, flow.to_owned());
    } else if id == AT_LOGIN {
        let on = !app.state::<AtLogin>().is_on();
        if let Err(error) = turn(app, on) {
            tracing::error!(%error, "starting at login cannot be changed");
        }
    } else if id == QUIT {
        leaving::quit(app);
    }
}

/// Runs a flow. One that wants parameters, or cannot start, is shown instead: its
/// page has the form, and says what is in the way.
fn run(app: &AppHandle, flow: String) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let backend = Arc::clone(&app.state::<Arc<Backend>>());
        if let Err(refusal) = backend.start(&flow).await {
            tracing::info!(refusal, flow, "not run from the tray");
            window::show(&app, Some(format!("/flows/{flow}")));
        }
    });
}

/// Turns starting at login on or off, and has the mark in the menu show what is so,
/// whatever a click has made of it.
fn turn(app: &AppHandle, on: bool) -> io::Result<()> {
    let turned = app.state::<AtLogin>().turn(on);
    let state = app.state::<Shown>();
    let shown = state
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(face) = shown
        && let Err(error) = show(app, face)
    {
        tracing::warn!(%error, "the tray cannot be changed");
    }
    turned
}

/// The page turns starting at login on or off; answers what is so.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed the app by value"
)]
pub(crate) fn turn_at_login(on: bool, app: AppHandle) -> Result<bool, String> {
    turn(&app, on).map_err(|error| format!("starting at login cannot be changed: {error}"))?;
    Ok(app.state::<AtLogin>().is_on())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn face(value: serde_json::Value) -> Face {
        Face::of(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn the_tray_says_how_everything_stands_and_leads_to_what_does_not() {
        let well = face(json!({"as_expected": true, "broken": [], "running": [], "flows": []}));
        assert_eq!(
            (well.mood, well.line.as_str()),
            (Mood::Well, "Everything is as expected")
        );
        let broken = face(json!({
            "as_expected": false,
            "broken": [
                {"kind": "failed", "flow": "prices", "run": {"id": "r1"}},
                {"kind": "missed", "flow": "sales", "run": null},
            ],
            "running": [{"id": "r2", "name": "quiet-heron", "flow": "weather"}],
            "flows": [],
        }));
        assert_eq!(broken.mood, Mood::Broken);
        assert_eq!(broken.line, "2 not as expected, 1 running");
        let pages: Vec<&str> = broken.pages.iter().map(|(_, page)| page.as_str()).collect();
        assert_eq!(pages, ["/runs/r1", "/flows/sales", "/runs/r2"]);
    }
}
