//! Values in Python's own serialisation, version 2, which every CPython since
//! 2.5 reads and writes: the interpreter has it built in and it is several times
//! faster than its JSON. Only what JSON can say is written and accepted.

use minijinja::value::ValueKind;
use tidemill_flow::Value;

/// How deep a value may be nested. JSON's readers commonly end at 128, and an
/// output comes to lie a few levels deep.
const DEPTH_LIMIT: usize = 100;

/// A value that JSON cannot say, and where in the whole it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotJson {
    what: String,
    /// From the inside out: `[3]`, `["rows"]`.
    path: Vec<String>,
}

impl NotJson {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            path: Vec::new(),
        }
    }

    fn within(mut self, step: impl FnOnce() -> String) -> Self {
        self.path.push(step());
        self
    }
}

/// `the returned value at ["rows"][3] is NaN, which JSON cannot say`.
impl std::fmt::Display for NotJson {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the returned value")?;
        if !self.path.is_empty() {
            formatter.write_str(" at ")?;
        }
        for step in self.path.iter().rev() {
            formatter.write_str(step)?;
        }
        write!(formatter, " {}", self.what)
    }
}

/// Appends a value.
pub(super) fn write(value: &Value, out: &mut Vec<u8>) {
    match value.kind() {
        ValueKind::Bool => write_bool(value.is_true(), out),
        ValueKind::Number => write_number(value, out),
        ValueKind::String => write_text(value.as_str().unwrap_or_default(), out),
        ValueKind::Bytes => write_bytes(value.as_bytes().unwrap_or_default(), out),
        ValueKind::Seq | ValueKind::Iterable => write_list(value, out),
        ValueKind::Map => write_map(value, out),
        ValueKind::Plain => write_text(&value.to_string(), out),
        // What is not defined, or not right, is nothing here as in JSON.
        _ => write_none(out),
    }
}

pub(super) fn write_none(out: &mut Vec<u8>) {
    out.push(b'N');
}

pub(super) fn write_bool(value: bool, out: &mut Vec<u8>) {
    out.push(if value { b'T' } else { b'F' });
}

pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'u');
    write_counted(text.as_bytes(), out);
}

pub(super) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b's');
    write_counted(bytes, out);
}

/// Begins a tuple of `length` values, which the caller writes.
pub(super) fn begin_tuple(length: u8, out: &mut Vec<u8>) {
    out.push(b'(');
    write_count(length.into(), out);
}

/// Begins a list of `length` values, which the caller writes.
pub(super) fn begin_list(length: usize, out: &mut Vec<u8>) {
    out.push(b'[');
    write_count(length, out);
}

/// Begins a map; pairs follow, then [`end_map`].
pub(super) fn begin_map(out: &mut Vec<u8>) {
    out.push(b'{');
}

/// Ends a map.
pub(super) fn end_map(out: &mut Vec<u8>) {
    out.push(b'0');
}

pub(super) fn write_integer(value: i128, out: &mut Vec<u8>) {
    if let Ok(small) = i32::try_from(value) {
        out.push(b'i');
        out.extend_from_slice(&small.to_le_bytes());
        return;
    }
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    while rest > 0 {
        // Fifteen bits: it fits.
        digits.push((rest & 0x7fff) as u16);
        rest >>= 15;
    }
    // Nine at most.
    let count = digits.len() as i32;
    out.push(b'l');
    out.extend_from_slice(&(if value < 0 { -count } else { count }).to_le_bytes());
    for digit in digits {
        out.extend_from_slice(&digit.to_le_bytes());
    }
}

fn write_number(value: &Value, out: &mut Vec<u8>) {
    if value.is_integer()
        && let Ok(integer) = i128::try_from(value.clone())
    {
        return write_integer(integer, out);
    }
    out.push(b'g');
    let number = f64::try_from(value.clone()).unwrap_or(f64::NAN);
    out.extend_from_slice(&number.to_le_bytes());
}

fn write_list(value: &Value, out: &mut Vec<u8>) {
    out.push(b'[');
    let place = out.len();
    write_count(0, out);
    let mut count: u32 = 0;
    for item in value.try_iter().into_iter().flatten() {
        write(&item, out);
        count = count.saturating_add(1);
    }
    if let Some(bytes) = out.get_mut(place..place + 4) {
        bytes.copy_from_slice(&count.to_le_bytes());
    }
}

fn write_map(value: &Value, out: &mut Vec<u8>) {
    begin_map(out);
    for key in value.try_iter().into_iter().flatten() {
        match key.as_str() {
            Some(text) => write_text(text, out),
            // As JSON writes them.
            None => write_text(&key.to_string(), out),
        }
        write(&value.get_item(&key).unwrap_or_default(), out);
    }
    end_map(out);
}

