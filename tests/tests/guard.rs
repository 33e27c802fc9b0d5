//! `tidemill serve` and those who should not be let in, or want too much.

use std::{
    io::{BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;
use tidemill_tests::{Sandbox, Served, read_answer};

fn served() -> (Sandbox, Served) {
    let sandbox = Sandbox::new();
    sandbox.flow("quick", "tasks:\n  t: { value: 1 }\n");
    let served = Served::start(&sandbox);
    (sandbox, served)
}

/// A GET of the list of runs with exactly these headers.
fn list(served: &Served, headers: &[(&str, &str)]) -> tidemill_tests::HttpAnswer {
    asked(served, "GET", "/api/v1/runs", headers)
}

fn asked(
    served: &Served,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> tidemill_tests::HttpAnswer {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    served.send(&(text + "\r\n"))
}

#[test]
fn without_the_token_nothing_is_told() {
    let (_sandbox, served) = served();
    let host = served.address.to_string();
    let host = ("Host", host.as_str());
    let problem = list(&served, &[host]).expect(401);
    assert_eq!(
        problem.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(problem.json()["type"], "tidemill:no-token");
    assert!(problem.json()["hint"].as_str().unwrap().contains("Bearer"));
    list(&served, &[host, ("Authorization", "Bearer wrong")]).expect(401);
    let bearer = format!("Bearer {}", served.token);
    list(&served, &[host, ("Authorization", &bearer)]).expect(200);
    let nowhere = asked(&served, "GET", "/api/v1/nowhere", &[host]);
    assert_eq!(nowhere.status, 401, "what is there is not told either");
    let health = asked(&served, "GET", "/api/v1/health", &[host]).expect(200);
    assert_eq!(health.json()["program"], "tidemill");
}

#[test]
fn a_browser_gets_a_cookie_for_the_token_once() {
    let (_sandbox, served) = served();
    let host = served.address.to_string();
    let host = ("Host", host.as_str());
    let first = asked(
        &served,
        "GET",
        &format!("/?token={}", served.token),
        &[host],
    )
    .expect(302);
    assert_eq!(first.header("location"), Some("/"));
    let cookie = first.header("set-cookie").expect("a cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let cookie = ("Cookie", cookie.as_str());
    list(&served, &[host, cookie]).expect(200);
    asked(&served, "GET", "/?token=wrong", &[host]).expect(401);
    // What changes something must come from our own page.
    let origin = format!("http://{}", served.address);
    let body = ("Content-Length", "0");
    let cancel =
        |headers: &[(&str, &str)]| asked(&served, "POST", "/api/v1/runs/last/cancel", headers);
    cancel(&[host, cookie, body]).expect(403);
    cancel(&[host, cookie, body, ("Origin", "http://evil.example")]).expect(403);
    cancel(&[host, cookie, body, ("Origin", &origin)]).expect(404);
}

#[test]
fn other_names_and_other_pages_are_refused() {
    let (_sandbox, served) = served();
    let host = served.address.to_string();
    let host = ("Host", host.as_str());
    let bearer = format!("Bearer {}", served.token);
    let token = ("Authorization", bearer.as_str());
    for name in ["evil.example", "127.0.0.1", "localhost:1"] {
        let problem = list(&served, &[("Host", name), token]).expect(421);
        assert_eq!(problem.json()["type"], "tidemill:wrong-host", "{name}");
    }
    asked(&served, "GET", "/", &[("Host", "evil.example")]).expect(421);
    list(&served, &[host, token, ("Origin", "http://evil.example")]).expect(403);
    list(&served, &[host, token, ("Sec-Fetch-Site", "cross-site")]).expect(403);
    let answer = list(&served, &[host, token]).expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
}

#[test]
fn every_refusal_is_a_problem_document() {
    let (_sandbox, served) = served();
    let problem = |method: &str, path: &str, body: &str, status: u16| {
        let answer = served.ask(method, path, body).expect(status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let document = answer.json();
        assert_eq!(document["status"], status);
        assert!(document["title"].is_string() && document["detail"].is_string());
        document
    };
    problem("GET", "/nowhere", "", 404);
    problem("GET", "/runs/0192f3ab", "", 404);
    problem("PATCH", "/runs", "", 405);
    problem("GET", "/runs?stat=failed", "", 400);
    problem("GET", "/runs?state=Compleated", "", 400);
    problem("POST", "/flows/quick/runs", "{", 400);
    problem("POST", "/flows/quick/runs", "3", 422);
    problem("POST", "/flows/quick/runs", "{\"unknown\": 1}", 422);
    problem(
        "POST",
        "/flows/quick/runs",
        "{\"parameters\": {\"x\": 1}}",
        422,
    );
    problem("POST", "/flows/quik/runs", "{}", 404);
    problem("POST", "/flows/quick/runs", "{\"at\": \"tomorrow\"}", 400);
    let deep = format!(
        "{{\"parameters\": {{\"x\": {}1{}}}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    problem("POST", "/flows/quick/runs", &deep, 400);
    let text = served.text("POST", "/flows/quick/runs", &[], "{}");
    let plain = text.replace("application/json", "text/plain");
    assert_eq!(served.send(&plain).expect(415).json()["status"], 415);
}

#[test]
fn a_huge_body_is_not_read() {
    let (_sandbox, served) = served();
    let head = served.text("POST", "/flows/quick/runs", &[], "{}");
    let announced = head.replace("Content-Length: 2", "Content-Length: 9999999999");
    assert_eq!(served.send(&announced).expect(413).json()["status"], 413);
    // In pieces, of which nobody knows how many come: a plan takes no text, a run may.
    for (path, pieces) in [("/plan", 64), ("/flows/quick/runs", 256)] {
        let head = served.text("POST", path, &[], "{}");
        let chunked = head
            .replace("Content-Length: 2", "Transfer-Encoding: chunked")
            .replace("\r\n\r\n{}", "\r\n\r\n");
        let mut stream = served.connect();
        stream.write_all(chunked.as_bytes()).unwrap();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..pieces {
            // It may have closed the connection already: that is what is wanted.
            if stream.write_all(chunk.as_bytes()).is_err() {
                break;
            }
        }
        let answer = read_answer(&mut BufReader::new(stream));
        assert_eq!(answer.status, 413, "{path}");
    }
    served.get("/runs");
}

#[test]
fn a_flow_may_be_as_large_as_the_format_allows() {
    let (sandbox, served) = served();
    let quick = sandbox.read("quick.flow.yaml").unwrap();
    // Nearly every character is one that JSON writes as two.
    let line = format!("#{}\n", "\"".repeat(62));
    let text = format!(
        "{quick}{}",
        line.repeat(((4 << 20) - quick.len()) / line.len())
    );
    let checked = served.post("/check", &json!({"text": text, "file": "quick.flow.yaml"}));
    assert_eq!(checked.expect(200).json()["diagnostics"], json!([]));
    let base = served.get("/flows/quick")["version"].clone();
    let body = json!({"text": text, "base": base}).to_string();
    served.ask("PUT", "/flows/quick/draft", &body).expect(200);
    served.ask("PUT", "/flows/quick/text", &body).expect(200);
    assert_eq!(sandbox.read("quick.flow.yaml").unwrap(), text);
    let trial = json!({"try": {"text": text}});
    served.post("/flows/quick/runs", &trial).expect(201);
    // All else stays as small as it was.
    let long = "x".repeat(1 << 20);
    for (path, body) in [
        ("/flows/quick/duplicate", json!({"to": long})),
        ("/flows/quick/runs", json!({"parameters": {"x": long}})),
        ("/flows/quick/runs", json!({"typed": [format!("x={long}")]})),
    ] {
        served.post(path, &body).expect(413);
    }
}

#[test]
fn a_flood_of_headers_is_refused() {
    let (_sandbox, served) = served();
    let many: String = (0..500).map(|n| format!("x-{n}: 1\r\n")).collect();
    let text = format!(
        "GET /api/v1/health HTTP/1.1\r\nHost: {}\r\n{many}\r\n",
        served.address
    );
    assert_eq!(served.send(&text).status, 431);
    let long = "x".repeat(1 << 20);
    let text = format!(
        "GET /api/v1/health HTTP/1.1\r\nHost: {}\r\nx: {long}\r\n\r\n",
        served.address
    );
    assert_eq!(served.send(&text).status, 431);
    served.get("/runs");
}

/// Waits until the other side closes: how long that took.
fn closed_after(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    // Reset or ended: it is closed.
    let _ = stream.read_to_end(&mut rest);
    started.elapsed()
}

#[test]
fn slow_clients_are_let_go_of() {
    let (_sandbox, served) = served();
    let mut silent = served.connect();
    let mut half = served.connect();
    half.write_all(b"GET /api/v1/health HTTP/1.1\r\nHost: ")
        .unwrap();
    let mut idle = served.connect();
    let text = served.text("GET", "/health", &[], "");
    idle.write_all(text.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut BufReader::new(&mut idle)).status, 200);
    for (name, stream) in [
        ("silent", &mut silent),
        ("half", &mut half),
        ("idle", &mut idle),
    ] {
        stream
            .set_read_timeout(Some(Duration::from_secs(40)))
            .unwrap();
        let took = closed_after(stream);
        assert!(took < Duration::from_secs(25), "{name}: {took:?}");
    }
    served.get("/runs");
}

#[test]
fn so_many_connections_and_no_more() {
    let (_sandbox, served) = served();
    let open: Vec<TcpStream> = (0..256).map(|_| served.connect()).collect();
    let text = served.text("GET", "/health", &[], "");
    tidemill_tests::until(
        "a connection that is turned away",
        Duration::from_secs(10),
        || (served.send(&text).status == 503).then_some(()),
    );
    drop(open);
    tidemill_tests::until("room again", Duration::from_secs(10), || {
        (served.send(&text).status == 200).then_some(())
    });
}

#[test]
fn streams_are_bounded() {
    let (_sandbox, served) = served();
    let open: Vec<_> = (0..64).map(|_| served.stream("/events", &[])).collect();
    let refused = served.ask("GET", "/events", "").expect(503);
    assert_eq!(refused.json()["type"], "tidemill:too-many");
    drop(open);
    tidemill_tests::until("a free stream", Duration::from_secs(30), || {
        let streams = served.ask("GET", "/metrics", "").expect(200);
        streams
            .body
            .contains("tidemill_streams_open 0")
            .then_some(())
    });
    assert_eq!(
        served.post("/check", &json!({"text": "name: x\n"})).status,
        200
    );
}
