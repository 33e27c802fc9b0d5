//! The desktop app, as a person has it: its window on a display, driven, and its
//! process, looked at from outside.

#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{
    Reply, Sandbox, Server, Signal,
    desktop::{App, Display, Window, app},
    is_alive, signal, until,
};

/// How the app's window is called, and the question that closing it asks.
const TITLE: &str = "Tidemill";
const QUESTION: &str = "Close the window?";

const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a request over the page's own bridge: framed bytes to the app's command.
/// Answers `{status, body}`; a body of `size` bytes is made in the page.
const REQUEST: &str = r#"
const [method, path, body, size, done] = ARGUMENTS;
const head = new TextEncoder().encode(JSON.stringify({ method, path,
  headers: [["content-type", "application/json"]] }));
const data = size ? new Uint8Array(size).fill(32) : new TextEncoder().encode(body ?? "");
const bytes = new Uint8Array(4 + head.length + data.length);
new DataView(bytes.buffer).setUint32(0, head.length);
bytes.set(head, 4);
bytes.set(data, 4 + head.length);
window.__TAURI_INTERNALS__.invoke("request", bytes).then((answer) => {
  const length = new DataView(answer).getUint32(0);
  const { status } = JSON.parse(new TextDecoder().decode(new Uint8Array(answer, 4, length)));
  done({ status, body: new TextDecoder().decode(new Uint8Array(answer, 4 + length)) });
}, (error) => done({ status: 0, body: String(error) }));
"#;

fn send(
    window: &Window,
    method: &str,
    path: &str,
    body: Option<&Value>,
    size: usize,
) -> (u64, String) {
    let arguments = json!([method, path, body.map(Value::to_string), size]).to_string();
    let arguments = format!("[...{arguments}, arguments[arguments.length - 1]]");
    let answer = window.ask(&REQUEST.replace("ARGUMENTS", &arguments));
    let status = answer["status"].as_u64().unwrap();
    (status, answer["body"].as_str().unwrap().to_owned())
}

fn get(window: &Window, path: &str) -> Value {
    let (status, body) = send(window, "GET", path, None, 0);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// A sandbox with one run that has ended, and one line of its log.
fn with_a_run() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("greet", "tasks:\n  hello:\n    shell: echo good morning\n");
    sandbox.call(&["run", "greet", "--quiet"]).expect(0);
    sandbox
}

fn link(name: &str) -> String {
    format!("//nav//a[contains(., '{name}')]")
}

#[test]
fn a_person_goes_from_home_to_the_lines_of_a_run() {
    let sandbox = with_a_run();
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'greet')]");
    window.click(&link("Runs"));
    until("the list of runs", PATIENCE, || {
        window.url().ends_with("/runs").then_some(())
    });
    let name = sandbox.last()["run"]["name"].as_str().unwrap().to_owned();
    window.text(&format!("//main//*[contains(., '{name}')]"));
    window.go(&format!("tauri://localhost/runs/{name}"));
    window.text("//main//*[contains(., 'good morning')]");
}

#[test]
fn every_kind_of_request_crosses_into_the_app() {
    let sandbox = with_a_run();
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let put = |value: Value| {
        send(
            &window,
            "PUT",
            "/vars/place",
            Some(&json!({ "value": value })),
            0,
        )
    };
    assert_eq!(put(json!("Zürich ☀")).0 / 100, 2);
    assert_eq!(get(&window, "/vars")["vars"][0]["value"], "Zürich ☀");
    let (status, body) = send(&window, "DELETE", "/vars/place", None, 0);
    assert_eq!(status / 100, 2, "{body}");
    let (status, body) = send(&window, "POST", "/flows/greet/runs", Some(&json!({})), 0);
    assert_eq!(status, 201, "{body}");
    let (status, body) = send(&window, "GET", "/runs/nobody", None, 0);
    assert_eq!(status, 404, "{body}");
    // Larger than the API reads: an answer, and the app goes on.
    let (status, body) = send(&window, "POST", "/plan", None, 5 << 20);
    assert_eq!(status, 413, "{body}");
    assert_eq!(get(&window, "/health")["status"], "ok");
    // Nothing beside the API is reached, whatever the path says.
    for path in ["//elsewhere/x", "/../../etc/passwd"] {
        assert_eq!(send(&window, "GET", path, None, 0).0, 404, "{path}");
    }
}

