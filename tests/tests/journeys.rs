//! What a person does in the studio, done in the app's real window: the central ones of
//! the browser's journeys, since the window's engine, its bridge and its streams are others.

#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use serde_json::Value;
use tidemill_tests::{
    Sandbox,
    desktop::{Display, Window},
    is_alive, until,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Each step waits for its file.
const STEPS: &str = "\
tasks:
  one:
    shell: echo one begins; until [ -e step-1 ]; do sleep 0.02; done; echo one ends
  two:
    needs: [one]
    shell: echo two begins; until [ -e step-2 ]; do sleep 0.02; done
";

/// Fails until a file is there.
const LOAD: &str = "\
tasks:
  fetch:
    shell: echo fetched 2026
  load:
    needs: [fetch]
    shell: '[ -e mended ] || { seq 40; echo no such table: visits; exit 3; }'
  report:
    needs: [load]
    shell: echo reported
";

const ASKS: &str = "\
tasks:
  sure:
    approve:
      message: Send the news?
  sent:
    needs: [sure]
    shell: echo sent
";

/// The home's runs, newest first.
fn runs(sandbox: &Sandbox) -> Vec<Value> {
    let list = sandbox.call(&["runs", "ls", "--json"]).expect(0).json();
    list["runs"].as_array().cloned().unwrap_or_default()
}

fn node(name: &str) -> String {
    format!("//*[@role='application']//*[@role='img' and contains(@aria-label, '{name}')]")
}

fn line(text: &str) -> String {
    format!("//*[@role='log']//*[contains(., '{text}')]")
}

fn heading(text: &str) -> String {
    format!("//header//*[contains(., '{text}')]")
}

fn wait_for_url(window: &Window, what: &str, fits: impl Fn(&str) -> bool) {
    until(what, PATIENCE, || fits(&window.url()).then_some(()));
}

#[test]
fn a_run_is_started_and_watched_live_on_its_graph_and_in_its_log() {
    let sandbox = Sandbox::new();
    sandbox.flow("steps", STEPS);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'steps')]");
    window.press(&["Control+k"]);
    window.write("steps");
    window.text("//*[@role='option' and contains(., 'Run steps')]");
    window.press(&["Enter"]);
    window.click("//*[@role='dialog']//button[@type='submit']");
    wait_for_url(&window, "the run's page", |url| url.contains("/runs/"));
    window.text(&node("one, shell, Running"));
    window.text(&line("one begins"));
    sandbox.write("step-1", "");
    window.text(&node("one, shell, Completed"));
    window.text(&node("two, shell, Running"));
    window.text(&line("one ends"));
    window.text(&line("two begins"));
    sandbox.write("step-2", "");
    window.text(&node("two, shell, Completed"));
    window.text(&heading("Completed"));
}

#[test]
fn a_log_is_searched_and_what_failed_is_retried() {
    let sandbox = Sandbox::new();
    sandbox.flow("load", LOAD);
    sandbox.call(&["run", "load", "--quiet"]).expect(1);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let id = runs(&sandbox)[0]["id"].as_str().unwrap().to_owned();
    window.go(&format!("tauri://localhost/runs/{id}"));
    window.text(&node("load, shell, Failed"));
    window.text("//*[@role='log']");
    window.press(&["/"]);
    window.write("no such table");
    window.text("//*[contains(@class, 'find')]//*[@role='status' and contains(., '1')]");
    window.press(&["Enter"]);
    window.text("//*[@role='log']//mark");
    window.press(&["Escape", "Escape"]);
    sandbox.write("mended", "");
    window.press(&["r"]);
    window.text(&node("report, shell, Completed"));
    window.text(&heading("Completed"));
    let log = sandbox.call(&["runs", "logs", &id]).expect(0).stdout;
    assert_eq!(log.matches("fetched 2026").count(), 1, "{log}");
}

#[test]
fn a_question_is_answered_by_keyboard() {
    let sandbox = Sandbox::new();
    sandbox.flow("asks", ASKS);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'asks')]");
    window.press(&["Control+k"]);
    window.write("asks");
    window.text("//*[@role='option' and contains(., 'Run asks')]");
    window.press(&["Enter"]);
    window.click("//*[@role='dialog']//button[@type='submit']");
    window.text("//*[contains(., 'Send the news?')]");
    window.press(&["a"]);
    window.text("//*[@role='dialog']");
    window.press(&["Enter"]);
    window.text(&node("sent, shell, Completed"));
    window.text(&line("sent"));
}

#[test]
fn the_list_of_runs_is_narrowed_and_walked_by_keyboard() {
    let sandbox = Sandbox::new();
    sandbox.flow("load", LOAD);
    sandbox.flow("greet", "tasks:\n  hello:\n    shell: echo good morning\n");
    sandbox.call(&["run", "load", "--quiet"]).expect(1);
    sandbox.call(&["run", "greet", "--quiet"]).expect(0);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    window.press(&["g", "r"]);
    wait_for_url(&window, "the list", |url| url.ends_with("/runs"));
    let row =
        |flow: &str| format!("//*[@role='rowgroup']//*[@role='row' and contains(., '{flow}')]");
    window.text(&row("load"));
    window.text(&row("greet"));
    window.press(&["/"]);
    window.write("no such table");
    window.press(&["Enter"]);
    wait_for_url(&window, "the search", |url| url.contains("text=no"));
    window.wait_until_gone(&row("greet"));
    window.text(&row("load"));
    window.press(&["Escape", "j", "k", "Enter"]);
    wait_for_url(&window, "the run's page", |url| url.contains("/runs/"));
    window.text(&node("load, shell, Failed"));
}

#[test]
fn the_palette_leads_to_pages_and_the_theme_stays_after_a_load() {
    let sandbox = Sandbox::new();
    sandbox.flow("greet", "tasks:\n  hello:\n    shell: echo good morning\n");
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'greet')]");
    window.press(&["Control+k"]);
    window.write("greet");
    window.text("//*[@role='option' and contains(., 'greet')]");
    window.press(&["ArrowDown", "Enter"]);
    wait_for_url(&window, "the flow's page", |url| {
        url.ends_with("/flows/greet")
    });
    let theme = |name: &str| {
        window.press(&["Control+k"]);
        window.write(&format!("theme {name}"));
        window.text(&format!(
            "//*[@role='option' and contains(., 'Theme {name}')]"
        ));
        window.press(&["Enter"]);
    };
    let red = || {
        let answer = window.ask(
            "const colour = getComputedStyle(document.body).backgroundColor;
             arguments[0](Number(/[0-9]+/.exec(colour)[0]));",
        );
        answer.as_u64().unwrap()
    };
    theme("light");
    until("light", PATIENCE, || (red() > 128).then_some(()));
    theme("dark");
    until("dark", PATIENCE, || (red() < 128).then_some(()));
    window.go("tauri://localhost/");
    window.text("//main//*[contains(., 'greet')]");
    assert!(red() < 128);
}

#[test]
fn a_key_quits_the_app_where_nothing_stops_by_it() {
    let sandbox = Sandbox::new();
    sandbox.flow("greet", "tasks:\n  hello:\n    shell: echo good morning\n");
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'greet')]");
    let holder = fs::read(sandbox.home().join("serve.json")).unwrap();
    let holder: Value = serde_json::from_slice(&holder).unwrap();
    let pid = u32::try_from(holder["pid"].as_u64().unwrap()).unwrap();
    assert!(is_alive(pid));
    window.press_last("Control+q");
    until("the app's end", PATIENCE, || (!is_alive(pid)).then_some(()));
    assert!(!sandbox.home().join("serve.json").exists());
}
