//! Tasks that ask others: `http`, `sql`, `wait`, `approve`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemill_tests::{
    Reply, Sandbox, Server, message, output, postgres::Postgres, state, task, until,
};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn http_sends_what_the_flow_says_and_gives_what_came() {
    let server = Server::start(|request, _| {
        Some(match request.target.as_str() {
            "/text" => Reply::text(200, b"caf\xc3\xa9 \xff".to_vec()),
            _ => {
                let body = json!({ "method": request.method, "target": request.target,
                    "body": request.body, "type": request.header("content-type"),
                    "auth": request.header("authorization"), "x": request.header("x-mine") });
                Reply::json(201, &body)
            }
        })
    });
    let sandbox = Sandbox::new();
    let url = server.url("");
    sandbox.flow(
        "web",
        &format!(
            r#"
parameters: {{ word: "ä & b=c" }}
tasks:
  plain: {{ http: '{url}/text' }}
  query:
    http: {{ url: '{url}/q?kept=1', query: {{ word: '{{{{ params.word }}}}', n: 3 }}, headers: {{ X-Mine: 'yes {{{{ 1 + 1 }}}}' }} }}
  json:
    http: {{ method: PUT, url: '{url}/j', json: {{ a: ['{{{{ params.word }}}}', 2] }}, auth: {{ bearer: a-token }} }}
  form:
    http: {{ method: POST, url: '{url}/f', form: {{ word: '{{{{ params.word }}}}' }}, auth: {{ basic: {{ user: me, password: pass }} }} }}
  body:
    http: {{ method: POST, url: '{url}/b', body: 'as it {{{{ "stands" }}}}' }}
"#
        ),
    );
    let document = sandbox.run_json("web", &[], 0);
    let plain = output(&document, "plain");
    assert_eq!(plain["status"], 200);
    assert_eq!(plain["text"], "café \u{fffd}");
    assert_eq!(plain["headers"]["content-type"], "text/plain");
    let query = &output(&document, "query")["json"];
    assert_eq!(query["method"], "GET");
    assert_eq!(query["x"], "yes 2");
    let target = query["target"].as_str().unwrap();
    assert!(target.starts_with("/q?kept=1&"), "{target}");
    assert!(
        target.contains("n=3") && !target.contains("b=c"),
        "{target}"
    );
    let sent = &output(&document, "json")["json"];
    assert_eq!(sent["method"], "PUT");
    assert_eq!(sent["type"], "application/json");
    assert_eq!(sent["auth"], "Bearer a-token");
    let body: Value = serde_json::from_str(sent["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({"a": ["ä & b=c", 2]}));
    let form = &output(&document, "form")["json"];
    assert_eq!(form["type"], "application/x-www-form-urlencoded");
    assert_eq!(form["body"], "word=%C3%A4+%26+b%3Dc");
    assert_eq!(form["auth"], "Basic bWU6cGFzcw==");
    assert_eq!(output(&document, "body")["json"]["body"], "as it stands");
    assert_eq!(output(&document, "body")["status"], 201);
}

#[test]
fn http_tries_again_where_the_condition_holds() {
    let server = Server::start(|request, number| {
        Some(match request.target.as_str() {
            "/busy" if number < 2 => Reply::text(503, "busy"),
            "/busy" => Reply::text(200, "done"),
            _ => Reply::text(404, "nothing there"),
        })
    });
    let sandbox = Sandbox::new();
    let retries = r#"retries: { max: 5, delay: 10ms, when: "{{ error.status == 503 }}" }"#;
    sandbox.flow(
        "again",
        &format!(
            "tasks:\n  busy: {{ http: '{}', {retries} }}\n  gone: {{ needs: [busy], http: '{}', {retries} }}\n",
            server.url("/busy"),
            server.url("/gone")
        ),
    );
    let document = sandbox.run_json("again", &[], 1);
    assert_eq!(task(&document, "busy")["attempts"], 3);
    assert_eq!(output(&document, "busy")["text"], "done");
    assert_eq!(task(&document, "gone")["attempts"], 1);
    assert_eq!(state(&document, "gone"), "Failed");
    let said = message(&document, "gone");
    assert!(said.contains("404"), "{said}");
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn http_expects_what_the_flow_expects_and_saves_what_came() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let sent = bytes.clone();
    let server = Server::start(move |request, _| {
        Some(match request.target.as_str() {
            "/404" => Reply::json(404, &json!({"why": "gone"})),
            "/204" => Reply::text(204, ""),
            _ => Reply::text(200, sent.clone()),
        })
    });
    let sandbox = Sandbox::new();
    let url = server.url("");
    let folder = "sub folder";
    sandbox.write(
        &format!("{folder}/web.flow.yaml"),
        format!(
            r#"
name: web
tasks:
  absent: {{ http: {{ url: '{url}/404', expect: [200, 404] }} }}
  range: {{ http: {{ url: '{url}/404', expect: [400-499] }} }}
  strict: {{ allow_failure: true, http: {{ url: '{url}/204', expect: [200] }} }}
  empty: {{ http: '{url}/204' }}
  save: {{ http: {{ url: '{url}/file', save_to: 'got/the file.bin' }} }}
  refused: {{ allow_failure: true, http: 'http://127.0.0.1:1/' }}
"#
        ),
    );
    let document = sandbox.run_json(&format!("{folder}/web.flow.yaml"), &[], 0);
    assert_eq!(output(&document, "absent")["json"]["why"], "gone");
    assert_eq!(output(&document, "range")["status"], 404);
    assert_eq!(state(&document, "strict"), "Failed");
    assert!(message(&document, "strict").contains("204"));
    assert_eq!(output(&document, "empty")["status"], 204);
    let saved = sandbox.file(folder).join("got/the file.bin");
    assert!(std::fs::read(&saved).unwrap() == bytes);
    let save = output(&document, "save");
    assert_eq!(save["path"], saved.to_str().unwrap());
    assert!(save.get("text").is_none_or(Value::is_null), "{save}");
    let refused = message(&document, "refused");
    assert!(refused.contains("127.0.0.1:1"), "{refused}");
}

#[test]
fn http_follows_ten_redirects_and_gives_credentials_to_no_other_host() {
    let server = Server::start(|request, _| {
        let step = |number: u32| Reply::redirect(format!("/loop/{number}"));
        Some(match request.target.split('/').collect::<Vec<_>>()[..] {
            ["", "loop", "0"] => Reply::text(200, "through"),
            ["", "loop", number] => step(number.parse::<u32>().unwrap() - 1),
            ["", "away", port] => Reply::redirect(format!("http://localhost:{port}/here")),
            _ => Reply::json(200, &json!({ "auth": request.header("authorization") })),
        })
    });
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    let sandbox = Sandbox::new();
    let url = server.url("");
    sandbox.flow(
        "web",
        &format!(
            r#"
tasks:
  ten: {{ http: '{url}/loop/10' }}
  more: {{ allow_failure: true, http: '{url}/loop/11' }}
  away: {{ http: {{ url: '{url}/away/{port}', auth: {{ bearer: token }} }} }}
  near: {{ http: {{ url: '{url}/near', auth: {{ bearer: token }} }} }}
"#
        ),
    );
    let document = sandbox.run_json("web", &[], 0);
    assert_eq!(output(&document, "ten")["text"], "through");
    assert_eq!(state(&document, "more"), "Failed");
    assert!(message(&document, "more").contains("redirect"));
    assert_eq!(output(&document, "near")["json"]["auth"], "Bearer token");
    assert_eq!(output(&document, "away")["json"]["auth"], Value::Null);
}

#[test]
fn http_that_gets_no_answer_ends_at_its_timeout() {
    let server = Server::start(|_, _| None);
    let sandbox = Sandbox::new();
    sandbox.flow(
        "deaf",
        &format!(
            "tasks:\n  t: {{ timeout: 200ms, retries: 1, http: '{}' }}\n",
            server.url("/")
        ),
    );
    let document = sandbox.run_json("deaf", &[], 1);
    assert_eq!(state(&document, "t"), "TimedOut");
    assert_eq!(task(&document, "t")["attempts"], 2);
}

#[test]
fn a_secret_reaches_the_server_and_nothing_that_is_kept() {
    let secret = "p4ss/word+\"quoted\" ü";
    let server = Server::start(|request, _| {
        let told = request.header("x-key").unwrap_or_default().to_owned();
        Some(match request.target.as_str() {
            "/bad" => Reply::text(500, format!("refused: {told}")),
            _ => Reply::json(200, &json!({ "told": told })),
        })
    });
    let sandbox = Sandbox::new();
    sandbox
        .call_with_input(&["secrets", "set", "key"], b"a-secret-header-value")
        .expect(0);
    sandbox
        .call_with_input(&["secrets", "set", "word"], secret.as_bytes())
        .expect(0);
    let url = server.url("");
    sandbox.flow(
        "web",
        &format!(
            r#"
tasks:
  good: {{ http: {{ url: '{url}/good', headers: {{ X-Key: '{{{{ secrets.key }}}}' }}, query: {{ w: '{{{{ secrets.word }}}}' }} }} }}
  bad: {{ allow_failure: true, http: {{ url: '{url}/bad', headers: {{ X-Key: '{{{{ secrets.key }}}}' }} }} }}
  forms:
    env: {{ WORD: '{{{{ secrets.word }}}}' }}
    shell: |
      printf %s "$WORD" | base64
      echo "$WORD" >&2
      printf 'in the middle:%s:of a line\n' "$WORD"
  raised: {{ allow_failure: true, env: {{ WORD: '{{{{ secrets.word }}}}' }}, python: 'import os; raise ValueError(os.environ["WORD"])' }}
"#
        ),
    );
    let answer = sandbox.call(&["run", "web", "--json"]).expect(0);
    let document = answer.json();
    let good = &server.seen()[0..2];
    assert!(
        good.iter()
            .all(|request| request.header("x-key") == Some("a-secret-header-value")),
        "{good:#?}"
    );
    assert_eq!(output(&document, "good")["json"]["told"], "***");
    assert_eq!(
        output(&document, "forms"),
        "***\nin the middle:***:of a line"
    );
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0);
    let shown = sandbox.call(&["runs", "show", "last"]).expect(0);
    for said in [&answer, &logs, &shown] {
        let all = format!("{}{}", said.stdout, said.stderr);
        for part in ["a-secret-header", "p4ss", "cDRzcy93b3Jk"] {
            assert!(!all.contains(part), "{part} in {all}");
        }
    }
    for file in files(&sandbox.home()) {
        let bytes = std::fs::read(&file).unwrap();
        for part in ["a-secret-header", "p4ss"] {
            assert!(
                !bytes.windows(part.len()).any(|at| at == part.as_bytes()),
                "{part} in {}",
                file.display()
            );
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false if path.is_file() => vec![path],
            false => Vec::new(),
        })
        .collect()
}

#[test]
fn sql_on_sqlite_is_one_transaction_a_task() {
    let sandbox = Sandbox::new();
    sandbox.write("sub/count.sql", "select count(*) as n from t;\n");
    sandbox.write(
        "sub/db.flow.yaml",
        r#"
name: db
parameters: { name: "O'Brien\"; drop table t; --" }
tasks:
  make:
    sql:
      database: data/../the base.db
      query: |
        create table t (a integer primary key, b text, c real);
        insert into t values (1, 'one; two', 1.5), (2, null, 2);
        insert into t values (3, :name, null);
      parameters: { name: '{{ params.name }}' }
  broken:
    needs: [make]
    allow_failure: true
    sql: { database: the base.db, query: "insert into t values (4, 'x', 0); insert into nowhere values (1)" }
  rows:
    needs: { broken: finished }
    sql: { database: the base.db, query: "update t set c = 9 where a = 3; select * from t where b = :name or a < :most order by a", parameters: { name: '{{ params.name }}', most: 3 } }
  count: { needs: [rows], sql: { database: the base.db, file: count.sql } }
  change: { needs: [count], sql: { database: the base.db, query: 'delete from t where a > 1' } }
"#,
    );
    std::fs::create_dir_all(sandbox.file("sub/data")).unwrap();
    let document = sandbox.run_json("sub/db.flow.yaml", &[], 0);
    assert_eq!(output(&document, "make"), &json!({"rows_affected": 1}));
    assert_eq!(state(&document, "broken"), "Failed");
    let said = message(&document, "broken");
    assert!(said.contains("nowhere"), "{said}");
    assert_eq!(
        output(&document, "rows"),
        &json!([
            {"a": 1, "b": "one; two", "c": 1.5},
            {"a": 2, "b": null, "c": 2.0},
            {"a": 3, "b": "O'Brien\"; drop table t; --", "c": 9.0}
        ])
    );
    assert_eq!(
        output(&document, "count"),
        &json!([{"n": 3}]),
        "what failed left nothing"
    );
    assert_eq!(output(&document, "change"), &json!({"rows_affected": 2}));
    assert!(
        sandbox.file("sub/the base.db").is_file(),
        "beside the flow file"
    );
}

#[test]
fn sql_says_which_error_it_was_and_retries_by_kind() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "db",
        r#"
tasks:
  t:
    retries: { max: 2, when: "{{ error.kind == 'sql' and 'no such table' in error.message }}" }
    sql: { database: x.db, query: select * from missing }
  u:
    retries: { max: 2, when: "{{ error.kind != 'sql' }}" }
    sql: { database: x.db, query: select * from missing }
"#,
    );
    let document = sandbox.run_json("db", &[], 1);
    assert_eq!(task(&document, "t")["attempts"], 3);
    assert_eq!(task(&document, "u")["attempts"], 1);
}

