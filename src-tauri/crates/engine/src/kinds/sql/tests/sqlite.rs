use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

async fn query(folder: &TempDir, query: &str, parameters: Json) -> Result<Json, Failure> {
    run_in(folder.path(), &task("a.db", query, &parameters)).await
}

/// The value of the only column of the only row.
async fn cell(expression: &str, parameters: Json) -> Result<Json, Failure> {
    let query = format!("SELECT {expression} AS x");
    let output = run_in(Path::new("/"), &task(":memory:", &query, &parameters)).await?;
    Ok(output[0]["x"].clone())
}

#[tokio::test]
async fn a_database_is_made_and_read() {
    let folder = TempDir::new().unwrap();
    let script = "CREATE TABLE t (n INTEGER, s TEXT);\n\
                  INSERT INTO t VALUES (1, 'a;b'), (:n, :s);\n\
                  SELECT * FROM t ORDER BY n";
    let parameters = json!({"n": 2, "s": "c'd", "unused": [1]});
    let output = query(&folder, script, parameters).await.unwrap();
    assert_eq!(output, json!([{"n": 1, "s": "a;b"}, {"n": 2, "s": "c'd"}]));
    let output = query(&folder, "UPDATE t SET n = n + 1", json!({})).await;
    assert_eq!(output.unwrap(), json!({"rows_affected": 2}));
    let output = query(&folder, "CREATE TABLE u (a)", json!({})).await;
    assert_eq!(output.unwrap(), json!({"rows_affected": 0}));
    let output = query(&folder, "DELETE FROM t RETURNING n", json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": 2}, {"n": 3}]));
    let output = query(&folder, "SELECT 1 WHERE 0", json!({})).await;
    assert_eq!(output.unwrap(), json!([]));
    let output = query(&folder, "VACUUM", json!({})).await;
    assert_eq!(output.unwrap(), json!({"rows_affected": 0}));
}

#[tokio::test]
async fn a_file_of_statements_and_templates_are_evaluated() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("q a'b.sql"), "\u{feff}SELECT :x AS x").unwrap();
    let mut sql = task("{{ item }}.db", "", &json!({}));
    sql.query = Code::File(Template::text("q {{ item }}.sql").unwrap());
    sql.parameters.insert(
        Name::new("x").unwrap(),
        Template::text("{{ item }}").unwrap(),
    );
    let output = run_in(folder.path(), &sql).await;
    assert_eq!(output.unwrap(), json!([{"x": "a'b"}]));
    assert!(folder.path().join("a'b.db").exists());
    sql.query = Code::File(Template::text("absent.sql").unwrap());
    let result = run_in(folder.path(), &sql).await;
    assert_fails(result, FailureKind::Sql, &["`absent.sql`"]);
    sql.database = Template::text("{{ nothing }}").unwrap();
    let result = run_in(folder.path(), &sql).await;
    assert_fails(result, FailureKind::Expression, &["database:", "nothing"]);
}

#[tokio::test]
async fn values_keep_their_types() {
    let check = async |value: Json, kind: &str, back: Json| {
        let parameters = json!({ "v": value });
        let found = cell("typeof(:v)", parameters.clone()).await.unwrap();
        assert_eq!(found, kind, "{parameters}");
        assert_eq!(cell(":v", parameters).await.unwrap(), back);
    };
    check(json!(null), "null", json!(null)).await;
    check(json!(true), "integer", json!(1)).await;
    check(json!(i64::MIN), "integer", json!(i64::MIN)).await;
    check(json!(2.5), "real", json!(2.5)).await;
    check(json!("ü\u{1f600}"), "text", json!("ü\u{1f600}")).await;
    check(json!([1, {"a": null}]), "text", json!("[1,{\"a\":null}]")).await;
    let read = async |expression: &str| cell(expression, json!({})).await;
    assert_eq!(read("x'00ff'").await.unwrap(), "AP8=");
    assert_eq!(read("CAST(x'61ff' AS TEXT)").await.unwrap(), "a\u{FFFD}");
    assert_fails(
        read("9e999").await,
        FailureKind::Output,
        &["`x`", "infinity"],
    );
    let result = cell(":v", json!({"v": u64::MAX})).await;
    assert_fails(result, FailureKind::Expression, &["parameters.v"]);
}

#[tokio::test]
async fn columns_of_one_name_are_numbered() {
    let query = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a";
    let output = run_in(Path::new("/"), &task(":memory:", query, &json!({}))).await;
    assert_eq!(
        output.unwrap(),
        json!([{"a": 1, "a_2": 2, "a_2_2": 3, "a_3": 4}])
    );
}

#[tokio::test]
async fn a_failure_undoes_everything_and_says_where() {
    let folder = TempDir::new().unwrap();
    let script =
        "CREATE TABLE t (n UNIQUE);\nINSERT INTO t VALUES (1);\n  SELECT wrong FROM t;\nSELECT 1";
    let place = "statement 3 of 4, line 3, column 10: no such column: wrong";
    assert_fails(
        query(&folder, script, json!({})).await,
        FailureKind::Sql,
        &[place],
    );
    let tables = query(&folder, "SELECT name FROM sqlite_schema", json!({})).await;
    assert_eq!(tables.unwrap(), json!([]));
    let single = query(&folder, "SELEKT 1", json!({})).await;
    let place = "query: line 1, column 1: near \"SELEKT\": syntax error";
    assert_fails(single, FailureKind::Sql, &[place]);
    let script = "CREATE TABLE t (n UNIQUE);\nINSERT INTO t VALUES (1), (1)";
    let place = "statement 2 of 2, line 2: UNIQUE constraint failed: t.n";
    assert_fails(
        query(&folder, script, json!({})).await,
        FailureKind::Sql,
        &[place],
    );
}

