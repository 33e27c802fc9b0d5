use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tidemill_flow::{FromText, HttpAuth, HttpBody, Setting, Template, template};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use super::*;
use crate::kinds::LARGEST_RESULT;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server does with a request.
enum Answer {
    /// Sends this and closes.
    Whole(Vec<u8>),
    /// Sends this, then nothing until the peer closes.
    Hang(Vec<u8>),
    /// Sends a head, then as many bytes, whatever the peer does.
    Many(String, usize),
}

/// A real server on the loopback interface.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    hung_up: mpsc::UnboundedReceiver<()>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (sender, hung_up) = mpsc::unbounded_channel();
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(serve(stream, kept, answer, sender.clone()));
            }
        });
        Self {
            address,
            requests,
            hung_up,
        }
    }

    /// A server that answers every path with the same.
    async fn fixed(head: &str, body: impl AsRef<[u8]>) -> Self {
        let whole = response(head, body);
        Self::start(move |_| Answer::Whole(whole.clone())).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far, as they came.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
    answer: Arc<impl Fn(&str) -> Answer>,
    hung_up: mpsc::UnboundedSender<()>,
) {
    let request = read_request(&mut stream).await;
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    requests.lock().unwrap().push(request);
    match answer(&path) {
        // A peer that does not want the answer is a test's own business.
        Answer::Whole(bytes) => drop(stream.write_all(&bytes).await),
        Answer::Hang(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
            hung_up.send(()).unwrap();
        }
        Answer::Many(head, count) => {
            stream.write_all(head.as_bytes()).await.unwrap();
            let block = vec![b'x'; 64 * 1024];
            for _ in 0..count.div_ceil(block.len()) {
                if stream.write_all(&block).await.is_err() {
                    break;
                }
            }
            let _ = hung_up.send(());
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut block = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1);
            let length = length.map_or(0, |rest| {
                rest.lines().next().unwrap().parse::<usize>().unwrap()
            });
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut block).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&block[..count]),
            _ => return text,
        }
    }
}