#[test]
fn sql_on_a_real_postgres() {
    let server = Postgres::start().unwrap();
    let sandbox = Sandbox::new();
    let url = server.url("");
    sandbox
        .call_with_input(&["secrets", "set", "base"], url.as_bytes())
        .expect(0);
    sandbox.flow(
        "pg",
        &format!(
            r#"
parameters: {{ name: "it's; -- 🐈" }}
tasks:
  make:
    sql:
      database: '{{{{ secrets.base }}}}'
      query: |
        create table t (a int primary key, b text, c double precision, d jsonb, e timestamptz);
        insert into t values (1, 'one; two', 1.5, '{{"k": [1]}}', '2026-01-02T03:04:05Z');
        insert into t values (2, :name, null, null, null), (3, null, null, null, null);
      parameters: {{ name: '{{{{ params.name }}}}' }}
  broken:
    needs: [make]
    allow_failure: true
    sql: {{ database: '{{{{ secrets.base }}}}', query: 'insert into t (a) values (9); insert into t (a) values (1)' }}
  rows:
    needs: {{ broken: finished }}
    sql: {{ database: '{}', query: 'select a, b, c, d from t where a < :most::int and ''a:b'' = ''a:b'' order by a', parameters: {{ most: 3 }} }}
  count: {{ needs: [rows], sql: {{ database: '{url}', query: 'select count(*) as n from t' }} }}
  change: {{ needs: [count], sql: {{ database: '{url}', query: 'delete from t where a > 1' }} }}
  nowhere: {{ allow_failure: true, sql: {{ database: 'postgres://me:pass@127.0.0.1:1/x', query: select 1 }} }}
"#,
            server.socket_url()
        ),
    );
    let document = sandbox.run_json("pg", &[], 0);
    assert_eq!(output(&document, "make"), &json!({"rows_affected": 2}));
    assert_eq!(state(&document, "broken"), "Failed");
    assert!(message(&document, "broken").contains("t_pkey"));
    assert_eq!(
        output(&document, "rows"),
        &json!([
            {"a": 1, "b": "one; two", "c": 1.5, "d": {"k": [1]}},
            {"a": 2, "b": "it's; -- 🐈", "c": null, "d": null}
        ])
    );
    assert_eq!(output(&document, "count"), &json!([{"n": 3}]));
    assert_eq!(output(&document, "change"), &json!({"rows_affected": 2}));
    let nowhere = message(&document, "nowhere");
    assert!(
        nowhere.contains("127.0.0.1") && !nowhere.contains("pass@"),
        "{nowhere}"
    );
}

