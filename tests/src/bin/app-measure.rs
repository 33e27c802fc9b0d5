//! The bench's look at the desktop app and at `serve`, both as they are installed: how
//! long the window takes to show something, what the app costs while nothing happens,
//! and what memory the engine's process holds. Prints `name<TAB>value<TAB>bound` for
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
    desktop::{App, Display, app},
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
