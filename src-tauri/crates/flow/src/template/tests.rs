use serde_json::json;

use super::*;

fn scope() -> Arc<Scope> {
    let names = [
        ("n", json!(3)),
        ("f", json!(2.0)),
        ("s", json!("text")),
        ("list", json!([1, "a", null])),
        ("map", json!({ "z": 1, "a": { "b": true } })),
        ("nothing", json!(null)),
    ];
    let names = names
        .into_iter()
        .map(|(name, value)| (name.into(), from_json(&value)));
    Scope::root(names.collect())
}

fn evaluate(text: &str) -> Result<serde_json::Value, String> {
    let template = Template::text(text).map_err(|error| error.to_string())?;
    let value = template
        .evaluate(&scope())
        .map_err(|error| error.to_string())?;
    Ok(to_json(&value))
}

#[test]
fn one_expression_keeps_its_type_and_other_text_is_text() {
    for (text, value) in [
        ("{{ n }}", json!(3)),
        ("{{n}}", json!(3)),
        ("{{ f }}", json!(2.0)),
        ("{{ list }}", json!([1, "a", null])),
        ("{{ map }}", json!({ "z": 1, "a": { "b": true } })),
        ("{{ nothing }}", json!(null)),
        ("{{ n > 2 and map.a.b }}", json!(true)),
        ("{{ [n, s] }}", json!([3, "text"])),
        ("{{ {'a': {'b': n}} }}", json!({ "a": { "b": 3 } })),
        ("{{ '}}' }}", json!("}}")),
        ("{{ '{{' }}", json!("{{")),
        ("{{ n }} ", json!("3 ")),
        ("{{ n }}{{ s }}", json!("3text")),
        ("a {{ list }} b", json!("a [1,\"a\",null] b")),
        ("{{ nothing }}!", json!("null!")),
        ("{{ map }}!", json!("{\"z\":1,\"a\":{\"b\":true}}!")),
        ("{{ n == 3 }}!", json!("true!")),
        ("{{ f }}!", json!("2.0!")),
        (
            "{% if x %} {# no #} } }} {",
            json!("{% if x %} {# no #} } }} {"),
        ),
        ("", json!("")),
        ("{{ missing is defined }}", json!(false)),
        ("{{ missing | default('x') }}", json!("x")),
        ("{{ map | items | first | first }}", json!("z")),
        ("{{ range(3) }}", json!([0, 1, 2])),
    ] {
        assert_eq!(evaluate(text), Ok(value), "{text}");
    }
}

#[test]
fn what_cannot_be_evaluated_says_why() {
    for (text, message) in [
        ("{{ missing }}", "`{{ missing }}`: `missing` is undefined"),
        (
            "x {{ map.nope }}",
            "`{{ map.nope }}`: `map.nope` is undefined",
        ),
        ("{{ n / 0 }}", "`{{ n / 0 }}`: "),
        ("{{ s.x.y }}", "`{{ s.x.y }}`: undefined"),
        ("{{ range(10 ** 9) }}", "`{{ range(10 ** 9) }}`: "),
        ("{{ debug() }}", "`{{ debug() }}`: "),
        ("{{", "`{{` without its `}}`"),
        ("{{ 'a }}", "`{{` without its `}}`"),
        ("{{ }}", "an expression is missing between `{{` and `}}`"),
        ("{{ 1 + }}", "`1 +` is no expression: "),
        ("{{ a b }}", "`a b` is no expression: "),
    ] {
        let error = evaluate(text).unwrap_err();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn what_json_cannot_say_is_brought_near() {
    for (expression, value) in [
        ("1e308 * 10", json!(null)),
        ("[1e308 * 10, 1]", json!([null, 1])),
        ("2 ** 63", json!(9_223_372_036_854_775_808_u64)),
        (
            "[2 ** 80, 1]",
            json!([1_208_925_819_614_629_174_706_176.0, 1]),
        ),
        (
            "{1: 2 ** 80}",
            json!({ "1": 1_208_925_819_614_629_174_706_176.0 }),
        ),
        ("{none: 1, true: 2}", json!({ "null": 1, "true": 2 })),
        ("0.1 + 0.2", json!(0.300_000_000_000_000_04)),
        ("7 // 2", json!(3)),
        ("6 / 2", json!(3.0)),
    ] {
        assert_eq!(
            evaluate(&format!("{{{{ {expression} }}}}")),
            Ok(value),
            "{expression}"
        );
    }
}

#[test]
fn reads_are_paths() {
    let template = Template::list(vec![
        Template::text("{{ tasks.a.output.x }} {{ tasks['b'].state }}").unwrap(),
        Template::map(vec![(
            "k".to_owned(),
            Template::text("{{ range(params.n) }}").unwrap(),
        )]),
    ]);
    let reads: Vec<String> = template.reads().into_iter().collect();
    assert_eq!(reads, ["params.n", "tasks.a.output.x", "tasks.b.state"]);
    assert_eq!(template.as_constant(), None);
}
