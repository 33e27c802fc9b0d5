//! The desktop app where a desktop is: its icon in the tray, its notifications, and
//! starting at login.

#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use serde_json::Value;
use tidemill_tests::{
    Sandbox,
    bus::MenuLine,
    desktop::{App, Display, Window, app},
    is_alive, until,
};

const TITLE: &str = "Tidemill";
const PATIENCE: Duration = Duration::from_secs(60);

const FAILS: &str = "tasks:\n  load:\n    shell: echo no such table; exit 3\n";
const WAITS: &str = "tasks:\n  wait:\n    shell: until [ -e go ]; do sleep 0.05; done\n";
const ASKS: &str =
    "parameters:\n  year: { type: integer }\ntasks:\n  one:\n    value: '{{ params.year }}'\n";

/// A sandbox whose home's window goes to the tray when it is closed.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .call(&["settings", "set", "studio.close", "tray"])
        .expect(0);
    sandbox
}

fn labels(menu: &[MenuLine]) -> Vec<&str> {
    menu.iter().map(|line| line.label.as_str()).collect()
}

fn says(menu: &[MenuLine], text: &str) -> bool {
    menu.first().is_some_and(|line| line.label == text)
}

fn last(sandbox: &Sandbox) -> Option<Value> {
    let list = sandbox.call(&["runs", "ls", "--json"]).expect(0).json();
    let runs = list["runs"].as_array()?;
    runs.first().cloned()
}

#[test]
fn the_tray_shows_how_everything_stands_and_leads_to_what_does_not() {
    let sandbox = sandbox();
    sandbox.flow("waits", WAITS);
    sandbox.flow("fails", FAILS);
    let display = Display::with_bus();
    let tray = display.bus().tray();
    let _app = App::start(&app(), &sandbox, &display, &["--hidden"]);
    let menu = tray.wait_for_menu("a quiet menu", |menu| {
        says(menu, "Everything is as expected") && labels(menu).contains(&"Run")
    });
    assert!(!menu[0].enabled);
    assert_eq!(
        labels(&menu),
        [
            "Everything is as expected",
            "Open Tidemill",
            "Runs",
            "Run",
            "Start at login",
            "Quit"
        ]
    );
    let run = menu.iter().find(|line| line.label == "Run").unwrap();
    assert_eq!(labels(&run.lines), ["fails", "waits"]);
    let well = until("an icon", PATIENCE, || tray.icon());

    tray.choose("waits");
    tray.wait_for_menu("a run", |menu| says(menu, "As expected, 1 running"));
    let running = until("another icon", PATIENCE, || {
        tray.icon().filter(|icon| *icon != well)
    });
    sandbox.write("go", "");
    tray.wait_for_menu("the run's end", |menu| {
        says(menu, "Everything is as expected")
    });
    until("the first icon", PATIENCE, || {
        (tray.icon()? == well).then_some(())
    });

    tray.choose("fails");
    let menu = tray.wait_for_menu("a failure", |menu| says(menu, "1 not as expected"));
    assert_eq!(menu[1].label, "fails: failed");
    until("a third icon", PATIENCE, || {
        tray.icon().filter(|icon| *icon != well && *icon != running)
    });
    assert!(!display.shows(TITLE));
}

#[test]
fn what_is_chosen_in_the_tray_opens_the_window_there() {
    let sandbox = sandbox();
    sandbox.flow("fails", FAILS);
    sandbox.flow("asks", ASKS);
    sandbox.call(&["run", "fails", "--quiet"]).expect(1);
    let display = Display::with_bus();
    let tray = display.bus().tray();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let run = last(&sandbox).unwrap();
    let at = |path: &str| {
        until(path, PATIENCE, || {
            window.url().ends_with(path).then_some(())
        });
    };
    tray.choose("Runs");
    at("/runs");
    tray.choose("fails: failed");
    at(&format!("/runs/{}", run["id"].as_str().unwrap()));
    // It wants a parameter: its page has the form.
    tray.choose("asks");
    at("/flows/asks");
    tray.choose("Open Tidemill");
    at("localhost/");
    display.close(TITLE);
    display.wait_until_gone(TITLE);
    tray.choose("Open Tidemill");
    display.wait_for(TITLE);
}

#[test]
fn quitting_from_the_tray_ends_the_app_and_its_icon() {
    let sandbox = sandbox();
    let display = Display::with_bus();
    let tray = display.bus().tray();
    let mut started = App::start(&app(), &sandbox, &display, &["--hidden"]);
    tray.wait_for_menu("a menu", |menu| says(menu, "Everything is as expected"));
    tray.choose("Quit");
    assert_eq!(started.wait(), Some(0));
    assert!(tray.menu().is_empty());
    let left = fs::read_dir(sandbox.home().join("tray")).unwrap().count();
    assert_eq!(left, 0, "an icon's file is left");
}

