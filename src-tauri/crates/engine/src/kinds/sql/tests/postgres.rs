use std::time::Duration;

use tidemill_tests::postgres::Postgres;
use tokio::time::timeout;

use super::*;

/// One server for all: making one takes a second.
struct Server(Postgres);

impl Server {
    async fn query(&self, query: &str, parameters: Json) -> Result<Json, Failure> {
        self.query_at(&self.0.url("sslmode=disable"), query, parameters)
            .await
    }

    async fn query_at(&self, url: &str, query: &str, parameters: Json) -> Result<Json, Failure> {
        run_in(Path::new("/"), &task(url, query, &parameters)).await
    }

    async fn cell(&self, expression: &str, parameters: Json) -> Result<Json, Failure> {
        let output = self
            .query(&format!("SELECT {expression} AS x"), parameters)
            .await?;
        Ok(output[0]["x"].clone())
    }
}

#[tokio::test]
async fn a_real_server_does_all_of_it() {
    let server = Server(Postgres::start().expect("a Postgres server starts"));
    statements_and_rows(&server).await;
    types_come_back(&server).await;
    types_go_there(&server).await;
    what_json_cannot_say(&server).await;
    failures_undo_and_say_where(&server).await;
    statements_outside_a_transaction(&server).await;
    rows_are_bounded(&server).await;
    connections(&server).await;
    dropping_it_cancels(&server).await;
}

async fn statements_and_rows(server: &Server) {
    let script = "CREATE TABLE t (n int, s text); -- one; two\n\
                  INSERT INTO t VALUES (1, 'a;b'), (:n, :s), (:n, ':n');\n\
                  SELECT *, n AS s FROM t ORDER BY 1, 2";
    let parameters = json!({"n": 2, "s": "c'd", "unused": 1});
    let output = server.query(script, parameters).await.unwrap();
    let expected = json!([
        {"n": 1, "s": "a;b", "s_2": 1},
        {"n": 2, "s": ":n", "s_2": 2},
        {"n": 2, "s": "c'd", "s_2": 2},
    ]);
    assert_eq!(output, expected);
    let check = async |query: &str, expected: Json| {
        let output = server.query(query, json!({"n": 2})).await;
        assert_eq!(output.unwrap(), expected, "{query}");
    };
    check(
        "UPDATE t SET n = n WHERE n = :n",
        json!({"rows_affected": 2}),
    )
    .await;
    check(
        "DELETE FROM t WHERE n = 1 RETURNING s",
        json!([{"s": "a;b"}]),
    )
    .await;
    check("SELECT 1 AS x WHERE false", json!([])).await;
    check("SELECT (ARRAY[1,2,3])[1:2] AS x", json!([{"x": [1, 2]}])).await;
    check("SELECT (ARRAY[1,2,3])[:n] AS x", json!([{"x": 2}])).await;
    check("BEGIN; DROP TABLE t; COMMIT", json!({"rows_affected": 0})).await;
}

