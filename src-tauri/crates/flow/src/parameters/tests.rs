use serde_json::json;

use super::*;
use crate::{CheckContext, check};

fn flow() -> Flow {
    let text = "
name: x
parameters:
  count: { type: integer, minimum: 1 }
  ratio: 0.5
  flag: false
  word: hello
  words: { type: array, items: { type: string }, default: [a] }
  map: { type: object, default: {} }
  either: { type: [integer, string], default: 1 }
  anything: { default: null }
  nothing: { type: 'null', default: null }
tasks: { a: { value: 1 } }
";
    let checked = check(text, &CheckContext::default());
    checked
        .flow
        .unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

#[test]
fn text_becomes_what_the_schema_names() {
    let flow = flow();
    for (name, text, value) in [
        ("count", "3", json!(3)),
        ("count", "3.0", json!(3.0)),
        ("count", "18446744073709551615", json!(u64::MAX)),
        ("ratio", "1e3", json!(1000.0)),
        ("ratio", "-2", json!(-2)),
        ("flag", "true", json!(true)),
        ("word", "12", json!("12")),
        ("word", "", json!("")),
        ("word", "{{ x }} \"é😀\"\n", json!("{{ x }} \"é😀\"\n")),
        ("words", "[\"a\", \"b\"]", json!(["a", "b"])),
        ("map", "{\"a\": [1]}", json!({ "a": [1] })),
        ("either", "12", json!(12)),
        ("either", "a b", json!("a b")),
        ("anything", "[1]", json!([1])),
        ("anything", "yes", json!("yes")),
        ("nothing", "null", json!(null)),
    ] {
        assert_eq!(
            flow.convert_parameter(name, text),
            Ok(value),
            "{name}={text}"
        );
    }
}

#[test]
fn text_of_another_type_is_refused() {
    let flow = flow();
    for (name, text, message) in [
        (
            "count",
            "x",
            "the parameter `count` is an integer, and `x` is none",
        ),
        (
            "count",
            "1.5",
            "the parameter `count` is an integer, and `1.5` is none",
        ),
        (
            "ratio",
            "NaN",
            "the parameter `ratio` is a number, and `NaN` is none",
        ),
        (
            "flag",
            "yes",
            "the parameter `flag` is true or false, and `yes` is none",
        ),
        (
            "words",
            "a",
            "the parameter `words` is a JSON array, and `a` is none",
        ),
        (
            "map",
            "[]",
            "the parameter `map` is a JSON object, and `[]` is none",
        ),
        (
            "wrod",
            "a",
            "the flow has no parameter `wrod`; did you mean `word`?",
        ),
        ("zzz", "a", "the flow has no parameter `zzz`"),
    ] {
        let error = flow.convert_parameter(name, text).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

fn bind(given: Value) -> Result<Value, Vec<String>> {
    let Value::Object(given) = given else {
        panic!("no object")
    };
    let bound = flow().bind_parameters(given);
    bound
        .map(Value::Object)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn defaults_fill_in_what_is_not_given() {
    let bound = bind(json!({ "word": "w", "count": 2 })).unwrap();
    let keys: Vec<&String> = bound.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "count", "ratio", "flag", "word", "words", "map", "either", "anything", "nothing"
        ]
    );
    assert_eq!(
        (&bound["word"], &bound["words"], &bound["ratio"]),
        (&json!("w"), &json!(["a"]), &json!(0.5))
    );
}

#[test]
fn every_mistake_is_named() {
    assert_eq!(
        bind(json!({ "words": ["a", 1], "flag": "x", "size": 1, "count": 0 })).unwrap_err(),
        [
            "the flow has no parameter `size`",
            "the parameter `count`: 0 is less than the minimum of 1",
            "the parameter `flag`: \"x\" is not of type \"boolean\"",
            "the parameter `words` at `1`: 1 is not of type \"string\"",
        ]
    );
    assert_eq!(
        bind(json!({})).unwrap_err(),
        ["the parameter `count` is required and was not given"]
    );
}