#[tokio::test]
async fn transactions_of_the_script_are_ours() {
    let folder = TempDir::new().unwrap();
    let script = "BEGIN; CREATE TABLE t (n); INSERT INTO t VALUES (1); SELECT n FROM t; COMMIT;";
    let output = query(&folder, script, json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": 1}]));
    for script in [
        "BEGIN; DELETE FROM t",
        "DELETE FROM t; COMMIT; SELECT 1",
        "DELETE FROM t; ROLLBACK",
    ] {
        let result = query(&folder, script, json!({})).await;
        assert_fails(result, FailureKind::Sql, &["one transaction already"]);
    }
    let script = "SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; SELECT count(*) AS n FROM t";
    let output = query(&folder, script, json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": 1}]));
}

#[tokio::test]
async fn pragmas_come_before_the_transaction() {
    let folder = TempDir::new().unwrap();
    let script = "PRAGMA journal_mode = wal; PRAGMA foreign_keys = ON;\n\
                  CREATE TABLE p (n PRIMARY KEY); CREATE TABLE c (n REFERENCES p);\n\
                  INSERT INTO c VALUES (1)";
    let result = query(&folder, script, json!({})).await;
    assert_fails(result, FailureKind::Sql, &["FOREIGN KEY"]);
    let mode = query(&folder, "PRAGMA journal_mode", json!({})).await;
    assert_eq!(mode.unwrap(), json!([{"journal_mode": "wal"}]));
    let default = query(&folder, "PRAGMA foreign_keys", json!({})).await;
    assert_eq!(default.unwrap(), json!([{"foreign_keys": 0}]));
}

#[tokio::test]
async fn triggers_are_one_statement() {
    let folder = TempDir::new().unwrap();
    let script = "CREATE TABLE a (n); CREATE TABLE log (n);\n\
                  CREATE TRIGGER t AFTER INSERT ON a BEGIN\n\
                    INSERT INTO log VALUES (CASE WHEN new.n > 1 THEN ';' ELSE 'END;' END);\n\
                    DELETE FROM a;\n\
                  END;\n\
                  INSERT INTO a VALUES (1), (2); SELECT n FROM log";
    let output = query(&folder, script, json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": "END;"}, {"n": ";"}]));
}

#[tokio::test]
async fn parameters_that_are_none_are_said() {
    let folder = TempDir::new().unwrap();
    let check = async |text: &str, parts: &[&str]| {
        let result = query(&folder, text, json!({"a": 1})).await;
        assert_fails(result, FailureKind::Sql, parts);
    };
    check(
        "SELECT 1;\nSELECT :b",
        &["statement 2 of 2, line 2, column 8", "`:b`"],
    )
    .await;
    check("SELECT ?", &["`?`", "by name"]).await;
    check("SELECT $b", &["`$b`"]).await;
    check(" -- nothing", &["no statement"]).await;
    let output = query(&folder, "SELECT @a + $a AS n", json!({"a": 1})).await;
    assert_eq!(output.unwrap(), json!([{"n": 2}]));
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let folder = TempDir::new().unwrap();
    let result = run_in(folder.path(), &task("absent/a.db", "SELECT 1", &json!({}))).await;
    assert_fails(result, FailureKind::Sql, &["cannot open", "absent/a.db"]);
    std::fs::write(folder.path().join("a.db"), "no database, but long enough").unwrap();
    let result = query(&folder, "SELECT * FROM t", json!({})).await;
    assert_fails(result, FailureKind::Sql, &["not a database"]);
}

#[tokio::test]
async fn rows_are_bounded() {
    let script = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\n\
                  SELECT i, hex(zeroblob(50000)) AS x FROM n";
    let result = run_in(Path::new("/"), &task(":memory:", script, &json!({}))).await;
    assert_fails(result, FailureKind::Output, &["64 MiB"]);
}

#[tokio::test]
async fn writers_wait_for_one_another() {
    let folder = TempDir::new().unwrap();
    let script = "CREATE TABLE t (n); INSERT INTO t VALUES (0)";
    query(&folder, script, json!({})).await.unwrap();
    let step = "SELECT n FROM t; UPDATE t SET n = n + 1";
    let steps = (0..20).map(|_| query(&folder, step, json!({})));
    for output in futures_util::future::join_all(steps).await {
        assert_eq!(output.unwrap(), json!({"rows_affected": 1}));
    }
    let output = query(&folder, "SELECT n FROM t", json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": 20}]));
}

/// Waits until a write to the database needs to wait for nobody.
async fn until_free(folder: &TempDir) {
    let started = Instant::now();
    let other = Connection::open(folder.path().join("a.db")).unwrap();
    while other.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").is_err() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it stays locked"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until somebody holds the database for writing.
async fn until_held(folder: &TempDir) {
    let started = Instant::now();
    let other = Connection::open(folder.path().join("a.db")).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    while other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20), "nobody comes");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_it_interrupts_and_undoes() {
    let folder = TempDir::new().unwrap();
    query(&folder, "CREATE TABLE t (n)", json!({}))
        .await
        .unwrap();
    let endless = "INSERT INTO t VALUES (1);\n\
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\n\
                   SELECT count(*) FROM n";
    tokio::select! {
        result = query(&folder, endless, json!({})) => panic!("{result:?}"),
        () = until_held(&folder) => {}
    }
    until_free(&folder).await;
    let output = query(&folder, "SELECT count(*) AS n FROM t", json!({})).await;
    assert_eq!(output.unwrap(), json!([{"n": 0}]));
}