async fn types_come_back(server: &Server) {
    let check = async |expression: &str, expected: Json| {
        let found = server.cell(expression, json!({})).await;
        assert_eq!(found.unwrap(), expected, "{expression}");
    };
    check("NULL::int", json!(null)).await;
    check("true", json!(true)).await;
    check("(-7)::int2", json!(-7)).await;
    check("9007199254740993::int8", json!(9_007_199_254_740_993_i64)).await;
    check("0.1::float4", json!(0.1)).await;
    check("2.5::float8", json!(2.5)).await;
    check("1.50::numeric(9,2)", json!(1.5)).await;
    check(
        "(SELECT sum(x) FROM (VALUES (1::int8), (2)) v(x))",
        json!(3),
    )
    .await;
    check("123456789012345678.25", json!("123456789012345678.25")).await;
    check("-0.000012", json!(-0.000_012)).await;
    check("'ü'::varchar(9)", json!("ü")).await;
    check("'a'::char(3)", json!("a  ")).await;
    check("'{\"a\": [1.5]}'::json", json!({"a": [1.5]})).await;
    check("'{\"a\": [1.5]}'::jsonb", json!({"a": [1.5]})).await;
    check("'\\x00ff'::bytea", json!("AP8=")).await;
    let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    check(&format!("'{uuid}'::uuid"), json!(uuid)).await;
    check(
        "'2024-05-06 07:08:09.5+02'::timestamptz",
        json!("2024-05-06T05:08:09.5Z"),
    )
    .await;
    check(
        "'1901-05-06 07:08:09'::timestamp",
        json!("1901-05-06T07:08:09"),
    )
    .await;
    check("'infinity'::timestamptz", json!("infinity")).await;
    check("'2024-02-29'::date", json!("2024-02-29")).await;
    check("'0044-03-15 BC'::date", json!("-000043-03-15")).await;
    check("'07:08:09.25'::time", json!("07:08:09.25")).await;
    check("'07:08:09-03:30'::timetz", json!("07:08:09-03:30")).await;
    check(
        "'1 year 2 mons 3 days 04:05:06.5'::interval",
        json!("P1Y2M3DT4H5M6.5S"),
    )
    .await;
    check("'-1 hour'::interval", json!("PT-1H")).await;
    check("'0'::interval", json!("PT0S")).await;
    check("ARRAY[1, NULL, 3]", json!([1, null, 3])).await;
    check("ARRAY[[1, 2], [3, 4]]", json!([[1, 2], [3, 4]])).await;
    check("ARRAY[]::text[]", json!([])).await;
    check("ARRAY['2024-02-29'::date]", json!(["2024-02-29"])).await;
    check("'10.1.2.3/8'::inet", json!("10.1.2.3/8")).await;
    check("'::1'::inet", json!("::1")).await;
    check("'08:00:2b:01:02:03'::macaddr", json!("08:00:2b:01:02:03")).await;
    check("B'1011'", json!("1011")).await;
    check("pg_sleep(0)", json!(null)).await;
    let script = "CREATE TYPE mood AS ENUM ('sad', 'ok');\n\
                  CREATE TYPE pair AS (a int, b mood);\n\
                  CREATE DOMAIN small AS int CHECK (VALUE < 9);\n\
                  SELECT 'ok'::mood AS m, (1, 'sad')::pair AS p, 3::small AS d";
    let output = server.query(script, json!({})).await.unwrap();
    assert_eq!(
        output,
        json!([{"m": "ok", "p": {"a": 1, "b": "sad"}, "d": 3}])
    );
}

async fn types_go_there(server: &Server) {
    let check = async |value: Json, kind: &str, expected: Json| {
        let parameters = json!({ "v": value });
        let found = server.cell(&format!(":v::{kind}"), parameters).await;
        assert_eq!(found.unwrap(), expected, "{kind}");
    };
    check(json!(null), "int", json!(null)).await;
    check(json!(7), "int", json!(7)).await;
    check(json!(7), "text", json!("7")).await;
    check(json!("7"), "int", json!(7)).await;
    check(json!(true), "bool", json!(true)).await;
    check(json!(1e300), "float8", json!(1e300)).await;
    check(json!(0.1), "numeric", json!(0.1)).await;
    check(json!("a'\"\\b"), "text", json!("a'\"\\b")).await;
    check(json!({"a": "b"}), "jsonb", json!({"a": "b"})).await;
    check(json!("b"), "jsonb", json!("b")).await;
    check(
        json!(["a,b", null, "\"c\\"]),
        "text[]",
        json!(["a,b", null, "\"c\\"]),
    )
    .await;
    check(json!([[1, 2], [3, 4]]), "int[]", json!([[1, 2], [3, 4]])).await;
    check(json!([{"a": 1}, [2]]), "jsonb[]", json!([{"a": 1}, [2]])).await;
    check(json!("AP8="), "bytea", json!("AP8=")).await;
    check(
        json!("2024-05-06T07:08:09Z"),
        "timestamptz",
        json!("2024-05-06T07:08:09Z"),
    )
    .await;
    check(json!("ok"), "mood", json!("ok")).await;
    let found = server.cell(":a + 1", json!({"a": 1})).await;
    assert_eq!(found.unwrap(), json!(2));
    let result = server.cell(":v::bytea", json!({"v": "!"})).await;
    assert_fails(result, FailureKind::Expression, &["parameters.v", "base64"]);
    let result = server.cell(":v::int", json!({"v": "x"})).await;
    assert_fails(
        result,
        FailureKind::Sql,
        &["invalid input syntax for type integer"],
    );
}

