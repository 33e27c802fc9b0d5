//! The checker's tests as data: files in which every mistake is announced
//! below its line, `# … ^ message` with the caret below its column
//! (`#< message` for the first one).

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::{Each, EdgeOn, Kind, Scope, Task, schema, template::to_json};

mod bombs;
mod random;

const WHOLE: &str = include_str!("tests/whole.flow.yaml");
const EVERYTHING: &str = include_str!("tests/everything.flow.yaml");

const MISTAKES: [(&str, &str); 10] = [
    ("anchors", include_str!("tests/anchors.flow.yaml")),
    ("expressions", include_str!("tests/expressions.flow.yaml")),
    ("items", include_str!("tests/items.flow.yaml")),
    ("keys", include_str!("tests/keys.flow.yaml")),
    ("kinds", include_str!("tests/kinds.flow.yaml")),
    ("needs", include_str!("tests/needs.flow.yaml")),
    ("parameters", include_str!("tests/parameters.flow.yaml")),
    ("schedules", include_str!("tests/schedules.flow.yaml")),
    ("tasks", include_str!("tests/tasks.flow.yaml")),
    ("top", include_str!("tests/top.flow.yaml")),
];

fn lines(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}

fn diagnostics(text: &str) -> Vec<String> {
    lines(&check(text, &CheckContext::default()).diagnostics)
}

fn valid(text: &str) -> Flow {
    let checked = check(text, &CheckContext::default());
    assert_eq!(lines(&checked.diagnostics), Vec::<String>::new(), "{text}");
    checked.flow.unwrap()
}

/// A flow of these tasks, each a line.
fn tasks(tasks: &str) -> String {
    let lines: Vec<String> = tasks
        .trim()
        .lines()
        .map(|line| format!("  {}", line.trim()))
        .collect();
    format!("name: x\ntasks:\n{}\n", lines.join("\n"))
}

fn task<'f>(flow: &'f Flow, path: &str) -> &'f Task {
    flow.tasks
        .by_path(path)
        .unwrap_or_else(|| panic!("no task {path}"))
}

/// What the announcements in a file say, as diagnostics are written.
fn announced(text: &str) -> Vec<String> {
    let mut line = 0;
    let mut expected = Vec::new();
    for (number, content) in text.lines().enumerate() {
        let caret = content
            .trim_start_matches('#')
            .trim_start_matches(' ')
            .strip_prefix("^ ");
        let (column, message) = match (content.strip_prefix("#< "), caret) {
            (Some(message), _) => (1, message),
            (None, Some(message)) if content.starts_with('#') => {
                (content.len() - message.len() - 1, message)
            }
            _ => {
                line = number + 1;
                continue;
            }
        };
        let severity = if message.starts_with("warning: ") {
            ""
        } else {
            "error: "
        };
        expected.push(format!("{line}:{column}: {severity}{message}"));
    }
    expected
}

#[test]
fn every_mistake_is_found_where_it_stands() {
    for (name, text) in MISTAKES {
        let expected = announced(text);
        assert!(!expected.is_empty(), "{name} announces nothing");
        assert_eq!(diagnostics(text), expected, "{name}");
        assert!(
            check(text, &CheckContext::default()).flow.is_none(),
            "{name}"
        );
    }
}

#[test]
fn the_whole_example_is_a_flow() {
    let flow = valid(WHOLE);
    assert_eq!(flow.name.as_str(), "city-weather");
    assert_eq!(flow.version.len(), 64);
    assert_eq!(
        flow.parameters["threshold"].schema,
        json!({ "type": "number" })
    );
    assert_eq!(flow.parameters["threshold"].default, Some(json!(20)));
    let names: Vec<&str> = flow.tasks.iter().map(|task| task.path.as_ref()).collect();
    assert_eq!(names, ["fetch", "table", "warn", "tidy"]);
    let edges = |path: &str| -> Vec<(String, EdgeOn, bool)> {
        let edge = |edge: &crate::Edge| {
            (
                flow.tasks[edge.upstream].name.to_string(),
                edge.on,
                edge.implied,
            )
        };
        task(&flow, path).needs.iter().map(edge).collect()
    };
    assert_eq!(edges("fetch"), []);
    assert_eq!(
        edges("table"),
        [("fetch".to_owned(), EdgeOn::Succeeded, false)]
    );
    assert_eq!(
        edges("warn"),
        [("table".to_owned(), EdgeOn::Succeeded, true)]
    );
    assert_eq!(edges("tidy"), [("fetch".to_owned(), EdgeOn::Failed, false)]);
    let minutes = |task: &Task| task.timeout.map(|timeout| timeout.as_secs() / 60);
    assert_eq!(minutes(task(&flow, "fetch")), Some(10));
    assert_eq!(minutes(task(&flow, "warn")), None);
    let retries = &task(&flow, "fetch").retries;
    assert_eq!(
        (retries.max, retries.delays.len(), retries.jitter),
        (3, 1, 0.2)
    );
}

