//! For tests: the test program started again, as a guard, as an engine that is
//! to be killed, or as what records a command. They are "tests" that do nothing
//! unless they are asked.

use std::{
    future,
    path::Path,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::process::{
    Command, Found, GRACE, GuardProgram, Line, LineSink, ProcessGroups, Record, Stream, Taken,
    Targets, TransparentCommand, run_transparently,
};

/// A sink that keeps all lines.
#[derive(Debug, Default)]
pub(crate) struct Kept(pub(crate) Mutex<Vec<Line>>);

impl LineSink for Kept {
    fn take(&self, lines: Vec<Line>) -> Taken<'_> {
        self.0.lock().unwrap().extend(lines);
        Box::pin(future::ready(()))
    }
}

impl Kept {
    /// The lines of one stream so far.
    pub(crate) fn texts(&self, stream: Stream) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.stream == stream)
            .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
            .collect()
    }
}

/// A script for `sh`, with this process's environment.
pub(crate) fn script(text: &str) -> Command {
    Command {
        program: "sh".into(),
        arguments: vec!["-c".into(), text.into()],
        environment: Arc::new(std::env::vars_os().collect()),
        directory: std::env::temp_dir(),
    }
}

/// Waits until `done`, at most 20 seconds.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// This test program as a guard.
pub(crate) fn guard_program() -> GuardProgram {
    GuardProgram {
        program: std::env::current_exe().unwrap(),
        arguments: ["--exact", "rehearsal::guard", "--nocapture", "--skip"]
            .map(Into::into)
            .to_vec(),
    }
}

/// Whether a process of this engine lives.
pub(crate) fn anyone_lives(engine: &str) -> bool {
    let targets = Targets::all_of(engine, Vec::new());
    loop {
        match targets.look() {
            Found::Nobody => return false,
            Found::Perhaps => std::thread::sleep(Duration::from_millis(1)),
            Found::Somebody => return true,
        }
    }
}

#[test]
fn guard() {
    let mut arguments = std::env::args_os().skip_while(|one| one != crate::guard::ARGUMENT);
    if let Some(engine) = arguments.nth(1) {
        crate::guard::run(&engine);
        std::process::exit(0);
    }
}

/// Where a rehearsed engine writes what it runs.
const FOLDER: &str = "TIDEMILL_REHEARSAL";

/// Starts this test program as an engine with processes of every kind; when the
/// file `engine` is in the folder, with its name, all of them run.
pub(crate) fn start_engine(folder: &Path) -> Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rehearsal::engine"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn engine() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let groups = ProcessGroups::new(guard_program()).unwrap();
    let kept = Kept::default();
    let command = script(
        "setsid sh -c 'trap \"\" TERM; echo in; sleep 1000; sleep 1000' & \
         trap '' TERM; echo in; sleep 1000 & echo in; wait; sleep 1000",
    );
    let unmarked = script("echo $$; exec env -i sleep 1000");
    let ready = async {
        until("all run", || kept.texts(Stream::Stdout).len() == 4).await;
        let texts = kept.texts(Stream::Stdout);
        let id = texts.iter().find(|text| *text != "in").unwrap();
        std::fs::write(folder.join("unmarked"), id).unwrap();
        std::fs::write(folder.join("engine.new"), groups.engine()).unwrap();
        std::fs::rename(folder.join("engine.new"), folder.join("engine")).unwrap();
    };
    let processes = groups.for_run();
    let first = processes.run(&command, &kept, GRACE, future::pending::<()>());
    let second = processes.run(&unmarked, &kept, GRACE, future::pending::<()>());
    let _ends_by_kill = tokio::join!(first, second, ready);
}

/// What a rehearsed recorder runs in `sh`.
const RECORDED: &str = "TIDEMILL_REHEARSED_COMMAND";

/// This test program as a recorder of a command: it writes `STREAM TEXT` for
/// each line into the file `record` of the folder.
pub(crate) fn recorder(folder: &Path, text: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "rehearsal::record", "--nocapture"])
        .env(FOLDER, folder)
        .env(RECORDED, text);
    command
}

#[test]
fn record() {
    let Some(text) = std::env::var_os(RECORDED) else {
        return;
    };
    let folder = std::env::var_os(FOLDER).unwrap();
    let file = std::fs::File::create(Path::new(&folder).join("record")).unwrap();
    let record: Record = Arc::new(move |lines| {
        use std::io::Write;
        for line in lines {
            let text = String::from_utf8_lossy(&line.bytes);
            // In one write: the two streams are read by two threads.
            let entry = format!("{:?} {text}\n", line.stream);
            (&file).write_all(entry.as_bytes()).unwrap();
        }
    });
    let command = TransparentCommand {
        program: "sh".into(),
        arguments: vec!["-c".into(), text],
        variables: vec![("EXTRA".into(), "more".into())],
    };
    let exit = run_transparently(&command, &record).unwrap();
    std::process::exit(exit.shell_code());
}