#[test]
fn wait_ends_after_its_time_at_its_time_and_with_its_file() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "sub/w.flow.yaml",
        r#"
name: w
tasks:
  short: { wait: 300ms }
  long: { wait: { for: 300ms } }
  past: { wait: { until: "2020-01-01T00:00:00Z" } }
  soon: { wait: { until: "{{ run.started_at }}" } }
  file: { wait: { file: "the {{ 'mark' }}" } }
  after: { needs: [short, long, past, soon, file], value: done }
"#,
    );
    let started = Instant::now();
    let run = sandbox.start(&["run", "sub/w.flow.yaml", "--json"]);
    until("the others", PATIENCE, || {
        let answer = sandbox.call(&["runs", "show", "last", "--json"]);
        let document: Value = serde_json::from_str(&answer.stdout).ok()?;
        ["short", "long", "past", "soon"]
            .iter()
            .all(|path| {
                let tasks = document["tasks"].as_array().unwrap();
                tasks
                    .iter()
                    .any(|task| task["path"] == *path && task["state"] == "Completed")
            })
            .then_some(())
    });
    assert!(started.elapsed() >= Duration::from_millis(300));
    sandbox.write("sub/the mark", "");
    let ended = run.wait_with_output().unwrap();
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(output(&document, "after"), "done");
    for path in ["short", "long"] {
        let took = task(&document, path)["duration_ms"].as_u64();
        assert!(took.is_none_or(|took| took >= 299), "{path}: {took:?}");
    }
}

#[test]
fn an_approval_that_nobody_answers_expires_as_it_says() {
    let sandbox = Sandbox::new();
    let fields = "fields: { type: object, properties: { n: { type: integer } } }";
    sandbox.flow(
        "ask",
        &format!(
            r#"
tasks:
  yes: {{ approve: {{ message: 'Go on?', expires: 200ms, on_expiry: approve, {fields} }} }}
  no: {{ approve: {{ message: 'Go on?', expires: 200ms, on_expiry: reject }} }}
  usual: {{ allow_failure: true, approve: {{ message: 'Go on?', expires: 200ms }} }}
  after: {{ needs: [yes, usual], value: '{{{{ tasks.yes.output }}}}' }}
  rescue: {{ needs: {{ no: failed }}, value: saved }}
"#
        ),
    );
    let document = sandbox.run_json("ask", &[], 1);
    assert_eq!(state(&document, "yes"), "Completed");
    assert_eq!(state(&document, "no"), "Failed");
    let said = message(&document, "no");
    assert!(said.contains("in time"), "{said}");
    assert_eq!(state(&document, "usual"), "Failed", "reject is the usual");
    assert_eq!(state(&document, "after"), "Completed");
    assert_eq!(output(&document, "rescue"), "saved");
}