#[test]
fn every_key_stands_in_the_example_of_everything() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        for (key, value) in schema.as_object().into_iter().flatten() {
            if key == "properties" {
                found.extend(
                    value
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(key, _)| key.clone()),
                );
            }
            keys(value, found);
        }
    }
    let mut known = BTreeSet::new();
    keys(&schema(), &mut known);
    for definition in schema()["$defs"].as_object().unwrap().values() {
        keys(definition, &mut known);
    }
    assert!(known.len() > 90, "{}", known.len());
    for key in known {
        assert!(
            EVERYTHING.contains(&format!("{key}:")),
            "`{key}` stands nowhere"
        );
    }
}

#[test]
fn everything_lands_in_the_flow() {
    let flow = valid(EVERYTHING);
    assert_eq!(flow.tags, ["one", "{{ literal }}"]);
    assert_eq!(flow.schedules.len(), 3);
    assert_eq!(flow.schedules[0].schedule.name.as_deref(), Some("weekdays"));
    assert!(flow.schedules[0].schedule.paused && flow.schedules[0].schedule.only_if.ac_power);
    assert_eq!(flow.triggers.len(), 5);
    assert_eq!(flow.notify.len(), 5);
    assert_eq!(flow.notify[1].on.len(), 3);
    assert_eq!(flow.concurrency.unwrap().limit, 2);
    assert_eq!(flow.uses.pools.len(), 1);
    let secrets: BTreeSet<&str> = flow
        .uses
        .secrets
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    for secret in [
        "TOKEN", "HOOK", "SLACK", "Q", "H", "J", "B", "F", "P", "T", "DB",
    ] {
        assert!(secrets.contains(secret), "{secret}");
    }
    let variables: BTreeSet<&str> = flow
        .uses
        .variables
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    assert_eq!(variables, ["MAIL", "NUMPY", "SHELL"].into());
    let limits: Vec<&str> = flow
        .uses
        .limits
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    assert_eq!(limits, ["database", "network"]);

    let until = task(&flow, "until");
    assert_eq!(until.runs_on.as_str(), "local");
    assert_eq!(until.tags, Vec::<String>::new());
    assert!(
        until.cache.is_none(),
        "a default cache does not reach a task with `repeat`"
    );
    assert_eq!(until.repeat.as_ref().unwrap().max, Some(5));
    assert!(task(&flow, "doubling").cache.is_none());
    assert!(task(&flow, "short_shell").cache.is_some());
    assert_eq!(task(&flow, "short_shell").retries.max, 1);
    assert_eq!(task(&flow, "value").retries.max, 0);
    assert_eq!(task(&flow, "value").runs_on.as_str(), "big");
    let Kind::Http(http) = &task(&flow, "json_http").kind else {
        panic!("no http")
    };
    let scope = Scope::root(vec![]);
    let method = http.method.value("http.method", &scope).unwrap();
    assert_eq!(method.as_str(), "POST");
    let expect = http.expect.iter();
    let expect: Vec<String> = expect
        .map(|range| range.value("http.expect", &scope).unwrap().to_string())
        .collect();
    assert_eq!(expect, ["200", "300-399"]);
    assert!(matches!(
        task(&flow, "group/deeper").each,
        Some(Each::Matrix(_))
    ));
}

#[test]
fn line_ends_and_marks_do_not_move_places() {
    for (text, place) in [
        (
            "\u{feff}name: '{{ x }}'\r\ntasks: { a: { value: '{{ y }}' } }",
            "2:26",
        ),
        (
            "\u{feff}output: '{{ y }}'\nname: x\ntasks: { a: { value: 1 } }",
            "1:13",
        ),
        (
            "name: x\r\n\r\ntasks: { a: { value: 'é😀 {{ y }}' } }\r\n",
            "3:29",
        ),
        (
            "name: x\rtasks:\r  a:\r    value: |\r      one\r      {{ y }}\r",
            "6:10",
        ),
    ] {
        let found = diagnostics(text);
        let expected = format!("{place}: error: undefined name `y`");
        assert!(
            found.iter().any(|line| line.starts_with(&expected)),
            "{text:?}: {found:?}"
        );
    }
}

