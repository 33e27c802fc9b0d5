//! With real interpreters.

use std::{
    future,
    num::NonZeroUsize,
    os::unix::ffi::OsStringExt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tidemill_flow::Value;

use super::*;
use crate::{
    process::{Environment, Exit, GRACE, ProcessGroups, Stream, find_program, group_lives},
    rehearsal::{self, Kept, until},
};

/// A run's workers, and what its tasks have in common.
struct Stage {
    groups: Arc<ProcessGroups>,
    workers: Workers,
    interpreter: PathBuf,
    environment: Environment,
    folder: tempfile::TempDir,
}

/// A Python that is no version manager's script: those take a tenth of a second.
fn interpreter() -> PathBuf {
    let environment: Vec<_> = std::env::vars_os().collect();
    let here = std::env::temp_dir();
    let found = find_program("python3".as_ref(), &environment, &here).expect("python3 on PATH");
    let asked = std::process::Command::new(found)
        .args(["-c", "import sys; print(end=sys.executable)"])
        .output()
        .unwrap();
    PathBuf::from(std::ffi::OsString::from_vec(asked.stdout))
}

impl Stage {
    fn new(limit: usize) -> Self {
        let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
        let environment: Environment = Arc::new(std::env::vars_os().collect());
        let folder = tempfile::tempdir().unwrap();
        let settings = WorkerSettings {
            environment: Arc::clone(&environment),
            directory: folder.path().to_owned(),
            limit: NonZeroUsize::new(limit).unwrap(),
        };
        Self {
            workers: Workers::new(groups.for_run(), settings),
            groups,
            interpreter: interpreter(),
            environment,
            folder,
        }
    }

    fn context(&self, code: PythonCode) -> Arc<PythonContext> {
        PythonContext::new(values(code))
    }

    fn task(&self, source: &str) -> PythonTask {
        self.task_of(self.context(PythonCode::Body {
            name: "city.flow.yaml:table".into(),
            source: source.into(),
        }))
    }

    fn task_of(&self, context: Arc<PythonContext>) -> PythonTask {
        PythonTask {
            context,
            interpreter: self.interpreter.clone(),
            item: None,
            index: None,
            matrix: None,
            arguments: None,
            environment: Arc::clone(&self.environment),
            directory: self.folder.path().to_owned(),
            isolate: false,
        }
    }

    async fn run(&self, task: PythonTask) -> (Attempted<()>, Arc<Kept>) {
        let kept = Arc::new(Kept::default());
        let sink: Arc<Kept> = Arc::clone(&kept);
        let ended = self
            .workers
            .run(task, sink, GRACE, future::pending::<()>())
            .await;
        (ended, kept)
    }

    async fn value(&self, source: &str) -> serde_json::Value {
        match self.run(self.task(source)).await.0 {
            Attempted::Returned(value) => tidemill_flow::template::to_json(&value),
            other => panic!("{other:?}"),
        }
    }

    async fn failure(&self, source: &str) -> PythonFailure {
        match self.run(self.task(source)).await.0 {
            Attempted::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    async fn close(self) {
        self.workers.close().await;
        self.groups.close();
        assert!(
            !rehearsal::anyone_lives(self.groups.engine()),
            "a process is left"
        );
    }
}

fn shared(json: impl Into<serde_json::Value>) -> Shared {
    Shared::new(tidemill_flow::template::from_json(&json.into()))
}

fn values(code: PythonCode) -> ContextValues {
    ContextValues {
        code,
        params: shared(serde_json::json!({"a": 1, "text": "ü\"\n"})),
        inputs: vec![
            ("fetch".into(), shared(serde_json::json!([1, 2, 3]))),
            ("big".into(), shared(serde_json::json!("x".repeat(300_000)))),
        ],
        run: shared(serde_json::json!({"id": "r"})),
        trigger: shared(serde_json::Value::Null),
        variables: shared(serde_json::json!({"v": [true]})),
        item_name: None,
    }
}

fn number(pid: i64) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(pid as i32).unwrap()
}

#[tokio::test]
async fn a_body_sees_its_names_and_returns() {
    let stage = Stage::new(2);
    let source = "from __future__ import annotations\nimport math\n\ndef twice(x: Nowhere):\n    return 2 * x\n\
        text = '''a\n  b'''\nreturn {'a': params['a'], 'f': [twice(x) for x in inputs['fetch']], 'big': len(inputs['big']),\n\
        'run': run['id'], 'trigger': trigger, 'v': vars['v'], 'text': text, 'p': params['text'], 'item': item, 'pi': math.pi}";
    let json = stage.value(source).await;
    assert_eq!(
        json,
        serde_json::json!({"a": 1, "f": [2, 4, 6], "big": 300_000, "run": "r", "trigger": null, "v": [true],
            "text": "a\n  b", "p": "ü\"\n", "item": null, "pi": std::f64::consts::PI})
    );
    assert_eq!(stage.value("").await, serde_json::Value::Null);
    assert_eq!(stage.value("# nothing").await, serde_json::Value::Null);
    assert_eq!(
        stage
            .value("params['a'] = 9\nparams = params['a']\nreturn params")
            .await,
        9
    );
    assert_eq!(stage.value("return params['a']").await, 1);
    assert_eq!(
        stage.value("return sorted(eval('inputs'))").await,
        serde_json::json!(["big", "fetch"])
    );
    stage.close().await;
}

#[tokio::test]
async fn items_have_their_own_values() {
    let stage = Stage::new(2);
    let mut values = values(PythonCode::Body {
        name: "x".into(),
        source: "return [item, index, matrix, city]".into(),
    });
    values.item_name = Some("city".into());
    let context = PythonContext::new(values);
    for (index, item) in [
        serde_json::json!("Oslo"),
        serde_json::json!("y".repeat(100_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut task = stage.task_of(Arc::clone(&context));
        task.item = Some(tidemill_flow::template::from_json(&item));
        task.index = Some(index as u64);
        task.matrix = Some(Value::from_pairs([("n", 1)]));
        let Attempted::Returned(value) = stage.run(task).await.0 else {
            panic!()
        };
        assert_eq!(
            tidemill_flow::template::to_json(&value),
            serde_json::json!([item, index, {"n": 1}, item])
        );
    }
    stage.close().await;
}

#[tokio::test]
async fn a_traceback_shows_the_bodys_own_lines() {
    let stage = Stage::new(1);
    let (ended, kept) = stage
        .run(stage.task("import json\n\ndef inner():\n    return {}['no']\n\ninner()"))
        .await;
    let Attempted::Failed(PythonFailure::Raised {
        kind,
        message,
        traceback,
    }) = ended
    else {
        panic!("{ended:?}")
    };
    assert_eq!((kind.as_str(), message.as_str()), ("KeyError", "'no'"));
    let expected = [
        "  File \"city.flow.yaml:table\", line 6, in body",
        "    inner()",
        "  File \"city.flow.yaml:table\", line 4, in inner",
        "    return {}['no']",
    ];
    for line in expected {
        assert!(traceback.lines().any(|one| one == line), "{traceback}");
    }
    assert!(!traceback.contains("tidemill worker"), "{traceback}");
    assert_eq!(kept.texts(Stream::Stderr).join("\n") + "\n", traceback);
    let failure = stage.failure("x = 1\ny = = 2").await;
    assert!(
        failure
            .to_string()
            .starts_with("SyntaxError: invalid syntax (city.flow.yaml:table, line 2)"),
        "{failure}"
    );
    let PythonFailure::Raised { traceback, .. } = stage.failure("x = 1\nawait x").await else {
        panic!()
    };
    assert!(traceback.contains("    await x\n"), "{traceback}");
    stage.close().await;
}

#[tokio::test]
async fn what_json_cannot_say_fails_with_its_place() {
    let stage = Stage::new(1);
    let cases = [
        (
            "return {'rows': [1, 2, 3, float('nan')]}",
            "the returned value at [\"rows\"][3] is NaN, which JSON cannot say",
        ),
        (
            "return float('inf')",
            "the returned value is Infinity, which JSON cannot say",
        ),
        (
            "return [b'x']",
            "the returned value at [0] is bytes, which JSON cannot say",
        ),
        (
            "return {'a': {1}}",
            "the returned value at [\"a\"] is a set, which JSON cannot say",
        ),
        (
            "return {1: 2}",
            "the returned value has a key that is no text, which JSON cannot say",
        ),
        (
            "return [object()]",
            "the returned value at [0] is object, which JSON cannot say",
        ),
        (
            "import datetime\nreturn {'at': datetime.date(2020, 1, 1)}",
            "the returned value at [\"at\"] is datetime.date, which JSON cannot say",
        ),
        (
            "return 2 ** 64",
            "the returned value is an integer beyond 64 bits; return it as text",
        ),
        (
            "return '\\ud800'",
            "the returned value is text with half a surrogate pair, which JSON cannot say",
        ),
        (
            "x = []\nfor _ in range(150):\n    x = [x]\nreturn x",
            "is nested more than 100 deep",
        ),
        (
            "x = []\nx.append(x)\nreturn x",
            "the returned value is nested more than 100 deep",
        ),
        (
            "return 'x' * (65 * 1024 * 1024)",
            "the returned value is larger than 64 MiB",
        ),
    ];
    for (source, expected) in cases {
        let failure = stage.failure(source).await;
        assert!(matches!(failure, PythonFailure::Output(_)), "{failure:?}");
        assert!(
            failure.to_string().ends_with(expected),
            "{source}: {failure}"
        );
    }
    let source = "import enum, collections\nclass E(enum.IntEnum):\n    A = 3\n\
        return [E.A, (1, True), collections.OrderedDict(a=1), collections.Counter('x'), 2**64-1, -2**63]";
    assert_eq!(
        stage.value(source).await,
        serde_json::json!([3, [1, true], {"a": 1}, {"x": 1}, u64::MAX, i64::MIN])
    );
    let Attempted::Returned(value) = stage.run(stage.task("return 'x' * 50_000_000")).await.0
    else {
        panic!()
    };
    assert_eq!(value.as_str().unwrap().len(), 50_000_000);
    stage.close().await;
}

#[tokio::test]
async fn output_goes_to_the_task_that_wrote_it() {
    let stage = Stage::new(1);
    let loud = "import os, subprocess, sys\nprint('print', index)\nos.write(1, b'fd %d\\n' % index)\n\
        subprocess.run(['sh', '-c', 'echo child; echo err >&2'])\nsys.stdout.write('rest ü')";
    let context = stage.context(PythonCode::Body {
        name: "x".into(),
        source: loud.into(),
    });
    let runs = (0..20).map(|index| {
        let mut task = stage.task_of(Arc::clone(&context));
        task.index = Some(index);
        stage.run(task)
    });
    for (index, (ended, kept)) in join_all(runs).await.into_iter().enumerate() {
        assert!(matches!(ended, Attempted::Returned(_)), "{ended:?}");
        assert_eq!(
            kept.texts(Stream::Stdout),
            [
                format!("print {index}"),
                format!("fd {index}"),
                "child".into(),
                "rest ü".into()
            ]
        );
        assert_eq!(kept.texts(Stream::Stderr), ["err"]);
    }
    let (_, kept) = stage
        .run(stage.task("import os, sys\nos.close(1)\nsys.stdout.close()\nsys.stderr = None"))
        .await;
    assert!(kept.texts(Stream::Stdout).is_empty());
    let (_, kept) = stage
        .run(stage.task("import sys\nprint('back')\nprint('too', file=sys.stderr)"))
        .await;
    assert_eq!(kept.texts(Stream::Stdout), ["back"]);
    assert_eq!(kept.texts(Stream::Stderr), ["too"]);
    stage.close().await;
}

/// All of them at once.
async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures
        .into_iter()
        .map(|one| (Box::pin(one), None))
        .collect();
    future::poll_fn(move |context| {
        for (one, done) in &mut running {
            if done.is_none()
                && let std::task::Poll::Ready(value) = one.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        match running.iter().all(|(_, done)| done.is_some()) {
            true => std::task::Poll::Ready(
                running
                    .iter_mut()
                    .filter_map(|(_, done)| done.take())
                    .collect(),
            ),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn environment_and_directory_are_the_tasks_own() {
    let stage = Stage::new(1);
    stage
        .value("import os\nos.environ['LEFT'] = 'x'\nos.environ.pop('PATH')\nos.chdir('/')")
        .await;
    let mut task = stage.task("import os, subprocess\nreturn [os.environ.get('LEFT'), 'PATH' in os.environ, os.environ['MINE'], os.getcwd(),\n\
        subprocess.run(['sh', '-c', 'echo \"$MINE\"; pwd'], capture_output=True, text=True).stdout]");
    let mut environment = stage.environment.as_ref().clone();
    environment.push(("MINE".into(), "my \"ü\"\n".into()));
    task.environment = Arc::new(environment);
    let folder = stage.folder.path().canonicalize().unwrap();
    let Attempted::Returned(value) = stage.run(task).await.0 else {
        panic!()
    };
    assert_eq!(
        tidemill_flow::template::to_json(&value),
        serde_json::json!([
            null,
            true,
            "my \"ü\"\n",
            folder,
            format!("my \"ü\"\n\n{}\n", folder.display())
        ])
    );
    assert_eq!(
        stage
            .value("import os\nreturn os.environ.get('MINE')")
            .await,
        serde_json::Value::Null
    );
    stage.close().await;
}

#[tokio::test]
async fn a_function_in_a_file_is_called() {
    let stage = Stage::new(1);
    let file = stage.folder.path().join("steps.py");
    std::fs::write(stage.folder.path().join("helper.py"), "K = 10\n").unwrap();
    std::fs::write(&file, "import helper\ndef add(a, b=1):\n    return a + b + helper.K\ndef bad():\n    raise ValueError('no ü')\n").unwrap();
    let call = |function: &str| PythonCode::Call {
        file: file.clone(),
        function: function.into(),
    };
    let mut task = stage.task_of(stage.context(call("add")));
    task.arguments = Some(Value::from_pairs([("a", 5)]));
    let Attempted::Returned(value) = stage.run(task.clone()).await.0 else {
        panic!()
    };
    assert_eq!(value.as_i64(), Some(16));
    std::fs::write(&file, "def add(a):\n    return 'changed'\n").unwrap();
    let Attempted::Returned(value) = stage.run(task).await.0 else {
        panic!()
    };
    assert_eq!(value.as_str(), Some("changed"));
    let ended = stage
        .run(stage.task_of(stage.context(call("nothing"))))
        .await
        .0;
    let Attempted::Failed(failure) = ended else {
        panic!()
    };
    assert_eq!(
        failure.to_string(),
        "AttributeError: module 'steps' has no attribute 'nothing'"
    );
    stage.close().await;
}

#[tokio::test]
async fn exits_are_told() {
    let stage = Stage::new(1);
    assert_eq!(
        stage.value("import sys\nsys.exit()").await,
        serde_json::Value::Null
    );
    assert_eq!(
        stage.failure("import sys\nsys.exit(3)").await,
        PythonFailure::Exited(3)
    );
    let (ended, kept) = stage.run(stage.task("import sys\nsys.exit('why')")).await;
    assert!(matches!(ended, Attempted::Failed(PythonFailure::Exited(1))));
    assert_eq!(kept.texts(Stream::Stderr), ["why"]);
    let failure = stage.failure("raise KeyboardInterrupt").await;
    assert_eq!(failure.to_string(), "KeyboardInterrupt");
    let (ended, kept) = stage
        .run(stage.task("import os\nprint('last')\nos.write(1, b'words')\nos._exit(4)"))
        .await;
    assert!(
        matches!(ended, Attempted::Failed(PythonFailure::Died(Exit::Code(4)))),
        "{ended:?}"
    );
    assert_eq!(kept.texts(Stream::Stdout), ["last", "words"]);
    assert_eq!(
        stage.failure("import os\nos.kill(os.getpid(), 11)").await,
        PythonFailure::Died(Exit::Signal(11))
    );
    assert_eq!(stage.value("return 1").await, 1);
    stage.close().await;
}

#[tokio::test]
async fn a_killed_worker_costs_only_the_task_that_ran() {
    let stage = Stage::new(1);
    for _ in 0..50 {
        stage.value("return 1").await;
    }
    let killer = "import os, time\nif index == 5:\n    os.kill(os.getpid(), 9)\nreturn index";
    let context = stage.context(PythonCode::Body {
        name: "x".into(),
        source: killer.into(),
    });
    let runs = (0..30).map(|index| {
        let mut task = stage.task_of(Arc::clone(&context));
        task.index = Some(index);
        stage.run(task)
    });
    let ended: Vec<_> = join_all(runs)
        .await
        .into_iter()
        .map(|(ended, _)| ended)
        .collect();
    let failed: Vec<_> = ended
        .iter()
        .enumerate()
        .filter(|(_, one)| !matches!(one, Attempted::Returned(_)))
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(
        matches!(
            failed[0],
            (5, Attempted::Failed(PythonFailure::Died(Exit::Signal(9))))
        ),
        "{failed:?}"
    );
    stage.close().await;
}

#[tokio::test]
async fn an_idle_worker_may_be_killed() {
    let stage = Stage::new(1);
    let pid = stage
        .value("import os\nreturn os.getpid()")
        .await
        .as_i64()
        .unwrap();
    rustix::process::kill_process(number(pid), rustix::process::Signal::KILL).unwrap();
    let again = stage
        .value("import os\nreturn os.getpid()")
        .await
        .as_i64()
        .unwrap();
    assert_ne!(pid, again);
    stage.close().await;
}

#[tokio::test]
async fn a_worker_with_something_left_in_it_is_replaced() {
    let stage = Stage::new(1);
    let leaving = [
        "import threading, time, os\nthreading.Thread(target=time.sleep, args=(1000,)).start()\nreturn os.getpid()",
        "import subprocess, os\nsubprocess.Popen(['sleep', '1000'])\nreturn os.getpid()",
        "import subprocess, os\nsubprocess.run('sleep 1000 >/dev/null 2>&1 &', shell=True)\nreturn os.getpid()",
        "import os\npid = os.getpid()\nif os.fork() == 0:\n    import time\n    time.sleep(1000)\nreturn pid",
    ];
    for source in leaving {
        let pid = stage.value(source).await.as_i64().unwrap();
        let next = stage
            .value("import os\nreturn os.getpid()")
            .await
            .as_i64()
            .unwrap();
        assert_ne!(pid, next, "{source}");
        until("the group's end", || !group_lives(number(pid))).await;
    }
    let tidy = "import subprocess, threading, os\nsubprocess.run(['true'])\nt = threading.Thread(target=print)\nt.start()\nt.join()\n\
        if os.fork() == 0:\n    return 1\nos.wait()\nreturn os.getpid()";
    let pid = stage.value(tidy).await;
    assert_eq!(stage.value("import os\nreturn os.getpid()").await, pid);
    stage.close().await;
}

async fn stop_when_ready(
    stage: &Stage,
    mut task: PythonTask,
    isolate: bool,
) -> Attempted<&'static str> {
    task.isolate = isolate;
    let kept = Arc::new(Kept::default());
    let sink: Arc<Kept> = Arc::clone(&kept);
    let ready = async {
        until("ready", || {
            kept.texts(Stream::Stdout).contains(&"ready".into())
        })
        .await;
        "stopped"
    };
    stage
        .workers
        .run(task, sink, Duration::from_millis(200), ready)
        .await
}

#[tokio::test]
async fn a_stopped_task_ends_with_all_it_started() {
    for isolate in [false, true] {
        let stage = Stage::new(1);
        let source = "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
            subprocess.Popen(['setsid', 'sleep', '1000'])\nprint('ready')\ntime.sleep(1000)";
        let ended = stop_when_ready(&stage, stage.task(source), isolate).await;
        assert!(matches!(ended, Attempted::Stopped("stopped")), "{ended:?}");
        assert!(!rehearsal::anyone_lives(stage.groups.engine()));
        assert_eq!(stage.value("return 1").await, 1);
        stage.close().await;
    }
}

#[tokio::test]
async fn a_task_that_waits_behind_a_long_one_gets_another_worker_or_is_stopped() {
    let stage = Stage::new(2);
    for _ in 0..50 {
        stage.value("return 1").await;
    }
    let long = "import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.005)";
    let short = async {
        let runs = (0..10).map(|_| stage.run(stage.task("return 2")));
        let ended = join_all(runs).await;
        std::fs::write(stage.folder.path().join("go"), "").unwrap();
        ended
    };
    let (long, short) = tokio::join!(stage.run(stage.task(long)), short);
    assert!(matches!(long.0, Attempted::Returned(_)));
    assert!(
        short
            .iter()
            .all(|(ended, _)| matches!(ended, Attempted::Returned(_)))
    );
    stage.close().await;
}

#[tokio::test]
async fn what_was_not_begun_is_just_not_run() {
    let stage = Stage::new(1);
    let long = "import os, time\nprint('on')\nwhile not os.path.exists('go'):\n    time.sleep(0.005)\nreturn 1";
    let kept: Arc<Kept> = Arc::default();
    let sink: Arc<Kept> = Arc::clone(&kept);
    let first = stage
        .workers
        .run(stage.task(long), sink, GRACE, future::pending::<()>());
    let second = async {
        until("on", || !kept.texts(Stream::Stdout).is_empty()).await;
        let task = stage.task("open('wrong', 'w')");
        let ended = stage
            .workers
            .run(task, Arc::new(Kept::default()), GRACE, future::ready(()))
            .await;
        std::fs::write(stage.folder.path().join("go"), "").unwrap();
        ended
    };
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(first, Attempted::Returned(_)), "{first:?}");
    assert!(matches!(second, Attempted::Stopped(())));
    assert!(!stage.folder.path().join("wrong").exists());
    stage.close().await;
}

#[tokio::test]
async fn an_isolated_task_has_its_own_process() {
    let stage = Stage::new(1);
    let shared = stage.value("import os\nreturn os.getpid()").await;
    let mut task = stage.task("import os\nreturn os.getpid()");
    task.isolate = true;
    let Attempted::Returned(value) = stage.run(task).await.0 else {
        panic!()
    };
    assert_ne!(tidemill_flow::template::to_json(&value), shared);
    stage.close().await;
}

#[tokio::test]
async fn what_is_no_interpreter_says_so() {
    let stage = Stage::new(1);
    let mut task = stage.task("return 1");
    task.interpreter = "/bin/false".into();
    let Attempted::Failed(PythonFailure::NotStarted(why)) = stage.run(task.clone()).await.0 else {
        panic!()
    };
    assert_eq!(
        why,
        "`/bin/false` does not start as a Python interpreter (3.8 or later): exit code 1"
    );
    task.interpreter = "/no/such/python".into();
    let Attempted::Failed(PythonFailure::NotStarted(why)) = stage.run(task).await.0 else {
        panic!()
    };
    assert!(why.starts_with("cannot start `/no/such/python`"), "{why}");
    stage.close().await;
}

#[tokio::test]
async fn large_values_go_once_and_return_whole() {
    let stage = Stage::new(1);
    let list: Vec<_> = (0..300_000).collect();
    let mut values = values(PythonCode::Body {
        name: "x".into(),
        source: "return len(inputs['all'])".into(),
    });
    values
        .inputs
        .push(("all".into(), shared(serde_json::json!(list))));
    let context = PythonContext::new(values);
    let started = Instant::now();
    for _ in 0..5 {
        let Attempted::Returned(value) = stage.run(stage.task_of(Arc::clone(&context))).await.0
        else {
            panic!()
        };
        assert_eq!(value.as_i64(), Some(300_000));
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    stage.close().await;
}

#[tokio::test]
async fn dropped_workers_are_killed() {
    let stage = Stage::new(2);
    let Stage {
        groups, workers, ..
    } = &stage;
    let kept: Arc<Kept> = Arc::default();
    let sink: Arc<Kept> = Arc::clone(&kept);
    let task = stage.task("import time, subprocess\nsubprocess.Popen(['setsid', 'sleep', '1000'])\nprint('on')\ntime.sleep(1000)");
    tokio::select! {
        _ = workers.run(task, sink, GRACE, future::pending::<()>()) => unreachable!(),
        () = until("on", || !kept.texts(Stream::Stdout).is_empty()) => {}
    }
    let groups = Arc::clone(groups);
    drop(stage);
    until("the end of all", || {
        !rehearsal::anyone_lives(groups.engine())
    })
    .await;
    groups.close();
}
