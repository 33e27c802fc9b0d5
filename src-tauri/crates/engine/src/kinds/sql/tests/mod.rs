//! Scripts, and what the databases make of them.

#[cfg(unix)]
mod postgres;
mod script;
mod sqlite;

use std::{path::Path, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use tidemill_flow::{Code, Name, Scope, Sql, Template, template};
use tidemill_orchestrate::{Failure, FailureKind};

use super::*;

/// A task against a database, with these parameters.
fn task(database: &str, query: &str, parameters: &Json) -> Sql {
    let parameters = parameters.as_object().unwrap().iter();
    Sql {
        database: Template::text(database).unwrap(),
        query: Code::Inline(query.to_owned()),
        parameters: parameters
            .map(|(name, value)| {
                let value = Template::constant(template::from_json(value));
                (Name::new(name).unwrap(), value)
            })
            .collect::<IndexMap<_, _>>(),
    }
}

fn scope() -> Arc<Scope> {
    Scope::root(vec![("item".into(), Value::from("a'b"))])
}

async fn run_in(folder: &Path, sql: &Sql) -> Result<Json, Failure> {
    let output = run(sql, &scope(), folder).await;
    output.map(|value| template::to_json(&value))
}

#[track_caller]
fn assert_fails(result: Result<Json, Failure>, kind: FailureKind, parts: &[&str]) {
    let failure = result.expect_err("it fails");
    assert_eq!(failure.kind, kind, "{failure:?}");
    for part in parts {
        assert!(failure.message.contains(part), "{part:?} in {failure:?}");
    }
}

#[test]
fn databases_are_paths_or_postgres() {
    let folder = Path::new("/flows");
    let sqlite = |text: &str, path: &str| {
        let expected = Database::Sqlite(path.into());
        assert_eq!(Database::parse(text, folder), Ok(expected), "{text}");
    };
    sqlite("a b.db", "/flows/a b.db");
    sqlite("../a.db", "/flows/../a.db");
    sqlite("/a.db", "/a.db");
    sqlite(":memory:", ":memory:");
    for url in ["postgres://h/d", "postgresql://h/d"] {
        let expected = Database::Postgres(url.to_owned());
        assert_eq!(Database::parse(url, folder), Ok(expected));
    }
    for (text, part) in [
        ("mysql://h/d", "`mysql://`"),
        ("sqlite://a.db", "path alone"),
        ("", "empty"),
    ] {
        let failure = Database::parse(text, folder).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Expression);
        assert!(failure.message.contains(part), "{failure:?}");
    }
}