#[test]
fn what_is_no_mapping_is_no_flow() {
    for (text, found) in [
        ("", "1:1: error: the file is empty"),
        (
            "# nothing\n---\n",
            "3:1: error: expected a mapping, found nothing",
        ),
        ("- a\n", "1:1: error: expected a mapping, found a list"),
        ("just text\n", "1:1: error: expected a mapping, found text"),
    ] {
        let lines = diagnostics(text);
        assert!(
            lines.len() == 1 && lines[0].starts_with(found),
            "{text:?}: {lines:?}"
        );
    }
}

#[test]
fn environments_merge_by_name() {
    let flow = valid(EVERYTHING);
    let env = |path: &str| -> Vec<(String, Option<serde_json::Value>)> {
        let entries = task(&flow, path).env.iter();
        let value = |value: &crate::Template| {
            value
                .as_constant()
                .map_or(json!("…"), |constant| to_json(&constant))
        };
        entries
            .map(|(name, template)| (name.clone(), template.as_ref().map(value)))
            .collect()
    };
    let own = |name: &str, value| (name.to_owned(), value);
    let shared = [
        own("TOKEN", Some(json!("…"))),
        own("PORT", Some(json!(9090))),
        own("ON", Some(json!(true))),
        own("GONE", None),
        own("OUT", Some(json!("…"))),
        own("LEVEL", Some(json!("defaults"))),
    ];
    assert_eq!(env("value"), shared);
    let mut leaf = shared.to_vec();
    leaf[1] = own("PORT", None);
    leaf.push(own("WORD", Some(json!("…"))));
    leaf.push(own("OS", Some(json!("…"))));
    assert_eq!(env("group/deeper/leaf"), leaf);
    assert_eq!(
        task(&flow, "group/deeper/leaf")
            .cwd
            .as_ref()
            .unwrap()
            .as_constant(),
        Some("work".into())
    );
}

#[test]
fn a_group_gets_the_edges_of_what_stands_inside() {
    let flow = valid(&tasks(
        "a: { value: 1 }
         b: { value: 2 }
         g: { tasks: { a: { value: 3 }, x: { value: '{{ tasks.a.output }} {{ tasks.b.output }}' } } }
         h: { needs: { b: finished }, tasks: { y: { value: '{{ tasks.b.state }}' } } }",
    ));
    let needs = |path: &str| -> Vec<String> {
        let edge = |edge: &crate::Edge| format!("{} {:?}", flow.tasks[edge.upstream].path, edge.on);
        task(&flow, path).needs.iter().map(edge).collect()
    };
    assert_eq!(needs("g/x"), ["g/a Succeeded"]);
    assert_eq!(needs("g"), ["b Succeeded"]);
    assert_eq!(needs("h"), ["b Finished"]);
    assert_eq!(needs("h/y"), Vec::<String>::new());
    let inner: Vec<u32> = match &task(&flow, "g").kind {
        Kind::Group(inner) => inner.iter().map(|index| index.number()).collect(),
        _ => panic!("no group"),
    };
    assert_eq!(inner, [3, 4]);
    let top: Vec<u32> = flow
        .tasks
        .top()
        .iter()
        .map(|index| index.number())
        .collect();
    assert_eq!(top, [0, 1, 2, 5]);
}

fn known(name: &str, calls: &[&str]) -> KnownFlow {
    let call = |call: &&str| format!("  call_{call}: {{ flow: {call} }}\n");
    let calls: String = calls.iter().map(call).collect();
    let text = format!(
        "name: {name}\nparameters: {{ count: {{ type: integer }} }}\ntasks:\n  a: {{ value: 1 }}\n{calls}"
    );
    KnownFlow::of(&valid(&text), format!("{name}.flow.yaml"))
}

#[test]
fn other_flows_are_looked_up_where_they_are_known() {
    let context = CheckContext {
        file: Some("x.flow.yaml".to_owned()),
        flows: Some(vec![
            known("other", &["third"]),
            known("third", &["x"]),
            known("plain", &[]),
        ]),
    };
    let found = |text: &str| lines(&check(text, &context).diagnostics);
    assert_eq!(
        found(&tasks("a: { flow: othr }")),
        ["3:8: error: the workspace has no flow `othr`; did you mean `other`?"]
    );
    assert_eq!(
        found(&tasks(
            "a: { flow: { name: plain, parameters: { count: x, size: 1 } } }"
        )),
        [
            "3:8: error: the parameter `count` of the flow `plain`: \"x\" is not of type \"integer\"",
            "3:8: error: the flow `plain` has no parameter `size`",
        ]
    );
    assert_eq!(
        found(&tasks("a: { flow: plain }")),
        [
            "3:8: error: the flow `plain` needs the parameter `count`, which is not given here; give it, as `parameters: { count: … }`"
        ]
    );
    assert_eq!(
        found(&tasks(
            "a: { flow: { name: other, parameters: { count: 1 } } }"
        )),
        ["3:8: error: the flow calls itself: x → other → third → x"]
    );
    assert_eq!(
        found("name: plain\ntriggers: [{ after: nothing }]\ntasks: { a: { value: 1 } }\n"),
        [
            "1:7: error: the flow in `plain.flow.yaml` is called `plain` too; give one of them another name",
            "2:21: warning: the workspace has no flow `nothing`",
        ]
    );
}