#[test]
fn a_run_that_fails_while_the_window_is_closed_is_told_of_and_a_click_leads_there() {
    let sandbox = sandbox();
    sandbox.flow("fails", FAILS);
    let display = Display::with_bus();
    let notifications = display.bus().notifications();
    let tray = display.bus().tray();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    display.close(TITLE);
    display.wait_until_gone(TITLE);
    assert!(notifications.seen().is_empty());
    tray.choose("fails");
    let notice = notifications.wait_for(0);
    assert_eq!(notice.title, "fails failed");
    assert!(notice.body.contains("exit code 3"), "{notice:?}");
    assert_eq!(notice.icon, "tidemill-studio");
    assert!(notice.actions.contains(&"default".to_owned()), "{notice:?}");
    notifications.click(&notice);
    let name = last(&sandbox).unwrap()["name"].as_str().unwrap().to_owned();
    display.wait_for(&format!("{name} — {TITLE}"));
}

#[test]
fn a_click_on_a_notification_leads_a_window_that_is_there_to_the_run() {
    let sandbox = sandbox();
    sandbox.flow("fails", FAILS);
    let display = Display::with_bus();
    let notifications = display.bus().notifications();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    sandbox.call(&["run", "fails", "--quiet"]).expect(1);
    notifications.click(&notifications.wait_for(0));
    let id = last(&sandbox).unwrap()["id"].as_str().unwrap().to_owned();
    until("the run's page", PATIENCE, || {
        window.url().ends_with(&format!("/runs/{id}")).then_some(())
    });
}

#[test]
fn many_failures_are_told_of_as_the_person_wants() {
    let sandbox = sandbox();
    sandbox.flow("fails", FAILS);
    let display = Display::with_bus();
    let notifications = display.bus().notifications();
    let tray = display.bus().tray();
    let _app = App::start(&app(), &sandbox, &display, &["--hidden"]);
    tray.wait_for_menu("a menu", |menu| labels(menu).contains(&"Run"));
    sandbox
        .call(&["settings", "set", "studio.notify", "none"])
        .expect(0);
    sandbox.call(&["run", "fails", "--quiet"]).expect(1);
    tray.wait_for_menu("a failure", |menu| says(menu, "1 not as expected"));
    sandbox
        .call(&["settings", "set", "studio.notify", "failed"])
        .expect(0);
    sandbox.call(&["run", "fails", "--quiet"]).expect(1);
    notifications.wait_for(0);
    // The first was told of to nobody.
    assert_eq!(notifications.seen().len(), 1);
}

#[test]
fn starting_at_login_is_an_entry_that_tray_and_settings_turn_on_and_off() {
    let sandbox = sandbox();
    let display = Display::with_bus();
    let tray = display.bus().tray();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let entry = sandbox
        .work()
        .with_file_name("user")
        .join("config/autostart/dev.tidemill.studio.desktop");
    let marked = |on: bool| {
        tray.wait_for_menu("a mark", |menu| {
            let line = menu.iter().find(|line| line.label == "Start at login");
            line.is_some_and(|line| line.checked == Some(on))
        });
    };
    marked(false);
    assert!(!entry.exists());
    tray.choose("Start at login");
    marked(true);
    let text = fs::read_to_string(&entry).unwrap();
    let command = text.lines().find_map(|line| line.strip_prefix("Exec="));
    let expected = format!("{:?} --hidden --home {:?}", app(), sandbox.home());
    assert_eq!(command, Some(expected.as_str()));

    window.go("tauri://localhost/settings");
    let switch = |on: bool| format!("//button[@role='switch' and @aria-checked='{on}']");
    window.click(&switch(true));
    window.text(&switch(false));
    assert!(!entry.exists());
    marked(false);
    window.click(&switch(false));
    window.text(&switch(true));
    marked(true);
    assert!(entry.exists());
}

#[test]
fn without_a_tray_a_closed_window_is_brought_back_by_a_second_start() {
    let sandbox = sandbox();
    for display in [Display::new(), Display::with_bus()] {
        let started = App::start(&app(), &sandbox, &display, &[]);
        display.wait_for(TITLE);
        display.close(TITLE);
        display.wait_until_gone(TITLE);
        assert!(is_alive(started.pid()));
        let mut second = App::start(&app(), &sandbox, &display, &[]);
        assert_eq!(second.wait(), Some(0));
        display.wait_for(TITLE);
    }
}

#[test]
fn a_tray_that_comes_later_gets_the_icon() {
    let sandbox = sandbox();
    let display = Display::with_bus();
    let _app = App::start(&app(), &sandbox, &display, &["--hidden"]);
    until("the engine", PATIENCE, || {
        sandbox.home().join("serve.json").exists().then_some(())
    });
    let tray = display.bus().tray();
    tray.wait_for_menu("a menu", |menu| says(menu, "Everything is as expected"));
}
