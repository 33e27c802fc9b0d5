//! The bench's look at the desktop app and at `serve`, both as they are installed: how
//! long the window takes to show something, what the app costs while nothing happens,
//! what memory the engine's process holds, and how evenly a canvas of 300 tasks moves in
//! the window. Prints `name<TAB>value<TAB>bound` for
//! each. `app-measure SECONDS`: so long is nothing done.

#[cfg(target_os = "linux")]
use std::{
    error::Error,
    fs,
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
use tidemill_tests::{
    Sandbox, Served,
    desktop::{App, Display, Window, app},
    until,
};

/// The kernel counts a process's time in hundredths of a second.
#[cfg(target_os = "linux")]
const TICKS: f64 = 100.0;

#[cfg(target_os = "linux")]
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the app is started; the middle one counts.
#[cfg(target_os = "linux")]
const STARTS: usize = 5;

/// What Home asks for.
#[cfg(target_os = "linux")]
const HOME: &[&str] = &["/stats", "/stats/runs", "/flows", "/workspaces", "/health"];

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn Error>> {
    let quiet: u64 = match std::env::args().nth(1) {
        Some(seconds) => seconds.parse()?,
        None => 60,
    };
    let sandbox = Sandbox::new();
    for number in 0..8 {
        let body = "tasks:\n  hello:\n    shell: echo good morning\n";
        sandbox.flow(&format!("greet-{number}"), body);
        let name = format!("greet-{number}");
        sandbox.call(&["run", &name, "--quiet"]).expect(0);
    }
    let display = Display::new();
    let mut starts: Vec<f64> = (0..STARTS).map(|_| start(&sandbox, &display)).collect();
    starts.sort_by(f64::total_cmp);
    say(
        "seconds from start to content in the window",
        starts[STARTS / 2],
        1.0,
    );
    say("idle, % of a core", idle(&sandbox, &display, quiet), 0.5);
    say("serve's memory after Home, MB", serve(&sandbox)?, 40.0);
    for (name, gap) in canvas(&display) {
        say(
            &format!("300 tasks {name}: longest gap between frames, ms"),
            gap,
            50.0,
        );
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "it is what the bench reads")]
fn say(name: &str, value: f64, bound: f64) {
    println!("{name}\t{value:.3}\t{bound}");
}

/// Starts the app and waits until its page stands and is painted; in seconds.
#[cfg(target_os = "linux")]
fn start(sandbox: &Sandbox, display: &Display) -> f64 {
    let started = Instant::now();
    let _app = App::start(&app(), sandbox, display, &[]);
    until("content", PATIENCE, || {
        (display.shows("Home — Tidemill") && display.colours() > 64).then_some(())
    });
    started.elapsed().as_secs_f64()
}

/// What the app and all that it started take of a core while nothing happens, in
/// hundredths.
#[cfg(target_os = "linux")]
fn idle(sandbox: &Sandbox, display: &Display, seconds: u64) -> f64 {
    let app = App::start(&app(), sandbox, display, &[]);
    display.wait_for("Home — Tidemill");
    // What comes after the first picture is no idling.
    std::thread::sleep(Duration::from_secs(5));
    let (before, began) = (group_time(app.pid()), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    (group_time(app.pid()) - before) / began.elapsed().as_secs_f64() * 100.0
}

/// The processor's seconds that the processes of a group have taken.
#[cfg(target_os = "linux")]
fn group_time(group: u32) -> f64 {
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let ticks: u64 = entries
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join("stat")).ok()?;
            // After the name: state, parent, group; user's and system's time are the
            // twelfth and thirteenth.
            let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
            (number(2)? == u64::from(group)).then_some(number(11)? + number(12)?)
        })
        .sum();
    f64::from(u32::try_from(ticks).expect("few")) / TICKS
}

/// Begins to note the gaps between the page's frames.
#[cfg(target_os = "linux")]
const RECORD: &str = "
    const record = { gaps: [], on: true };
    let before = null;
    const frame = (at) => {
        if (before !== null) record.gaps.push(at - before);
        before = at;
        if (record.on) requestAnimationFrame(frame);
    };
    window.record = record;
    requestAnimationFrame(frame);
    arguments[0]();";