/// Tasks, and whether each is one as far as a schema can tell.
const TASK_FORMS: &[(&str, bool)] = &[
    ("{ shell: echo }", true),
    ("{ shell: 1 }", false),
    ("{ shell: }", false),
    ("{ shell: { script: x, file: y } }", false),
    ("{ shell: { interpreter: x } }", false),
    ("{ shell: x, python: y }", false),
    ("{ needs: [b] }", false),
    ("{ value: 1, retries: -1 }", false),
    ("{ value: 1, retries: 3.0 }", true),
    ("{ value: 1, retries: { delay: 1s } }", false),
    ("{ value: 1, retries: { max: 1, delay: [1s, 2s] } }", true),
    ("{ value: 1, retries: { max: 1, delay: [] } }", false),
    ("{ value: 1, retries: { max: 1, jitter: 1.5 } }", false),
    ("{ value: 1, timeout: 10 }", false),
    ("{ value: 1, timeout: 5 m }", false),
    ("{ value: 1, timeout: 1m1h }", false),
    ("{ value: 1, timeout: 10ms }", true),
    ("{ value: 1, timeout: '' }", false),
    ("{ value: 1, when: yes }", false),
    ("{ value: 1, when: false }", true),
    ("{ value: 1, when: '{{ true }}' }", true),
    ("{ value: 1, for_each: x }", false),
    ("{ value: 1, for_each: [1] }", true),
    ("{ value: 1, for_each: { in: [1] } }", true),
    ("{ value: 1, for_each: { as: x } }", false),
    ("{ value: 1, for_each: [1], matrix: { a: [1] } }", false),
    ("{ value: 1, matrix: { } }", false),
    ("{ value: 1, matrix: { a: 1 } }", false),
    ("{ value: 1, fail_fast: true }", false),
    ("{ value: 1, join: any }", false),
    ("{ value: 1, cache: true }", true),
    ("{ wait: 1s, cache: true }", false),
    ("{ wait: 1s, cache: false }", true),
    ("{ wait: '{{ params.x }}' }", true),
    ("{ wait: soon }", false),
    ("{ value: 1, repeat: { until: true }, cache: true }", false),
    ("{ value: 1, repeat: { until: true, while: true } }", false),
    ("{ value: 1, unknown: true }", false),
    ("{ value: 1, env: { A: ~, B: 1, C: x } }", true),
    ("{ value: 1, env: { A: [x] } }", false),
    ("{ value: 1, needs: x }", false),
    ("{ value: 1, limits: [1x] }", false),
    ("{ tasks: {} }", false),
    ("{ tasks: { a: { tasks: { b: { value: 1 } } } } }", true),
    ("{ tasks: { a: { tasks: { b: { valu: 1 } } } } }", false),
    ("{ http: { method: GET } }", false),
    ("{ http: { url: x, json: 1, form: {} } }", false),
    (
        "{ http: { url: x, auth: { bearer: x, basic: { user: x, password: x } } } }",
        false,
    ),
    ("{ http: { url: x, expect: [99] } }", false),
    ("{ http: { url: x, expect: [] } }", false),
    ("{ approve: { message: x, on_expiry: approve } }", false),
    (
        "{ approve: { message: x, fields: { type: nothing } } }",
        false,
    ),
    ("{ notify: { message: x, desktop: true, slack: x } }", false),
    ("{ notify: { message: x, desktop: false } }", false),
    ("{ flow: A }", false),
    ("{ python: { with: {} } }", false),
    ("{ python: { code: x, with: {} } }", false),
];