fn write_counted(bytes: &[u8], out: &mut Vec<u8>) {
    write_count(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// A count: the format has 31 bits. What is longer does not come this far: a
/// value's bytes are counted before.
fn write_count(count: usize, out: &mut Vec<u8>) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
}

/// Reads one whole value.
///
/// # Errors
/// When it is none that JSON can say.
pub(super) fn read(bytes: &[u8]) -> Result<Value, NotJson> {
    Reader { bytes }.value(0)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, NotJson> {
        if depth > DEPTH_LIMIT {
            return Err(NotJson::new(format!(
                "is nested more than {DEPTH_LIMIT} deep"
            )));
        }
        match self.byte()? {
            b'N' => Ok(Value::from(())),
            b'T' => Ok(Value::from(true)),
            b'F' => Ok(Value::from(false)),
            b'i' => Ok(Value::from(i64::from(i32::from_le_bytes(self.array()?)))),
            b'l' => self.integer(),
            b'g' => self.float(),
            b'u' | b't' => Ok(Value::from(self.text()?)),
            b'[' | b'(' => self.list(depth),
            b'{' => self.map(depth),
            other => Err(not_json(other)),
        }
    }

    fn integer(&mut self) -> Result<Value, NotJson> {
        let count = i32::from_le_bytes(self.array()?);
        let mut value: i128 = 0;
        for place in 0..count.unsigned_abs() {
            let digit = u16::from_le_bytes(self.array()?);
            if place >= 5 {
                return Err(NotJson::new(
                    "is an integer beyond 64 bits; return it as text",
                ));
            }
            value |= i128::from(digit) << (15 * place);
        }
        let value = if count < 0 { -value } else { value };
        i64::try_from(value)
            .map(Value::from)
            .or_else(|_| u64::try_from(value).map(Value::from))
            .map_err(|_| NotJson::new("is an integer beyond 64 bits; return it as text"))
    }

    fn float(&mut self) -> Result<Value, NotJson> {
        let value = f64::from_le_bytes(self.array()?);
        match value.is_finite() {
            true => Ok(Value::from(value)),
            false if value.is_nan() => Err(NotJson::new("is NaN, which JSON cannot say")),
            false => Err(NotJson::new("is Infinity, which JSON cannot say")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, NotJson> {
        let count = self.count()?;
        // A value has at least one byte: a count that lies reserves nothing.
        let mut list = Vec::with_capacity(count.min(self.bytes.len()));
        for index in 0..count {
            list.push(
                self.value(depth + 1)
                    .map_err(|error| error.within(|| format!("[{index}]")))?,
            );
        }
        Ok(Value::from_iter(list))
    }

    fn map(&mut self, depth: usize) -> Result<Value, NotJson> {
        let mut pairs = Vec::new();
        loop {
            let key = match self.byte()? {
                b'0' => break,
                b'u' | b't' => self.text()?,
                _ => {
                    return Err(NotJson::new(
                        "has a key that is no text, which JSON cannot say",
                    ));
                }
            };
            let value = self
                .value(depth + 1)
                .map_err(|error| error.within(|| format!("[{}]", quoted(key))))?;
            pairs.push((Value::from(key), value));
        }
        Ok(Value::from_pairs(pairs))
    }

    fn text(&mut self) -> Result<&'a str, NotJson> {
        let count = self.count()?;
        std::str::from_utf8(self.take(count)?)
            .map_err(|_| NotJson::new("is text with half a surrogate pair, which JSON cannot say"))
    }

    fn count(&mut self) -> Result<usize, NotJson> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn byte(&mut self) -> Result<u8, NotJson> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotJson> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], NotJson> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(head)
    }
}

fn cut_short() -> NotJson {
    NotJson::new("came incomplete")
}

fn quoted(key: &str) -> String {
    serde_json::Value::from(key).to_string()
}

fn not_json(kind: u8) -> NotJson {
    let name = match kind {
        b's' => "bytes",
        b'<' => "a set",
        b'>' => "a frozenset",
        b'y' | b'x' => "a complex number",
        b'.' => "an ellipsis",
        b'c' => "a code object",
        _ => "an object",
    };
    NotJson::new(format!("is {name}, which JSON cannot say"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_json_cannot_say_is_named_with_its_place() {
        let mut bytes = b"{u\x04\0\0\0rows[\x02\0\0\0Ng".to_vec();
        bytes.extend_from_slice(&f64::NAN.to_le_bytes());
        bytes.push(b'0');
        assert_eq!(
            error(&bytes),
            r#"the returned value at ["rows"][1] is NaN, which JSON cannot say"#
        );
        assert_eq!(
            error(b"s\x01\0\0\0x"),
            "the returned value is bytes, which JSON cannot say"
        );
        assert_eq!(
            error(b"{i\x01\0\0\0N0"),
            "the returned value has a key that is no text, which JSON cannot say"
        );
        assert_eq!(error(b"["), "the returned value came incomplete");
        assert_eq!(
            error(b"(\xff\xff\xff\xff"),
            "the returned value at [0] came incomplete"
        );
    }

    #[test]
    fn integers_come_back() {
        for value in [
            0,
            -1,
            i64::MIN.into(),
            i64::MAX.into(),
            u64::MAX.into(),
            1 << 31,
        ] {
            let mut bytes = Vec::new();
            write_integer(value, &mut bytes);
            assert_eq!(read(&bytes).unwrap().to_string(), value.to_string());
        }
        let mut bytes = Vec::new();
        write_integer(i128::from(u64::MAX) + 1, &mut bytes);
        assert!(error(&bytes).contains("beyond 64 bits"));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            any::<f64>()
                .prop_filter("finite", |value| value.is_finite())
                .prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
                proptest::collection::hash_map(".*", inner, 0..8)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn json_comes_back(json in json()) {
            let mut bytes = Vec::new();
            write(&tidemill_flow::template::from_json(&json), &mut bytes);
            let back = tidemill_flow::template::to_json(&read(&bytes).unwrap());
            prop_assert_eq!(back, json);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _either = read(&bytes);
        }
    }
}
