//! The forms in which a secret appears.

use std::collections::BTreeSet;

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD, general_purpose::PAD},
};

/// A secret, or a line of one, with fewer characters is left alone.
pub(super) const SHORTEST: usize = 4;

/// How many bytes stand in one line where programs break base64: 76 or 64 characters.
const BASE64_LINES: [usize; 2] = [57, 48];

/// What the common encoders of URLs leave as it is, beside letters and digits.
const URL_SAFE: [&str; 7] = [
    // Those that encode all others.
    "",
    // RFC 3986's unreserved characters.
    "-_.~",
    // Python's `quote`.
    "-_.~/",
    // JavaScript's `encodeURIComponent`.
    "-_.~!*'()",
    // HTML forms.
    "-_.*",
    // JavaScript's `encodeURI`.
    "-_.~!*'();/?:@&=+$,#",
    // A URL's path.
    "-_.~!*'();:@&=+$,",
];

/// Every form of every secret that is long enough, each once.
pub(super) fn of_all<'a>(secrets: impl IntoIterator<Item = &'a str>) -> BTreeSet<Vec<u8>> {
    let mut forms = Forms::default();
    for secret in secrets {
        forms.add(secret);
        for line in secret.lines() {
            forms.add(line);
        }
    }
    forms.0
}

#[derive(Default)]
struct Forms(BTreeSet<Vec<u8>>);

impl Forms {
    fn add(&mut self, secret: &str) {
        if secret.chars().count() < SHORTEST {
            return;
        }
        self.0.insert(secret.into());
        self.add_json(secret);
        self.add_python(secret);
        self.add_base64(secret.as_bytes());
        self.add_url(secret);
        // A trailing line break is often lost on the way.
        let trimmed = secret.trim_end_matches(['\r', '\n']);
        if trimmed.len() < secret.len() {
            self.add(trimmed);
        }
    }

    fn add_json(&mut self, secret: &str) {
        let quoted = serde_json::Value::from(secret).to_string();
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        let ascii = [ascii(escaped, false), ascii(escaped, true)];
        for form in ascii.iter().map(String::as_str).chain([escaped]) {
            self.0.insert(form.into());
            self.0.insert(form.replace('/', "\\/").into());
        }
    }

    /// As Python's `repr` writes it, which stands in the message of many an exception.
    fn add_python(&mut self, secret: &str) {
        let escaped = secret
            .replace('\\', r"\\")
            .replace('\n', r"\n")
            .replace('\r', r"\r")
            .replace('\t', r"\t");
        // Which quotes stand around it decides whether its own are escaped.
        self.0.insert(escaped.replace('\'', r"\'").into());
        self.0.insert(escaped.into());
    }

    fn add_base64(&mut self, secret: &[u8]) {
        for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
            let padded = GeneralPurpose::new(alphabet, PAD);
            let bare = GeneralPurpose::new(alphabet, NO_PAD);
            self.0.insert(padded.encode(secret).into());
            self.0.insert(bare.encode(secret).into());
            for before in 0..3 {
                self.0.insert(aligned(&bare, secret, before));
            }
            for length in BASE64_LINES {
                let lines = secret.chunks(length).filter(|line| line.len() >= SHORTEST);
                self.0.extend(lines.map(|line| aligned(&bare, line, 0)));
            }
        }
    }

    fn add_url(&mut self, secret: &str) {
        for safe in URL_SAFE {
            for space in ["%20", "+"] {
                for is_upper in [true, false] {
                    let form = percent_encoded(secret, safe, space, is_upper);
                    self.0.insert(form.into());
                }
            }
        }
    }
}

/// The characters of base64 that only the secret decides where `before` bytes stand
/// in front of it, and any after it.
fn aligned(engine: &GeneralPurpose, secret: &[u8], before: usize) -> Vec<u8> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let encoded = engine.encode(&bytes);
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.get(first..last).unwrap_or_default().into()
}

/// A JSON text with everything beyond ASCII escaped too.
fn ascii(escaped: &str, is_upper: bool) -> String {
    let mut text = String::with_capacity(escaped.len());
    for character in escaped.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            text.push_str(&if is_upper {
                format!("\\u{unit:04X}")
            } else {
                format!("\\u{unit:04x}")
            });
        }
    }
    text
}

fn percent_encoded(secret: &str, safe: &str, space: &str, is_upper: bool) -> String {
    let mut text = String::with_capacity(secret.len());
    for byte in secret.bytes() {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || safe.contains(character) {
            text.push(character);
        } else if character == ' ' {
            text.push_str(space);
        } else if is_upper {
            text.push_str(&format!("%{byte:02X}"));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}