/// Keys of the top level, likewise.
const TOP_FORMS: &[(&str, bool)] = &[
    ("{}", false),
    ("{ name: X }", false),
    ("{ concurrency: { limit: 0 } }", false),
    ("{ concurrency: { limit: 1 } }", true),
    ("{ schedules: [{ cron: '@daily', every: 1h }] }", false),
    ("{ schedules: [{ every: 1h, starting: 2026-01-01 }] }", true),
    (
        "{ schedules: [{ cron: '@daily', starting: 2026-01-01 }] }",
        false,
    ),
    ("{ schedules: [{ every: 1h, wait_up_to: 1h }] }", false),
    ("{ triggers: [{ file: x, when: true }] }", false),
    ("{ triggers: [{ absent: x }] }", false),
    ("{ notify: [{ on: [], desktop: true }] }", false),
    ("{ notify: [{ on: [failed] }] }", false),
    ("{ parameters: { a: ~ } }", false),
    ("{ parameters: { a-b: 1 } }", false),
    ("{ parameters: { a: { type: integer } } }", true),
    ("{ defaults: { when: true } }", false),
    ("{ tags: x }", false),
];

/// Files, and whether each is one as far as a schema can tell.
fn agreement() -> Vec<(String, bool)> {
    let mut files = vec![(WHOLE.to_owned(), true), (EVERYTHING.to_owned(), true)];
    for (task, fits) in TASK_FORMS {
        let text = format!("name: x\nparameters: {{ x: 1 }}\ntasks:\n  a: {task}\n");
        files.push((text, *fits));
    }
    for (top, fits) in TOP_FORMS {
        let keys = top
            .strip_prefix("{ ")
            .and_then(|top| top.strip_suffix(" }"))
            .unwrap_or("");
        let name = if keys.starts_with("name") || keys.is_empty() {
            ""
        } else {
            "name: x, "
        };
        let comma = if keys.is_empty() { "" } else { ", " };
        files.push((
            format!("{{ {name}{keys}{comma}tasks: {{ a: {{ value: 1 }} }} }}\n"),
            *fits,
        ));
    }
    files
}

/// The file as JSON, as other tools see it.
fn as_json(text: &str) -> serde_json::Value {
    let node = yaml::parse(text, &mut Vec::new()).unwrap();
    shape::json_of(&node, &mut Walk::new(text, Vec::new())).unwrap()
}

#[test]
fn the_schema_and_the_check_agree() {
    let schema = schema();
    crate::validation::check_schema(&schema).unwrap();
    for (text, fits) in agreement() {
        assert_eq!(
            diagnostics(&text).is_empty(),
            fits,
            "check: {text} {:?}",
            diagnostics(&text)
        );
        let validated = crate::validation::validate(&schema, &as_json(&text));
        assert_eq!(validated.is_ok(), fits, "schema: {text} {validated:?}");
    }
}

#[test]
fn every_key_of_the_schema_has_a_description() {
    fn walk(path: &str, schema: &serde_json::Value) {
        for (key, value) in schema.as_object().into_iter().flatten() {
            if key == "properties" && !path.ends_with("then") {
                for (name, property) in value.as_object().unwrap() {
                    let description = property["description"].as_str().unwrap_or_default();
                    let nothing_said = path.contains("allOf");
                    assert!(description.len() > 5 || nothing_said, "{path}.{name}");
                }
            }
            walk(&format!("{path}.{key}"), value);
        }
        for item in schema.as_array().into_iter().flatten() {
            walk(path, item);
        }
    }
    walk("", &schema());
}

#[test]
fn a_misspelt_key_that_is_missing_is_meant() {
    let found = diagnostics("name: x\ntaks:\n  t: { value: 1 }\n");
    assert!(
        found.contains(
            &"2:1: error: unknown key `taks` in a flow file; did you mean `tasks`?".to_owned()
        ),
        "{found:?}"
    );
}

#[test]
fn a_script_with_an_expression_in_it_is_warned_of() {
    for (script, place) in [
        ("shell: echo {{ params.who }}", Some("4:17")),
        ("shell: { script: 'echo \"{{item}}\"' }", Some("4:29")),
        (
            "shell: |\n      echo\n      echo {{ tasks.a.output | upper }}",
            Some("6:12"),
        ),
        (
            "shell: docker ps --format '{{ .Names }} {{ index . 0 }}'",
            None,
        ),
        ("shell: echo {{ params.x", None),
        ("python: 'return f\"{{ params.who }}\"'", None),
    ] {
        let found = diagnostics(&format!("name: x\ntasks:\n  t:\n    {script}\n"));
        let places: Vec<&str> = found
            .iter()
            .filter_map(|line| line.split_once(": warning: `{{"))
            .map(|(place, _)| place)
            .collect();
        assert_eq!(places, Vec::from_iter(place), "{script}: {found:?}");
    }
}