#[test]
fn what_happens_elsewhere_shows_in_the_window_by_itself() {
    let sandbox = with_a_run();
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.click(&link("Runs"));
    window.text("//main//*[contains(., 'greet')]");
    sandbox.flow("later", "tasks:\n  hello:\n    shell: echo news\n");
    sandbox.call(&["run", "later", "--quiet"]).expect(0);
    let name = sandbox.last()["run"]["name"].as_str().unwrap().to_owned();
    window.text(&format!("//main//*[contains(text(), '{name}')]"));
}

#[test]
fn the_page_has_no_rights_but_the_api_s_and_no_other_page_is_shown() {
    let sandbox = with_a_run();
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    for command in [
        "plugin:window|close",
        "plugin:notification|notify",
        "plugin:autostart|enable",
        "plugin:dialog|message",
        "plugin:event|listen",
        "plugin:webview|create_webview_window",
    ] {
        let answer = window.ask(&format!(
            "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('{command}', {{}})
                .then(() => done('allowed'), (error) => done(String(error)));"
        ));
        let answer = answer.as_str().unwrap();
        assert!(answer.contains("not allowed"), "{command}: {answer}");
    }
    let elsewhere = Server::start(|_, _| Some(Reply::text(200, "here")));
    window.go(&elsewhere.url("/page"));
    assert!(
        window.url().starts_with("tauri://localhost"),
        "{}",
        window.url()
    );
    assert!(elsewhere.seen().is_empty());
    let fetched = window.ask(&format!(
        "const done = arguments[0]; fetch('{}').then(() => done('fetched'), () => done('refused'));",
        elsewhere.url("/data")
    ));
    assert_eq!(fetched, "refused");
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn a_second_start_shows_the_window_that_is_there_and_a_link_leads_to_its_page() {
    let sandbox = with_a_run();
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let mut second = App::start(&app(), &sandbox, &display, &["tidemill://run/last"]);
    assert_eq!(second.wait(), Some(0));
    until("the run's page", PATIENCE, || {
        window.url().ends_with("/runs/last").then_some(())
    });
    let file = sandbox.file("greet.flow.yaml");
    let mut third = App::start(&app(), &sandbox, &display, &[file.to_str().unwrap()]);
    assert_eq!(third.wait(), Some(0));
    until("the flow's page", PATIENCE, || {
        window.url().ends_with("/flows/greet").then_some(())
    });
}

#[test]
fn a_flow_file_of_another_folder_opens_with_its_workspace_and_what_runs_goes_on() {
    let sandbox = with_a_run();
    let body = "tasks:\n  wait:\n    shell: until [ -e go ]; do sleep 0.05; done\n";
    sandbox.flow("slow", body);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//main//*[contains(., 'greet')]");
    let (status, body) = send(&window, "POST", "/flows/slow/runs", Some(&json!({})), 0);
    assert_eq!(status, 201, "{body}");
    let elsewhere = sandbox.work().with_file_name("else where");
    fs::create_dir_all(&elsewhere).unwrap();
    let file = elsewhere.join("other.flow.yaml");
    fs::write(&file, "name: other\ntasks: { t: { value: 1 } }\n").unwrap();
    let again = |more: &[&str]| {
        let mut again = App::start_in(&app(), &sandbox, &display, None, more);
        assert_eq!(again.wait(), Some(0));
    };
    again(&[file.to_str().unwrap()]);
    until("the flow's page", PATIENCE, || {
        window.url().ends_with("/flows/other").then_some(())
    });
    window.text("//main//*[contains(., 'other')]");
    let workspaces = get(&window, "/workspaces");
    assert_eq!(
        workspaces["workspaces"][0]["path"],
        elsewhere.to_str().unwrap()
    );
    window.click(&link("Flows"));
    window.text("//header//*[contains(., '1 flow')]");
    // Settings lead back.
    window.go("tauri://localhost/settings");
    window.click("//button[@aria-label='Open work']");
    window.text("//ol[@aria-label='Notices']/li[contains(., 'work is shown now')]");
    window.click(&link("Flows"));
    window.text("//main//*[contains(., 'greet')]");
    sandbox.write("go", "");
    until("the run's end", PATIENCE, || {
        (sandbox.last()["run"]["state"] == "Completed").then_some(())
    });
    // So does a start on a named workspace.
    again(&["--workspace", elsewhere.to_str().unwrap()]);
    window.text("//main//*[contains(., 'other')]");
    assert_eq!(get(&window, "/flows")["flows"][0]["name"], "other");
}

#[test]
fn closing_the_window_keeps_the_engine_and_a_second_start_brings_it_back() {
    let sandbox = Sandbox::new();
    let body = "tasks:\n  wait:\n    shell: until [ -e go ]; do sleep 0.05; done\n";
    sandbox.flow("slow", body);
    sandbox
        .call(&["settings", "set", "studio.close", "tray"])
        .expect(0);
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    window.text("//nav");
    let (status, body) = send(&window, "POST", "/flows/slow/runs", Some(&json!({})), 0);
    assert_eq!(status, 201, "{body}");
    display.close(TITLE);
    display.wait_until_gone(TITLE);
    sandbox.write("go", "");
    until("the run's end", PATIENCE, || {
        (sandbox.last()["run"]["state"] == "Completed").then_some(())
    });
    let mut second = App::start(&app(), &sandbox, &display, &[]);
    assert_eq!(second.wait(), Some(0));
    display.wait_for(TITLE);
}

#[test]
fn closing_asks_once_and_a_signal_ends_the_app_in_good_order() {
    let sandbox = with_a_run();
    let display = Display::new();
    let mut started = App::start(&app(), &sandbox, &display, &[]);
    display.wait_for(TITLE);
    display.close(TITLE);
    display.wait_for(QUESTION);
    assert!(display.shows(TITLE));
    signal(started.pid(), Signal::TERM);
    assert_eq!(started.wait(), Some(0));
    assert!(!sandbox.home().join("studio.sock").exists());
    assert!(!sandbox.home().join("serve.json").exists());
}

#[test]
fn a_hidden_start_shows_no_window_until_it_is_wanted() {
    let sandbox = with_a_run();
    let display = Display::new();
    let started = App::start(&app(), &sandbox, &display, &["--hidden"]);
    until("the engine", PATIENCE, || {
        sandbox.home().join("serve.json").exists().then_some(())
    });
    assert!(!display.shows(TITLE));
    let mut second = App::start(&app(), &sandbox, &display, &[]);
    assert_eq!(second.wait(), Some(0));
    display.wait_for(TITLE);
    assert!(is_alive(started.pid()));
}

#[test]
fn the_app_is_the_window_of_a_serve_and_takes_its_place_when_that_ends() {
    let sandbox = with_a_run();
    let mut serve = sandbox.start(&["serve", "--listen", "127.0.0.1:0", "--grace", "0s"]);
    let holder = || -> Option<Value> {
        let text = fs::read(sandbox.home().join("serve.json")).ok()?;
        serde_json::from_slice(&text).ok()
    };
    until("the server", PATIENCE, || {
        holder()?["url"].as_str().map(drop)
    });
    let display = Display::new();
    let window = Window::open(&sandbox, &display);
    assert_eq!(get(&window, "/health")["status"], "ok");
    assert_eq!(holder().unwrap()["pid"], serve.id());
    let (status, body) = send(&window, "POST", "/flows/greet/runs", Some(&json!({})), 0);
    assert_eq!(status, 201, "{body}");
    signal(serve.id(), Signal::TERM);
    serve.wait().unwrap();
    until("the app's own engine", PATIENCE, || {
        let (status, _) = send(&window, "GET", "/runs?limit=1", None, 0);
        (status == 200 && holder()?["program"] == "desktop").then_some(())
    });
    let (status, body) = send(&window, "POST", "/flows/greet/runs", Some(&json!({})), 0);
    assert_eq!(status, 201, "{body}");
}
