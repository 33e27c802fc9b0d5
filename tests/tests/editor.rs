//! What a person builds in the studio, built in the app's real window: the central ones
//! of the browser's journeys, since the window's keys, its pointer and its files come
//! another way.

#![cfg(target_os = "linux")]

use std::{path::Path, time::Duration};

use tidemill_tests::{
    Sandbox,
    desktop::{Display, Window},
    until,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// How long the pointer takes from one place to the next.
const PACE: Duration = Duration::from_millis(30);

const CANVAS: &str = "//*[@role='application']";
const PALETTE: &str = "//*[@role='dialog']";
const NAME: &str = "//input[starts-with(@aria-label, 'Name of')]";
const BUSY: &str = "//*[contains(@class, 'build-stage')]\
    /descendant-or-self::*[@aria-busy='true']";

/// A flow with remarks, whose lines are told apart.
const NIGHTLY: &str = "\
name: nightly

# what comes in
tasks:
  fetch: { shell: echo fetched }   # quick

  load:
    needs: [fetch]
    shell: echo loaded
";

fn task(path: &str) -> String {
    format!("{CANVAS}//*[starts-with(@aria-label, '{path}, ')]")
}

/// The app's window on the Build tab of a flow, laid out.
fn build(sandbox: &Sandbox, display: &Display, flow: &str) -> Window {
    let window = Window::open(sandbox, display);
    window.text("//nav");
    window.go(&format!("tauri://localhost/flows/{flow}"));
    window.text(CANVAS);
    window.wait_until_gone(BUSY);
    window
}

/// Names the task of a kind that the palette offers, and waits until it is drawn.
fn choose(window: &Window, kind: &str, name: &str) {
    window.text(PALETTE);
    window.write(kind);
    window.press(&["Enter"]);
    window.text(NAME);
    window.write(name);
    window.press(&["Enter"]);
    window.wait_until_gone(NAME);
    window.text(&task(name));
    window.wait_until_gone(BUSY);
}

/// Waits until the keyboard is with the canvas.
fn at_work(window: &Window) {
    let script = "arguments[0](document.activeElement.matches('[data-work]'))";
    until("the keyboard on the canvas", PATIENCE, || {
        (window.ask(script) == true).then_some(())
    });
}

/// Writes into a code field of the selected task.
fn script(window: &Window, text: &str) {
    window.click(
        "//*[@data-part='inspector']//*[@role='textbox' and @aria-labelledby=//*[.='Script']/@id]",
    );
    window.write(text);
}

fn saved(file: &Path, text: &str) {
    let mut read = String::new();
    let found = || {
        read = std::fs::read_to_string(file).unwrap();
        (read == text).then_some(())
    };
    until(
        &format!("{} as it was built", file.display()),
        PATIENCE,
        found,
    );
}

fn reached(sandbox: &Sandbox, flow: &str, state: &str) {
    until(&format!("{flow} {state}"), PATIENCE, || {
        let list = sandbox.call(&["runs", "ls", "--flow", flow, "--json"]);
        let list = list.expect(0).json();
        (list["runs"][0]["state"] == state).then_some(())
    });
}

#[test]
fn a_flow_is_built_saved_and_run() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("built.flow.yaml", "name: built\n");
    let display = Display::new();
    let window = build(&sandbox, &display, "built");
    window.click(CANVAS);
    at_work(&window);
    window.press(&["Tab"]);
    choose(&window, "shell", "fetch");
    at_work(&window);
    window.press(&["n"]);
    choose(&window, "value", "report");
    at_work(&window);
    window.click(&task("fetch"));
    script(&window, "echo fetched");
    window.text("//*[contains(@class, 'cm-line') and contains(., 'shell: echo fetched')]");
    window.press(&["Control+s"]);
    saved(
        &file,
        "name: built\n\ntasks:\n  fetch:\n    shell: echo fetched\n\n\
         \x20 report:\n    needs: [fetch]\n    value: null\n",
    );
    window.text("//button[starts-with(., 'Save') and @disabled]");
    window.text("//button[starts-with(., 'Run…') and not(@disabled)]");
    window.click(CANVAS);
    window.press(&["Control+Enter"]);
    window.text("//*[@role='dialog']//button[@type='submit']");
    window.press(&["Control+Enter"]);
    until("the run's page", PATIENCE, || {
        window.url().contains("/runs/").then_some(())
    });
    reached(&sandbox, "built", "Completed");
}

#[test]
fn a_wire_that_is_dropped_on_the_ground_adds_the_next_task() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("nightly.flow.yaml", NIGHTLY);
    let display = Display::new();
    let window = build(&sandbox, &display, "nightly");
    window.point(window.middle(&task("load")));
    let port = window.middle(&format!("{CANVAS}//*[@data-port='failed']"));
    let ground = (port.0 - 140.0, port.1 + 90.0);
    let half = ((port.0 + ground.0) / 2.0, (port.1 + ground.1) / 2.0);
    window.drag(&[port, half, ground], PACE);
    choose(&window, "shell", "warn");
    script(&window, "echo look");
    window.click("//button[starts-with(., 'Save')]");
    saved(
        &file,
        &format!("{NIGHTLY}\n  warn:\n    needs: {{ load: failed }}\n    shell: echo look\n"),
    );
}

#[test]
fn a_task_that_is_moved_stays_there_and_a_text_that_cannot_be_read_is_kept() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("nightly.flow.yaml", NIGHTLY);
    let display = Display::new();
    let window = build(&sandbox, &display, "nightly");
    let beside = || {
        let (one, other) = (window.middle(&task("fetch")), window.middle(&task("load")));
        (other.0 - one.0, other.1 - one.1)
    };
    let (from, stood) = (window.middle(&task("load")), beside());
    window.drag(
        &[
            from,
            (from.0 + 75.0, from.1 + 20.0),
            (from.0 + 150.0, from.1 + 40.0),
        ],
        PACE,
    );
    let is_put = || {
        let now = beside();
        (now.0 - stood.0 - 150.0).hypot(now.1 - stood.1 - 40.0) < 3.0
    };
    until("the task where it was put", PATIENCE, || {
        is_put().then_some(())
    });
    window.click("//*[contains(@class, 'cm-line') and contains(., 'name: nightly')]");
    window.press(&["Control+End"]);
    window.write("  last: [");
    window
        .text("//*[@role='status' and contains(., 'the canvas shows the flow as it was before')]");
    window.text(&task("load"));
    assert!(is_put());
    // What another program writes meanwhile is taken in beside it.
    sandbox.write("nightly.flow.yaml", NIGHTLY.replace("# quick", "# slow"));
    window.text("//*[contains(@class, 'cm-line') and contains(., '# slow')]");
    window.text("//*[contains(@class, 'cm-line') and contains(., 'last: [')]");
    window.write("1]");
    window.press(&["Control+s"]);
    until("both changes in the file", PATIENCE, || {
        let text = std::fs::read_to_string(&file).unwrap();
        (text.contains("# slow") && text.contains("last: [")).then_some(())
    });
}
