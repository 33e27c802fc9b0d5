use std::time::{Duration, Instant};

use super::*;

fn diagnostics(text: &str) -> Vec<String> {
    let mut diagnostics = Vec::new();
    parse(text, &mut diagnostics);
    diagnostics.iter().map(ToString::to_string).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(diagnostics(text), expected, "{text:?}");
}

#[test]
fn scalars_resolve_as_the_shared_vectors_say() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../tests/vectors/yaml-scalars.json"
    );
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vectors = vectors["scalars"].as_array().unwrap();
    assert!(vectors.len() > 60);
    for vector in vectors {
        let text = vector["yaml"].as_str().unwrap();
        let mut mistakes = Vec::new();
        let node = parse(&format!("- {text}\n"), &mut mistakes).unwrap();
        let [item] = node.as_sequence().unwrap() else {
            panic!("{text}");
        };
        let found = match (item.as_scalar().unwrap(), item.as_text()) {
            (Scalar::Null, _) => serde_json::json!({ "type": "null" }),
            (Scalar::Bool(value), _) => serde_json::json!({ "type": "boolean", "value": value }),
            (Scalar::Number(value), _) if value.is_f64() => {
                serde_json::json!({ "type": "float", "value": value })
            }
            (Scalar::Number(value), _) => serde_json::json!({ "type": "integer", "value": value }),
            (Scalar::NotFinite, _) => serde_json::json!({ "type": "not-finite" }),
            (Scalar::Text, text) => serde_json::json!({ "type": "string", "value": text }),
        };
        let mut expected = vector.clone();
        expected.as_object_mut().unwrap().remove("yaml");
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn mistakes_have_places() {
    check("", &["1:1: error: the file is empty"]);
    check("# nothing\n", &["1:1: error: the file is empty"]);
    check("a: 1\nb: 2\n", &[]);
    check("\u{feff}a: 1\n", &[]);
    check(
        "a: 1\nb: 2\na: 3\n",
        &["3:1: error: duplicate key `a`: it stands already at 1:1; remove one of them"],
    );
    check(
        "a: !!str 1\n",
        &[
            "1:4: error: YAML tags cannot stand in a flow file; remove the tag; text in quotes is text",
        ],
    );
    check(
        "a: &x { b: 1 }\nc: { <<: *x }\n",
        &[
            "2:6: error: merge keys (`<<`) cannot stand in a flow file; write the keys out, or put what tasks share under `defaults`",
        ],
    );
    check(
        "a: 1\n---\nb: 2\n",
        &["2:1: error: a second document begins here; a flow file is one YAML document"],
    );
    check(
        "a: &x [*x]\n",
        &["1:8: error: this alias stands inside what it repeats"],
    );
    check(
        "? [a]\n: 1\n",
        &["1:3: error: a key is text, not a list; text that begins with `{{` needs quotes"],
    );
    check(
        "a: \"x\0y\"\n",
        &[
            "1:6: error: the character U+0000 cannot stand in a YAML file; write it as an escape in double quotes, as `\"\\u0007\"`",
        ],
    );
}

#[test]
fn syntax_errors_say_where_and_what_to_do() {
    for (text, place, hint) in [
        ("a: b: c\n", "1:5", "quotes"),
        ("a:\n\t- b\n", "2:", "tab"),
        ("a: [1, 2\n", "2:1", "closed"),
        ("a: \"x\n", "", "closed"),
        ("a: *nothing\n", "1:4", "&NAME"),
        ("a: @x\n", "1:4", "quotes"),
        ("a: 1\nb\nc: 2\n", "", "`: `"),
        ("a: 1\n  b: 2\n", "2:4", "indentation"),
    ] {
        let found = diagnostics(text);
        assert_eq!(found.len(), 1, "{text:?}: {found:?}");
        assert!(found[0].starts_with(place), "{text:?}: {found:?}");
        assert!(found[0].contains("not YAML: "), "{text:?}: {found:?}");
        assert!(found[0].contains(hint), "{text:?}: {found:?}");
    }
}

#[test]
fn bombs_are_refused_quickly() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let inner = format!("*a{}", level - 1);
        laughs += &format!("a{level}: &a{level} [{}]\n", vec![inner; 10].join(", "));
    }
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        vec!["*a"; 100].join(", ")
    );
    let blocks: String = (0..2_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    for text in [
        laughs,
        long,
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        format!("{}1", "[".repeat(65)),
        blocks,
        "- x\n".repeat(600_000),
        "x".repeat((4 << 20) + 1),
        "a: {b: ".repeat(50_000),
        "&a ".repeat(10_000),
        "\"".repeat(10_001),
        "[a, ".repeat(50_000),
        "{".repeat(1_000_000),
        "!".repeat(1_000_000),
        "a: |\n".repeat(10_000),
    ] {
        let start = Instant::now();
        assert_ne!(diagnostics(&text), Vec::<String>::new(), "{}", &text[..20]);
        let elapsed = start.elapsed();
        assert!(
            elapsed < Duration::from_secs(10),
            "{elapsed:?} for {}",
            &text[..20]
        );
    }
}

#[test]
fn places_inside_scalars_are_found() {
    let text = concat!(
        "- x {{ a }} y {{ b }}\n",
        "- 'it''s {{ c[''k''] + d }}'\n",
        "- \"\\u00e9 {{ e }} \\\"{{ \\\"q\\\" ~ f }}\"\n",
        "- |\n",
        "  one\n",
        "  two {{ g }} {{ h }}\n",
        "- >-\n",
        "  folded\n",
        "  here {{ i }}\n",
        "- plain\n",
        "  goes on {{ j }}\n",
        "- ä {{ k }}\n",
    );
    let mut mistakes = Vec::new();
    let node = parse(text, &mut mistakes).unwrap();
    let source = Source::new(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut found = 0;
    for item in node.as_sequence().unwrap() {
        let scalar = item.as_text().unwrap();
        for (offset, name) in scalar.char_indices() {
            let alone = !scalar[..offset].ends_with(|c: char| c.is_alphanumeric());
            if !alone
                || !('a'..='k').contains(&name)
                || !scalar[offset + 1..].starts_with([' ', '['])
            {
                continue;
            }
            let place = source.locator(item).place(offset);
            let line = lines[place.line as usize - 1];
            assert_eq!(
                line.chars().nth(place.column as usize - 1),
                Some(name),
                "{name} in {scalar:?}: {place:?}"
            );
            found += 1;
        }
    }
    assert_eq!(found, 11);
    assert!(mistakes.is_empty());
}
