use proptest::prelude::*;

use crate::kinds::sql::script::{Dialect, Role, Statement, place, split};

#[track_caller]
fn check(dialect: Dialect, text: &str, expected: &[&str]) {
    let statements: Vec<&str> = split(text, dialect).iter().map(|s| s.text).collect();
    assert_eq!(statements, expected, "{dialect:?}: {text}");
}

#[test]
fn statements_end_where_they_end() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        check(dialect, "", &[]);
        check(dialect, " ;; -- a;b\n /* c;d */ ; ", &[]);
        check(dialect, "SELECT 1", &["SELECT 1"]);
        check(dialect, "SELECT 1 ; SELECT 2;\n", &["SELECT 1", "SELECT 2"]);
        check(
            dialect,
            "SELECT ';''; '; SELECT 2",
            &["SELECT ';''; '", "SELECT 2"],
        );
        check(
            dialect,
            "SELECT \"a;\"\"b\";x",
            &["SELECT \"a;\"\"b\"", "x"],
        );
        check(
            dialect,
            "SELECT 1 -- ;\n+ 2;x",
            &["SELECT 1 -- ;\n+ 2", "x"],
        );
        check(dialect, "SELECT 'open; x", &["SELECT 'open; x"]);
        check(dialect, "SELECT 1 /* open; x", &["SELECT 1"]);
        check(dialect, "SELECT 'ü';é", &["SELECT 'ü'", "é"]);
        check(dialect, "SELECT '\\'; x", &["SELECT '\\'", "x"]);
    }
}

#[test]
fn sqlite_has_its_own_quotes_and_triggers() {
    let check = |text: &str, expected: &[&str]| check(Dialect::Sqlite, text, expected);
    check("SELECT `a;b`, [c;d]; x", &["SELECT `a;b`, [c;d]", "x"]);
    check("SELECT /* /* */ 1; x", &["SELECT /* /* */ 1", "x"]);
    check("SELECT $a$; x $a$", &["SELECT $a$", "x $a$"]);
    let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN\n\
                   UPDATE b SET n = CASE WHEN n THEN 1 ELSE 2 END;\n\
                   DELETE FROM c; END";
    check(&format!("{trigger}; SELECT 1"), &[trigger, "SELECT 1"]);
    check(
        "CREATE TRIGGER t; x; END; y",
        &["CREATE TRIGGER t; x; END", "y"],
    );
}

#[test]
fn postgres_has_its_own_quotes_and_bodies() {
    let check = |text: &str, expected: &[&str]| check(Dialect::Postgres, text, expected);
    check("SELECT E'\\';', 1; x", &["SELECT E'\\';', 1", "x"]);
    check("SELECT $$a;b$$; x", &["SELECT $$a;b$$", "x"]);
    check("DO $f$ $$;$$ ; $f$; x", &["DO $f$ $$;$$ ; $f$", "x"]);
    check("SELECT $1; x", &["SELECT $1", "x"]);
    check(
        "SELECT /* /* ; */ ; */ 1; x",
        &["SELECT /* /* ; */ ; */ 1", "x"],
    );
    check("SELECT a$b$; x$", &["SELECT a$b$", "x$"]);
    let rule = "CREATE RULE r AS ON INSERT TO a DO (DELETE FROM b; DELETE FROM c)";
    check(&format!("{rule}; x"), &[rule, "x"]);
    let body = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC \
                SELECT 1; SELECT CASE WHEN true THEN 1 END; END";
    check(&format!("{body}; x"), &[body, "x"]);
}

#[test]
fn only_parameters_are_parameters() {
    let check = |dialect: Dialect, text: &str, expected: &[&str]| {
        let statements = split(text, dialect);
        let names: Vec<&str> = statements
            .iter()
            .flat_map(|statement| &statement.parameters)
            .map(|parameter| parameter.name)
            .collect();
        assert_eq!(names, expected, "{text}");
    };
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        check(dialect, "SELECT :a, :a_1+:B", &["a", "a_1", "B"]);
        check(dialect, "SELECT ':a', \":b\" -- :c\n /* :d */", &[]);
    }
    check(Dialect::Postgres, "SELECT :a::int, b::text", &["a"]);
    check(
        Dialect::Postgres,
        "SELECT f(x := 1), $$ :a $$, E'\\' :b'",
        &[],
    );
    check(
        Dialect::Postgres,
        "SELECT a[1:2], a[x:y], a[:n]",
        &["y", "n"],
    );
}

#[test]
fn roles_follow_the_first_words() {
    let check = |text: &str, expected: Role| {
        let statements = split(text, Dialect::Postgres);
        let roles: Vec<Role> = statements.iter().map(Statement::role).collect();
        assert_eq!(roles, [expected], "{text}");
    };
    check("begin immediate", Role::Begin);
    check("START TRANSACTION", Role::Begin);
    check("Commit", Role::Commit);
    check("END", Role::Commit);
    check("rollback", Role::OtherEnd);
    check("ROLLBACK TO SAVEPOINT a", Role::Other);
    check("ROLLBACK WORK TO a", Role::Other);
    check("PREPARE TRANSACTION 'a'", Role::OtherEnd);
    check("COMMIT PREPARED 'a'", Role::Other);
    check("/* a */ select 1", Role::Read);
    check("(SELECT 1)", Role::Other);
    check("WITH a AS (SELECT 1) DELETE FROM b", Role::Change);
    check("VACUUM", Role::Other);
}

#[test]
fn places_count_lines_and_characters() {
    assert_eq!(place("ab\nüc\n", 0), (1, 1));
    assert_eq!(place("ab\nüc\n", 5), (2, 2));
    assert_eq!(place("ab\nüc\n", 7), (3, 1));
    assert_eq!(place("ab", 99), (1, 3));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_cut_and_nothing_is_lost(
        parts in prop::collection::vec(
            prop_oneof![
                Just("'"), Just("\""), Just("$$"), Just("$t$"), Just("/*"), Just("*/"), Just("--"),
                Just("\n"), Just(";"), Just(":a"), Just("::"), Just("["), Just("]"), Just("("),
                Just("create trigger "), Just("begin "), Just("end"), Just("e'"), Just("\\"),
                Just("ü"), Just(" x "),
            ],
            0..30,
        ),
    ) {
        let text = parts.concat();
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let mut end = 0;
            for statement in split(&text, dialect) {
                let start = statement.offset;
                prop_assert!(start >= end && !statement.text.is_empty());
                end = start + statement.text.len();
                prop_assert_eq!(&text[start..end], statement.text);
                for parameter in &statement.parameters {
                    let shown = format!(":{}", parameter.name);
                    prop_assert_eq!(&statement.text[parameter.range.clone()], shown.as_str());
                }
            }
        }
    }
}
