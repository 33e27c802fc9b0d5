use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn mask(secrets: &[&str]) -> Mask {
    Mask::new(secrets.iter().copied()).unwrap()
}

#[test]
fn every_form_is_masked() {
    let check = |secret: &str, text: &str, expected: &str| {
        assert_eq!(
            mask(&[secret]).text(text),
            expected,
            "{secret:?} in {text:?}"
        );
    };
    check("hunter2!", "password hunter2! given", "password *** given");
    check("hunter2!", "hunter2!hunter2!", "******");
    check("abab", "xababab", "x***");
    check("hunter2!", "aHVudGVyMiE=", "***");
    check("hunter2!", "aHVudGVyMiE", "***");
    check("a b/c?d", "q=a+b%2Fc%3Fd&", "q=***&");
    check("a b/c?d", "q=a%20b%2fc%3fd&", "q=***&");
    check("a b/c?d", "/a%20b/c%3Fd", "/***");
    check(
        "say \"hi\"\n",
        r#"{"a": "say \"hi\"\n"}"#,
        r#"{"a": "***"}"#,
    );
    check("schlüssel😀", r"schl\u00fcssel\ud83d\ude00", "***");
    check("schlüssel😀", r"schl\u00FCssel\uD83D\uDE00", "***");
    check("schlüssel😀", "schl%C3%BCssel%F0%9F%98%80", "***");
    check("one line\nsecond", "> second", "> ***");
    check("one line\nsecond", "one line\nsecond", "***");
    check("key\r\nlong line\r\n", "long line", "***");
    check("token\n", "token.", "***.");
    check("http://a", r"http:\/\/a", "***");
    check(r#"pa"s\w"#, r#"KeyError: 'pa"s\\w'"#, "KeyError: '***'");
    check("it's \"x\"\n2", r#"'it\'s "x"\n2'"#, "'***'");
}

#[test]
fn what_is_short_stays() {
    assert_eq!(mask(&["abc"]).text("abcabc"), "abcabc");
    assert_eq!(mask(&["a\nb\nc"]).text("a b c"), "a b c");
    assert_eq!(mask(&["äöü€"]).text("<äöü€>"), "<***>");
    assert!(Mask::new([]).unwrap().finder.is_none());
    assert!(mask(&["", "abc"]).finder.is_none());
}

#[test]
fn overlapping_secrets_leave_nothing() {
    let mask = mask(&["abcdef", "defghi"]);
    assert_eq!(mask.text("<abcdefghi>"), "<***>");
}

#[test]
fn wrapped_base64_is_masked() {
    let secret: String = ('!'..='~').cycle().take(200).collect();
    let encoded = STANDARD.encode(&secret);
    let mask = mask(&[&secret]);
    for width in [64, 76] {
        for line in encoded.as_bytes().chunks(width) {
            let line = std::str::from_utf8(line).unwrap();
            assert!(mask.text(line).len() <= 8, "{line}");
        }
    }
}

#[test]
fn values_are_masked_in_texts_keys_and_numbers() {
    let value = template::from_json(&json!({
        "plain": [1, 2.5, null, true, "none"],
        "my s3cret": {"deep": ["is s3cret"]},
        "pin": 12_345_678,
    }));
    let masked = mask(&["s3cret", "345678"]).value(&value);
    assert_eq!(
        template::to_json(&masked),
        json!({
            "plain": [1, 2.5, null, true, "none"],
            "my ***": {"deep": ["is ***"]},
            "pin": "***",
        })
    );
    assert_eq!(mask(&["absent"]).value(&value), value);
    assert_eq!(Mask::default().value(&value), value);
}

#[test]
fn bytes_that_are_no_text_survive() {
    let mask = mask(&["secret"]);
    assert_eq!(mask.bytes(b"\xFFsecret\xFE").as_ref(), b"\xFF***\xFE");
    assert_eq!(mask.bytes(b"\xFF\xFE").as_ref(), b"\xFF\xFE");
}

/// Each form by an encoder that shares no code with the mask's.
fn forms_by_others(secret: &str) -> Vec<String> {
    use url::form_urlencoded::byte_serialize;
    let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let quoted = serde_json::to_string(secret).unwrap();
    let mut forms = vec![
        secret.to_owned(),
        form,
        percent.to_string(),
        quoted[1..quoted.len() - 1].to_owned(),
    ];
    for engine in [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret));
    }
    forms
}

/// Base64 in which the secret stands somewhere, and the part that is only the secret's.
fn embedded(secret: &str, before: &[u8], after: &[u8]) -> (String, String) {
    let all = [before, secret.as_bytes(), after].concat();
    let encoded = STANDARD.encode(all);
    let first = (before.len() * 8).div_ceil(6);
    let last = (before.len() + secret.len()) * 8 / 6;
    let part = encoded[first..last].to_owned();
    (encoded, part)
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9]{4,20}",
        "[ -~]{4,40}",
        "[a-z\"'\\\\/ \n\t+&=%\u{20ac}\u{1f600}]{4,30}",
    ]
    // A mark beside what remains could read as such a secret.
    .prop_filter("holds a mark", |secret| !secret.contains('*'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_form_is_left(
        secrets in prop::collection::vec(secret(), 1..4),
        filler in prop::collection::vec("[a-z0-9\n{}\" ]{0,6}", 30),
    ) {
        let mask = Mask::new(secrets.iter().map(String::as_str)).unwrap();
        let mut text = String::new();
        let mut filler = filler.iter().cycle();
        for form in secrets.iter().flat_map(|secret| forms_by_others(secret)) {
            text.push_str(filler.next().unwrap());
            text.push_str(&form);
        }
        let masked = mask.text(&text);
        for form in secrets.iter().flat_map(|secret| forms_by_others(secret)) {
            prop_assert!(!masked.contains(&form), "{form:?} in {masked:?}");
        }
        prop_assert_eq!(mask.text(&masked).into_owned(), masked.into_owned());
    }

    #[test]
    fn base64_hides_none_at_any_alignment(
        secret in secret(),
        before in prop::collection::vec(any::<u8>(), 0..7),
        after in prop::collection::vec(any::<u8>(), 0..7),
    ) {
        let mask = Mask::new([secret.as_str()]).unwrap();
        let (encoded, part) = embedded(&secret, &before, &after);
        let masked = mask.text(&encoded);
        prop_assert!(!masked.contains(&part), "{part:?} in {masked:?}");
        let url_safe = encoded.replace('+', "-").replace('/', "_");
        let part = part.replace('+', "-").replace('/', "_");
        prop_assert!(!mask.text(&url_safe).contains(&part));
    }

    #[test]
    fn pieces_come_to_the_whole(
        secrets in prop::collection::vec("[ab]{4,9}", 1..3),
        line in "[abc]{0,200}",
        sizes in prop::collection::vec(1_usize..40, 1..8),
    ) {
        let mask = Mask::new(secrets.iter().map(String::as_str)).unwrap();
        let mut stream = mask.stream();
        let mut masked = Vec::new();
        let mut rest = line.as_bytes();
        for size in sizes.iter().cycle() {
            let (piece, tail) = rest.split_at((*size).min(rest.len()));
            masked.extend_from_slice(&stream.push(piece));
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        masked.extend_from_slice(&stream.end());
        let whole = mask.bytes(line.as_bytes());
        prop_assert_eq!(String::from_utf8_lossy(&masked), String::from_utf8_lossy(&whole));
    }
}
