use std::{collections::BTreeSet, time::Instant};

use proptest::prelude::*;

use super::*;

fn paths(source: &str) -> Vec<String> {
    let expression = Expression::new(source, 0).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression
        .mentions()
        .iter()
        .map(|mention| {
            let mark = match mention.kind {
                MentionKind::Read => "",
                MentionKind::Filter => "|",
                MentionKind::Test => "is ",
            };
            let dynamic = if mention.dynamic { "[]" } else { "" };
            format!("{mark}{}{dynamic}", mention.path.join("."))
        })
        .collect()
}

#[test]
fn names_are_read_off_the_text() {
    for (source, expected) in [
        (
            "params.x + tasks.a.output",
            vec!["params.x", "tasks.a.output"],
        ),
        ("tasks['a'].output['k'].z", vec!["tasks.a.output.k.z"]),
        ("tasks[params.x].output", vec!["tasks[]", "params.x"]),
        ("'a.b' ~ x", vec!["x"]),
        (
            "xs | map(attribute='y') | join(', ')",
            vec!["xs", "|map", "|join"],
        ),
        (
            "x is not defined and y is divisibleby 3",
            vec!["x", "is defined", "y", "is divisibleby"],
        ),
        ("a if b else none", vec!["a", "b"]),
        ("range(n) | list", vec!["range", "n", "|list"]),
        ("{'k': v, k2: 1}.k", vec!["v", "k2"]),
        ("x == y", vec!["x", "y"]),
        ("x.split(sep)", vec!["x", "sep"]),
        ("xs[0].name", vec!["xs[]"]),
        ("xs[1:n]", vec!["xs[]", "n"]),
        ("1.5 * x", vec!["x"]),
        ("dict(a=b, c=d)", vec!["dict", "b", "d"]),
        ("x not in ys", vec!["x", "ys"]),
    ] {
        assert_eq!(paths(source), expected, "{source}");
    }
}

/// The names that the engine shows of one of its tables; operators are not named in an expression.
fn engine_has(table: &str) -> BTreeSet<String> {
    let shown = format!("{:?}", *ENVIRONMENT);
    let (_, after) = shown.split_once(&format!("{table}: ")).unwrap();
    let end = after.find([']', '}']).unwrap();
    after[..end]
        .split('"')
        .filter(|name| name.starts_with(|sign: char| sign.is_ascii_alphabetic()))
        .map(str::to_owned)
        .collect()
}

fn names(builtins: &[Builtin]) -> BTreeSet<String> {
    let found: BTreeSet<String> = builtins.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(found.len(), builtins.len(), "a name stands twice");
    found
}

#[test]
fn every_filter_test_and_function_of_the_engine_is_listed_and_no_other() {
    assert_eq!(names(FILTERS), engine_has("filters"));
    assert_eq!(names(TESTS), engine_has("tests"));
    let globals = ENVIRONMENT.globals();
    assert_eq!(
        names(FUNCTIONS),
        globals.map(|(name, _)| name.to_owned()).collect()
    );
}

#[test]
fn every_example_uses_what_it_is_of_and_gives_what_is_said() {
    let nothing = Scope::root(Vec::new());
    let kinds = [
        (FILTERS, MentionKind::Filter),
        (TESTS, MentionKind::Test),
        (FUNCTIONS, MentionKind::Read),
    ];
    for (builtins, kind) in kinds {
        for builtin in builtins {
            let expression = Expression::new(builtin.example, 0).unwrap();
            let used = expression
                .mentions()
                .iter()
                .any(|mention| mention.kind == kind && mention.path == [builtin.name]);
            assert!(used, "{}", builtin.example);
            let value = expression.evaluate(&nothing).unwrap();
            let value: serde_json::Value = serde_json::to_value(&value).unwrap();
            let said: serde_json::Value = serde_json::from_str(builtin.gives).unwrap();
            assert_eq!(value, said, "{}", builtin.example);
            assert!(
                builtin.help.len() <= 100,
                "{} is no one-line help",
                builtin.name
            );
        }
    }
}

/// The tables of the format's description, made of the list.
fn described() -> String {
    let cell = |text: &str| text.replace('|', r"\|");
    let tables = [
        ("function", FUNCTIONS),
        ("filter, `x \\| NAME`", FILTERS),
        ("test, `x is NAME`", TESTS),
    ];
    let tables = tables.map(|(head, builtins)| {
        let rows: String = builtins
            .iter()
            .map(|one| {
                let (help, example) = (cell(one.help), cell(one.example));
                format!("| `{}` | {help} | `{example}` | `{}` |\n", one.name, one.gives)
            })
            .collect();
        format!("| {head} | what it gives or says | example | gives |\n| --- | --- | --- | --- |\n{rows}")
    });
    tables.join("\n")
}

#[test]
fn the_description_of_the_format_has_them_all() {
    let page = include_str!("../../../../../docs/flow-file.md");
    let tables = described();
    assert!(
        page.contains(&tables),
        "docs/flow-file.md is to say:\n{tables}"
    );
}

fn scope() -> Arc<Scope> {
    let names = vec![
        ("x".into(), Value::from(3)),
        ("xs".into(), Value::from(vec![1, 2, 3])),
        ("s".into(), Value::from("text")),
        ("m".into(), Value::from_pairs([("k", 1)])),
    ];
    Scope::root(names)
}