async fn what_json_cannot_say(server: &Server) {
    for expression in ["'NaN'::float8", "'-infinity'::float4", "'NaN'::numeric"] {
        let result = server.cell(expression, json!({})).await;
        assert_fails(result, FailureKind::Output, &["column `x`", "JSON"]);
    }
    for expression in ["int4range(1, 2)", "to_tsvector('a')", "ROW(1, 2)"] {
        let result = server.cell(expression, json!({})).await;
        assert_fails(result, FailureKind::Sql, &["column `x`", "::text"]);
    }
    let result = server.cell("'20000-01-01'::date", json!({})).await;
    assert_fails(result, FailureKind::Output, &["year"]);
}

async fn failures_undo_and_say_where(server: &Server) {
    let script = "CREATE TABLE u (n int UNIQUE);\nINSERT INTO u VALUES (:n);\n\
                  SELECT :n::int, 'ü',\n  wrong FROM u;\nSELECT 1";
    let place = "statement 3 of 4, line 4, column 3: column \"wrong\" does not exist";
    let result = server.query(script, json!({"n": 12_345})).await;
    assert_fails(result, FailureKind::Sql, &[place]);
    let script = "CREATE TABLE u (n int UNIQUE);\nINSERT INTO u VALUES (1), (1)";
    let parts = ["statement 2 of 2, line 2: duplicate key", "(n)=(1)"];
    assert_fails(
        server.query(script, json!({})).await,
        FailureKind::Sql,
        &parts,
    );
    let found = server.cell("to_regclass('u') IS NULL", json!({})).await;
    assert_eq!(found.unwrap(), json!(true));
    let result = server.query("SELECT :nobody", json!({})).await;
    assert_fails(result, FailureKind::Sql, &["`:nobody`"]);
    let result = server.query("SELECT 1; COMMIT; SELECT 2", json!({})).await;
    assert_fails(result, FailureKind::Sql, &["one transaction already"]);
    let result = server.query("COPY pg_type TO STDOUT", json!({})).await;
    assert_fails(result, FailureKind::Sql, &["query: line 1"]);
}

async fn statements_outside_a_transaction(server: &Server) {
    let output = server.query("VACUUM", json!({})).await;
    assert_eq!(output.unwrap(), json!({"rows_affected": 0}));
    let result = server.query("SELECT 1; VACUUM", json!({})).await;
    assert_fails(
        result,
        FailureKind::Sql,
        &["cannot run inside a transaction"],
    );
}

async fn rows_are_bounded(server: &Server) {
    let query = "SELECT repeat('x', 1000000) AS x FROM generate_series(1, 1000)";
    let result = server.query(query, json!({})).await;
    assert_fails(result, FailureKind::Output, &["64 MiB"]);
}

async fn connections(server: &Server) {
    let ssl = "SELECT ssl AS x FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let check = async |url: String, expected: bool| {
        let output = server.query_at(&url, ssl, json!({})).await;
        assert_eq!(output.unwrap(), json!([{ "x": expected }]), "{url}");
    };
    check(server.0.url("sslmode=disable"), false).await;
    check(server.0.url("sslmode=prefer"), true).await;
    check(server.0.url("sslmode=require"), true).await;
    check(server.0.socket_url(), false).await;
    for mode in ["verify-ca", "verify-full"] {
        let url = server.0.url(&format!("sslmode={mode}"));
        let result = server.query_at(&url, ssl, json!({})).await;
        assert_fails(result, FailureKind::Sql, &["cannot connect", "ertificate"]);
    }
    let url = "postgres://me:hidden@127.0.0.1:1/d";
    let failure = server.query_at(url, ssl, json!({})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Sql);
    assert!(
        failure.message.contains("postgres://127.0.0.1:1/d"),
        "{failure:?}"
    );
    assert!(!failure.message.contains("hidden"), "{failure:?}");
    let result = server
        .query_at("postgres://h/d?what=x", ssl, json!({}))
        .await;
    assert_fails(result, FailureKind::Expression, &["database:", "what"]);
}

async fn dropping_it_cancels(server: &Server) {
    let sleepers =
        "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(6%'";
    let count = async || server.query(sleepers, json!({})).await.unwrap()[0]["n"].clone();
    let until = async |expected: Json| {
        let waiting = async {
            while count().await != expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(Duration::from_secs(20), waiting).await;
        waited.expect("it comes to pass");
    };
    tokio::select! {
        result = server.query("SELECT pg_sleep(600)", json!({})) => panic!("{result:?}"),
        () = until(json!(1)) => {}
    }
    until(json!(0)).await;
}