fn response(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn redirect_to(status: u16, location: &str) -> Vec<u8> {
    response(&format!("{status} Moved\r\nLocation: {location}"), "")
}

fn template(text: &str) -> Template {
    Template::text(text).unwrap()
}

fn templates(entries: &[(&str, &str)]) -> IndexMap<String, Template> {
    let entries = entries.iter();
    entries
        .map(|(name, text)| ((*name).to_owned(), template(text)))
        .collect()
}

fn get(url: &str) -> Http {
    Http {
        method: fixed("GET"),
        url: template(url),
        query: IndexMap::new(),
        headers: IndexMap::new(),
        body: None,
        auth: None,
        expect: vec![fixed("200-299")],
        save_to: None,
    }
}

fn scope() -> Arc<Scope> {
    let secrets = json!({"token": "t0psecret", "broken": "two\nlines"});
    Scope::root(vec![
        ("secrets".into(), template::from_json(&secrets)),
        ("item".into(), Value::from(7)),
    ])
}

async fn ask_in(http: &Http, folder: &Path) -> Result<Json, Failure> {
    let (client, scope) = (HttpClient::direct(), scope());
    let asking = run(http, &scope, folder, &client);
    let answered = timeout(PATIENCE, asking).await.expect("it answers in time");
    answered.map(|value| template::to_json(&value))
}

async fn ask(http: &Http) -> Result<Json, Failure> {
    ask_in(http, Path::new("/nowhere")).await
}

#[track_caller]
fn assert_fails(result: Result<Json, Failure>, kind: FailureKind, parts: &[&str]) -> Failure {
    let failure = result.expect_err("it fails");
    assert_eq!(failure.kind, kind, "{failure:?}");
    for part in parts {
        assert!(failure.message.contains(part), "{part:?} in {failure:?}");
    }
    failure
}

/// What stands in a flow file.
fn fixed<T: FromText>(text: &str) -> Setting<T> {
    Setting::Fixed(T::from_text(text).unwrap())
}

#[tokio::test]
async fn json_is_json_and_headers_are_kept() {
    let head = "200 OK\r\nContent-Type: application/problem+json; charset=utf-8\r\n\
                X-Many: a\r\nX-Many: b\r\nSet-Cookie: c=1";
    let server = Server::fixed(head, r#"{"b": 1, "a": [1.5, null]}"#).await;
    let output = ask(&get(&server.url("/x"))).await.unwrap();
    assert_eq!(output["status"], 200);
    assert_eq!(output["json"].to_string(), r#"{"b":1,"a":[1.5,null]}"#);
    assert_eq!(output.get("text"), None);
    assert_eq!(output["headers"]["x-many"], "a, b");
    assert_eq!(output["headers"]["set-cookie"], json!(["c=1"]));
    let request = server.requests()[0].to_lowercase();
    assert!(request.starts_with("get /x http/1.1"), "{request}");
    assert!(request.contains("user-agent: tidemill/"), "{request}");
}

#[tokio::test]
async fn text_is_decoded_by_its_charset() {
    let check = async |content_type: &str, body: &[u8], expected: Json| {
        let head = format!("200 OK\r\nContent-Type: {content_type}");
        let server = Server::fixed(&head, body).await;
        let output = ask(&get(&server.url("/"))).await.unwrap();
        let content = output.get("json").or(output.get("text")).unwrap();
        assert_eq!(content, &expected, "{content_type}");
    };
    check("text/plain", "grün".as_bytes(), json!("grün")).await;
    check("text/plain; charset=iso-8859-1", b"gr\xFCn", json!("grün")).await;
    check("text/plain; charset=UTF-16LE", b"a\0b\0", json!("ab")).await;
    check("text/plain", b"gr\xFCn", json!("gr\u{FFFD}n")).await;
    check("nonsense", b"{}", json!("{}")).await;
    check("application/json", b"", json!(null)).await;
    check("application/json", b"\xEF\xBB\xBF[1]", json!([1])).await;
}

#[tokio::test]
async fn json_that_is_none_fails() {
    let head = "200 OK\r\nContent-Type: application/json";
    let server = Server::fixed(head, "{\n oops").await;
    let result = ask(&get(&server.url("/"))).await;
    assert_fails(result, FailureKind::Output, &["JSON", "line 2"]);
}

#[tokio::test]
async fn what_is_asked_is_sent() {
    let server = Server::fixed("200 OK", "").await;
    let mut http = get(&server.url("/find?a=1"));
    http.method = Setting::Computed(template("{{ 'po' }}st"));
    http.query = templates(&[("b", "x y&z"), ("c", "{{ [1, item] }}")]);
    http.headers = templates(&[("X-Item", "{{ item }} ü")]);
    http.body = Some(HttpBody::Json(Template::map(vec![(
        "n".to_owned(),
        template("{{ item }}"),
    )])));
    http.auth = Some(HttpAuth::Bearer(template("{{ secrets.token }}")));
    ask(&http).await.unwrap();
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(
        head.starts_with("post /find?a=1&b=x+y%26z&c=%5b1%2c7%5d "),
        "{head}"
    );
    assert!(head.contains("x-item: 7 ü"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("authorization: bearer t0psecret"), "{head}");
    assert_eq!(body, r#"{"n":7}"#);
}

#[tokio::test]
async fn forms_texts_and_credentials_are_sent() {
    let server = Server::fixed("200 OK", "").await;
    let mut http = get(&server.url("/").replace("//", "//us%40er:pa%3Ass@"));
    http.method = fixed("PUT");
    http.body = Some(HttpBody::Form(templates(&[
        ("a b", "ü"),
        ("n", "{{ item }}"),
    ])));
    ask(&http).await.unwrap();
    http.body = Some(HttpBody::Text(template("plain {{ item }}")));
    http.headers = templates(&[("content-type", "text/csv")]);
    http.auth = Some(HttpAuth::Basic {
        user: template("me"),
        password: template("{{ secrets.token }}"),
    });
    ask(&http).await.unwrap();
    let requests = server.requests();
    assert!(
        requests[0].ends_with("\r\n\r\na+b=%C3%BC&n=7"),
        "{requests:?}"
    );
    // us@er:pa:ss
    assert!(
        requests[0].contains("Basic dXNAZXI6cGE6c3M="),
        "{requests:?}"
    );
    assert!(requests[1].ends_with("\r\n\r\nplain 7"), "{requests:?}");
    assert!(
        requests[1].contains("content-type: text/csv"),
        "{requests:?}"
    );
    // me:t0psecret
    assert!(
        requests[1].contains("Basic bWU6dDBwc2VjcmV0"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn what_templates_may_not_give_is_said() {
    let check = async |change: &dyn Fn(&mut Http), parts: &[&str]| {
        let mut http = get("http://127.0.0.1:1/");
        change(&mut http);
        let failure = assert_fails(ask(&http).await, FailureKind::Expression, parts);
        assert!(!failure.message.contains("lines"), "{failure:?}");
    };
    check(&|http| http.url = template("no url"), &["url:"]).await;
    check(&|http| http.url = template("ftp://a/b"), &["url:", "ftp:"]).await;
    check(&|http| http.url = template("http://"), &["url:"]).await;
    check(
        &|http| http.url = template("{{ nothing }}"),
        &["url:", "nothing"],
    )
    .await;
    check(
        &|http| http.headers = templates(&[("X-Key", "{{ secrets.broken }}")]),
        &["headers.X-Key", "line break"],
    )
    .await;
    check(
        &|http| http.headers = templates(&[("a b", "c")]),
        &["headers.a b"],
    )
    .await;
    check(
        &|http| http.save_to = Some(template("folder/")),
        &["save_to"],
    )
    .await;
    check(
        &|http| http.method = Setting::Computed(template("GE {{ 'T' }}")),
        &["http.method: `GE T` is no HTTP method"],
    )
    .await;
    check(
        &|http| http.expect = vec![Setting::Computed(template("{{ 99 }}"))],
        &["http.expect: `99` "],
    )
    .await;
}

#[tokio::test]
async fn an_unexpected_status_fails_with_what_was_said() {
    let head = "404 Not Found\r\nContent-Type: text/plain";
    let server = Server::fixed(head, "no\n such   city").await;
    let url = server.url("/a?key=hidden").replace("//", "//me:hidden@");
    let parts = ["404 Not Found", "200-299", "no such city", "/a?…"];
    let failure = assert_fails(ask(&get(&url)).await, FailureKind::Http, &parts);
    assert_eq!(failure.status, Some(404));
    assert!(!failure.message.contains("hidden"), "{failure:?}");
    let mut http = get(&url);
    http.expect = vec![fixed("200-299"), fixed("404")];
    assert_eq!(ask(&http).await.unwrap()["status"], 404);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let result = ask(&get(&format!("http://{address}/x"))).await;
    let place = format!("GET http://{address}/x");
    assert_fails(result, FailureKind::Http, &[&place, "refused"]);
}

#[tokio::test]
async fn tls_with_what_speaks_none_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = response("400 Bad Request", "");
        stream.write_all(&answer).await.unwrap();
        // Until the client hangs up.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let http = get(&url);
    assert_fails(ask(&http).await, FailureKind::Http, &["GET https://"]);
}

#[tokio::test]
async fn redirects_are_followed_as_their_status_says() {
    let check = async |status: u16, method: &str, expected: &str| {
        let server = Server::start(move |path| match path {
            "/start" => Answer::Whole(redirect_to(status, "end?x=1")),
            _ => Answer::Whole(response("200 OK", "there")),
        })
        .await;
        let mut http = get(&server.url("/start"));
        http.method = fixed(method);
        http.body = Some(HttpBody::Text(template("sent")));
        assert_eq!(ask(&http).await.unwrap()["text"], "there");
        let last = server.requests().remove(1);
        let kept = if last.ends_with("sent") { " sent" } else { "" };
        let line = last.lines().next().unwrap();
        assert_eq!(format!("{line}{kept}"), expected, "{status}");
    };
    check(301, "POST", "GET /end?x=1 HTTP/1.1").await;
    check(302, "PUT", "PUT /end?x=1 HTTP/1.1 sent").await;
    check(303, "PUT", "GET /end?x=1 HTTP/1.1").await;
    check(307, "POST", "POST /end?x=1 HTTP/1.1 sent").await;
    check(308, "POST", "POST /end?x=1 HTTP/1.1 sent").await;
}

#[tokio::test]
async fn at_most_ten_redirects() {
    let server = Server::start(|path| {
        let number: u32 = path.trim_start_matches('/').parse().unwrap();
        match number {
            0 => Answer::Whole(response("200 OK", "")),
            _ => Answer::Whole(redirect_to(302, &format!("/{}", number - 1))),
        }
    })
    .await;
    ask(&get(&server.url("/10"))).await.unwrap();
    let result = ask(&get(&server.url("/11"))).await;
    assert_fails(result, FailureKind::Http, &["more than 10 redirects"]);
    let mut http = get(&server.url("/5"));
    http.expect = vec![fixed("302")];
    assert_eq!(ask(&http).await.unwrap()["headers"]["location"], "/4");
}

#[tokio::test]
async fn a_redirect_elsewhere_than_http_fails() {
    let server = Server::start(|_| Answer::Whole(redirect_to(302, "file:///etc/passwd"))).await;
    let result = ask(&get(&server.url("/"))).await;
    assert_fails(result, FailureKind::Http, &["`file:`"]);
}

/// Two servers, the first of which redirects to the second; what the second got.
async fn across_hosts(change: impl Fn(&mut Http)) -> (Result<Json, Failure>, Vec<String>) {
    let there = Server::fixed("200 OK", "").await;
    let location = there.url("/there");
    let here = Server::start(move |_| Answer::Whole(redirect_to(307, &location))).await;
    let mut http = get(&here.url("/here"));
    change(&mut http);
    let result = ask(&http).await;
    let first = here.requests().remove(0).to_lowercase();
    assert!(!first.contains("authorization") || first.contains("t0psecret"));
    (result, there.requests())
}

#[tokio::test]
async fn credentials_are_dropped_on_another_host() {
    let (result, requests) = across_hosts(|http| {
        http.auth = Some(HttpAuth::Bearer(template("{{ secrets.token }}")));
        http.headers = templates(&[
            ("Cookie", "session=1"),
            ("X-Api-Key", "{{ secrets.token }}"),
            ("X-Plain", "stays"),
        ]);
    })
    .await;
    result.unwrap();
    let request = requests[0].to_lowercase();
    assert!(request.contains("x-plain: stays"), "{request}");
    for gone in ["authorization", "cookie", "x-api-key", "t0psecret"] {
        assert!(!request.contains(gone), "{gone} in {request}");
    }
}

#[tokio::test]
async fn a_secret_body_is_not_sent_to_another_host() {
    let (result, requests) = across_hosts(|http| {
        http.method = fixed("POST");
        http.body = Some(HttpBody::Form(templates(&[("key", "{{ secrets.token }}")])));
    })
    .await;
    assert_fails(result, FailureKind::Http, &["body holds a secret"]);
    assert!(requests.is_empty());
}

#[tokio::test]
async fn dropping_it_hangs_up() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin";
    let mut server = Server::start(|_| Answer::Hang(head.into())).await;
    let http = get(&server.url("/slow"));
    let (client, scope) = (HttpClient::direct(), scope());
    let asking = run(&http, &scope, Path::new("/"), &client);
    tokio::select! {
        _ = asking => panic!("it cannot end"),
        () = until(|| !server.requests().is_empty()) => {}
    }
    let hung_up = timeout(PATIENCE, server.hung_up.recv()).await;
    assert_eq!(hung_up.expect("the connection ends"), Some(()));
}

/// Waits for a condition, for as long as the test has patience.
async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it comes to pass");
}

#[tokio::test]
async fn a_body_that_breaks_off_fails() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin";
    let server = Server::start(|_| Answer::Whole(cut.into())).await;
    let folder = TempDir::new().unwrap();
    let mut http = get(&server.url("/"));
    assert_fails(ask(&http).await, FailureKind::Http, &["broke off"]);
    http.save_to = Some(template("file"));
    let result = ask_in(&http, folder.path()).await;
    assert_fails(result, FailureKind::Http, &["broke off"]);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_can_be_saved() {
    let length = LARGEST_RESULT + 1;
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let unannounced = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned();
    let server = Server::start(move |path| {
        let head = if path == "/told" {
            announced.clone()
        } else {
            unannounced.clone()
        };
        Answer::Many(head, length)
    })
    .await;
    for path in ["/told", "/untold"] {
        let result = ask(&get(&server.url(path))).await;
        assert_fails(result, FailureKind::Output, &["64 MiB", "save_to"]);
    }
    let folder = TempDir::new().unwrap();
    let mut http = get(&server.url("/untold"));
    http.save_to = Some(template("large"));
    ask_in(&http, folder.path()).await.unwrap();
    let saved = folder.path().join("large").metadata().unwrap();
    assert!(saved.len() >= length as u64);
}

#[tokio::test]
async fn an_answer_is_saved_whole() {
    let head = "200 OK\r\nContent-Type: application/json";
    let server = Server::fixed(head, b"\xFF not decoded").await;
    let folder = TempDir::new().unwrap();
    let mut http = get(&server.url("/"));
    http.save_to = Some(template("made/by {{ item }}.bin"));
    for _ in 0..2 {
        let output = ask_in(&http, folder.path()).await.unwrap();
        let path = folder.path().join("made/by 7.bin");
        assert_eq!(output["path"], path.to_str().unwrap());
        assert_eq!(output.get("json"), None);
        assert_eq!(std::fs::read(&path).unwrap(), b"\xFF not decoded");
        assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 1);
    }
    http.expect = vec![fixed("201")];
    http.save_to = Some(template("not made"));
    let result = ask_in(&http, folder.path()).await;
    assert_fails(result, FailureKind::Http, &["expected 201"]);
    assert!(!folder.path().join("not made").exists());
    std::fs::write(folder.path().join("file"), "").unwrap();
    http.expect = vec![fixed("200")];
    http.save_to = Some(template("file/below"));
    let result = ask_in(&http, folder.path()).await;
    assert_fails(result, FailureKind::Output, &["cannot save"]);
}