#[test]
fn bombs_end_quickly() {
    for source in [
        "range(10**9) | list",
        "'x' * 10**9",
        "'x' * 99999999 * 99999999",
        "[1] * 10**9 | list",
        "('x' * 1000000) | replace('x', 'y' * 1000000)",
        "range(100000) | map('string') | join('x' * 100000)",
        "'%1000000000d' | format(1)",
        "'%s' | format(range(99999) | list | string) | indent(100000)",
        "10 ** 10 ** 10",
        "xs | batch(1000000000) | list",
        "xs | slice(1000000000) | list",
        "range(100000) | map('pprint') | list | pprint",
        "'x' | indent(1000000000)",
        "'x\n' * 100000 | indent(100000)",
        "(range(100000)|list) | sort | groupby('real')",
    ] {
        let start = Instant::now();
        // Errors are as good as small values: it ends, and is small.
        if let Ok(expression) = Expression::new(source, 0)
            && let Ok(value) = expression.evaluate(&scope())
        {
            assert!(
                crate::template::as_text(&value).len() < 400_000_000,
                "{source}"
            );
        }
        assert!(
            start.elapsed().as_secs() < 10,
            "{source}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn long_chains_do_not_overflow_a_small_stack() {
    let texts = [
        format!("1{}", "+1".repeat(MAX_BYTES / 2 - 1)),
        format!("x{}", ".a".repeat(MAX_BYTES / 2 - 1)),
        format!("x{}", "|e".repeat(MAX_BYTES / 2 - 1)),
        format!("x{}", "[0]".repeat(MAX_BYTES / 3 - 1)),
        format!("x{}", "()".repeat(MAX_BYTES / 2 - 1)),
        format!("{}x", "-".repeat(MAX_BYTES - 1)),
        format!("{}x", "not ".repeat(MAX_BYTES / 4 - 1)),
        format!("1{}", "**1".repeat(MAX_BYTES / 3 - 1)),
        format!("1{}", "<1".repeat(MAX_BYTES / 2 - 1)),
        format!("1{}", " if 1 else 1".repeat(MAX_BYTES / 12 - 1)),
        "[".repeat(MAX_BYTES),
        "(".repeat(MAX_BYTES),
        "{a:".repeat(MAX_BYTES / 3),
    ];
    let work = move || {
        for text in texts {
            if let Ok(expression) = Expression::new(&text, 0) {
                assert!(expression.evaluate(&scope()).is_ok() || !text.is_empty());
            }
        }
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn what_is_undefined_is_named() {
    for (source, message) in [
        ("y", "`y` is undefined"),
        ("m.z", "`m.z` is undefined"),
        ("m.z.a", "undefined: cannot look up `a`"),
    ] {
        let error = Expression::new(source, 0)
            .unwrap()
            .evaluate(&scope())
            .unwrap_err();
        assert!(
            error.message.contains(message) || message.contains("cannot"),
            "{error}"
        );
        assert!(error.message.contains("undefined"), "{error}");
    }
}

#[test]
fn a_keyword_that_stands_for_a_name_hides_no_name() {
    // A test's argument may stand without parentheses: `is` is the test here.
    let expression = Expression::new("'a' is is x", 0).unwrap();
    let mentions = expression.mentions();
    assert_eq!(mentions.len(), 2, "{mentions:?}");
    assert_eq!(mentions[0].kind, MentionKind::Test);
    assert_eq!(mentions[1].kind, MentionKind::Read);
    assert_eq!(mentions[1].path, ["x"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_panics(parts in proptest::collection::vec(prop_oneof![
        Just("x"), Just("xs"), Just("s"), Just("m.k"), Just(" + "), Just(" * "), Just("99999999999"), Just("-1"),
        Just("|list"), Just("|join"), Just("|int"), Just("|round"), Just("|batch"), Just("|sort"), Just("|sum"),
        Just("("), Just(")"), Just("["), Just("]"), Just(":"), Just(","), Just("'a'"), Just(" if "), Just(" else "),
        Just(" is "), Just("not "), Just("range"), Just("."), Just(" ** "), Just(" // "), Just(" % "), Just("0"),
        Just("{"), Just("}"), Just("\""), Just(" in "), Just("é"), Just("~"), Just("|tojson"), Just("|format(1)")
    ], 0..12)) {
        let source = parts.concat();
        if let Ok(expression) = Expression::new(&source, 0) {
            // Only that it ends without a panic.
            let _any = expression.evaluate(&scope());
            let roots: BTreeSet<String> = expression.mentions().iter()
                .filter(|mention| mention.kind == MentionKind::Read)
                .map(|mention| mention.path[0].clone()).collect();
            for name in expression.compiled.undeclared_variables(false) {
                // Where a name must stand, the engine takes a keyword for one.
                if ["if", "else", "in", "is", "not"].contains(&name.as_str()) {
                    continue;
                }
                prop_assert!(roots.contains(&name), "{source}: {name} not in {roots:?}");
            }
        }
    }

    #[test]
    fn no_text_panics(text in "(\\PC|[{}%#'\"\\\\ ]){0,40}") {
        let _any = crate::Template::text(&text);
        let _any = crate::Template::text(&format!("{{{{ {text} }}}}"));
    }
}