/// Ends it, and gives the longest.
#[cfg(target_os = "linux")]
const LONGEST: &str = "
    window.record.on = false;
    arguments[0](Math.max(...window.record.gaps));";

/// The longest gap between two frames while a canvas of 300 tasks is moved about, while
/// it is zoomed, and while one of its tasks is dragged, each for some five seconds.
#[cfg(target_os = "linux")]
fn canvas(display: &Display) -> [(&'static str, f64); 3] {
    let sandbox = Sandbox::new();
    let tasks: String = (0..300)
        .map(|at| match at {
            0..6 => format!("  t{at}: {{ value: {at} }}\n"),
            _ => format!("  t{at}: {{ needs: [t{}], value: {at} }}\n", at - 6),
        })
        .collect();
    sandbox.flow("wide", &format!("tasks:\n{tasks}"));
    let window = Window::open(&sandbox, display);
    window.text("//nav");
    window.go("tauri://localhost/flows/wide");
    let canvas = "//*[@role='application']";
    window.text(&format!("{canvas}//*[starts-with(@aria-label, 't0, ')]"));
    window.wait_until_gone(
        "//*[contains(@class, 'build-stage')]/descendant-or-self::*[@aria-busy='true']",
    );
    let middle = window.middle(canvas);
    let longest = |act: &dyn Fn()| {
        window.ask(RECORD);
        act();
        window.ask(LONGEST).as_f64().expect("a number")
    };
    let turns: Vec<i64> = (0..300)
        .map(|at| if at % 60 < 30 { -40 } else { 40 })
        .collect();
    let panned = longest(&|| window.drag(&around(nearest(&window, "not")), STEP));
    let zoomed = longest(&|| window.turn_wheel(middle, &turns));
    window.turn_wheel(middle, &[-120; 8]);
    let dragged = longest(&|| window.drag(&around(nearest(&window, "is")), STEP));
    [("panned", panned), ("zoomed", zoomed), ("dragged", dragged)]
}

/// A place near the middle of the canvas on which a task stands, or does not.
#[cfg(target_os = "linux")]
fn nearest(window: &Window, task: &str) -> (f64, f64) {
    let script = format!(
        "const box = document.querySelector('[role=application]').getBoundingClientRect();
         const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
         for (let away = 0; away < 300; away += 1)
             for (const [by, down] of [[away, away], [-away, away], [away, 0], [0, away]]) {{
                 const found = document.elementFromPoint(x + by, y + down);
                 if ((found?.closest('.react-flow__node') == null) === {})
                     return arguments[0]([x + by, y + down]);
             }}",
        task == "not"
    );
    let place = window.ask(&script);
    let number = |at: usize| place[at].as_f64().expect("a place");
    (number(0), number(1))
}

/// How long the pointer takes from one place to the next.
#[cfg(target_os = "linux")]
const STEP: Duration = Duration::from_millis(16);

/// A way around a place, of five seconds.
#[cfg(target_os = "linux")]
fn around((x, y): (f64, f64)) -> Vec<(f64, f64)> {
    (0..300)
        .map(f64::from)
        .map(|at| (x + (at / 12.0).sin() * 200.0, y + (at / 15.0).sin() * 120.0))
        .collect()
}

/// The memory that `tidemill serve` has resident after all that Home asks, in MB.
#[cfg(target_os = "linux")]
fn serve(sandbox: &Sandbox) -> Result<f64, Box<dyn Error>> {
    let served = Served::start(sandbox);
    let _followed = served.stream("/events", &[]);
    for _ in 0..20 {
        for path in HOME {
            served.get(path);
        }
    }
    let status = fs::read_to_string(format!("/proc/{}/status", served.child.id()))?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .ok_or("no memory is told of")?;
    Ok(kibibytes * 1024.0 / 1e6)
}
