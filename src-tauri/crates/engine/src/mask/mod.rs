//! Secrets taken out of what leaves a task: logs, messages and outputs.
//!
//! A [`Mask`] knows the forms in which a secret commonly appears (as it stands, in
//! base64, URL-encoded, escaped in JSON) and puts `***` in the place of each. It cannot
//! know what a program does to a secret beyond that. Values that are shorter than
//! four characters are left alone: they would take half of every log with them.

mod forms;
mod stream;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range, sync::Arc};

use aho_corasick::AhoCorasick;
pub(crate) use stream::MaskStream;
use tidemill_flow::{Value, template};

/// What stands in a secret's place.
const MARK: &str = "***";

/// The secrets of a run, ready to be found. Cheap to clone; without secrets it costs
/// nothing, neither to make nor to use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    finder: Option<Arc<Finder>>,
}

#[derive(Debug)]
struct Finder {
    forms: AhoCorasick,
    /// The longest form's length in bytes.
    longest: usize,
}

impl Mask {
    /// A mask of these secrets' values.
    ///
    /// Of a value with several lines each line is a secret too. Fails where the values
    /// come to more than the finder can hold (some gigabytes).
    pub(crate) fn new<'a>(
        secrets: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, aho_corasick::BuildError> {
        let forms = forms::of_all(secrets);
        let Some(longest) = forms.iter().map(Vec::len).max() else {
            return Ok(Self::default());
        };
        let finder = Finder {
            forms: AhoCorasick::new(&forms)?,
            longest,
        };
        Ok(Self {
            finder: Some(Arc::new(finder)),
        })
    }

    /// A text without secrets.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Forms are whole characters, so what remains is text.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Bytes, such as a whole line of a log, without secrets.
    pub(crate) fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(finder) = self.finder.as_ref().filter(|finder| finder.is_in(bytes)) else {
            return Cow::Borrowed(bytes);
        };
        let mut masked = Vec::with_capacity(bytes.len());
        let mut copied = 0;
        for place in finder.places(bytes, 0) {
            masked.extend_from_slice(bytes.get(copied..place.start).unwrap_or_default());
            masked.extend_from_slice(MARK.as_bytes());
            copied = place.end;
        }
        masked.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// A value without secrets in its texts, its keys and its numbers' digits; a number
    /// that holds one becomes `***`. Where two keys become the same, the last one stays.
    pub(crate) fn value(&self, value: &Value) -> Value {
        self.changed(value).unwrap_or_else(|| value.clone())
    }

    /// For one line of a stream that comes in pieces.
    pub(crate) fn stream(&self) -> MaskStream {
        MaskStream::new(self.finder.clone())
    }

    /// The value without secrets; `None` if there are none in it.
    fn changed(&self, value: &Value) -> Option<Value> {
        use minijinja::value::ValueKind;
        self.finder.as_ref()?;
        match value.kind() {
            ValueKind::String => match self.text(value.as_str()?) {
                Cow::Borrowed(_) => None,
                Cow::Owned(text) => Some(Value::from(text)),
            },
            ValueKind::Number => match self.text(&template::as_text(value)) {
                Cow::Borrowed(_) => None,
                Cow::Owned(_) => Some(Value::from(MARK)),
            },
            ValueKind::Bytes => match self.bytes(value.as_bytes()?) {
                Cow::Borrowed(_) => None,
                Cow::Owned(bytes) => Some(Value::from_bytes(bytes)),
            },
            ValueKind::Seq | ValueKind::Iterable => self.changed_list(value),
            ValueKind::Map => self.changed_map(value),
            _ => None,
        }
    }

    fn changed_list(&self, list: &Value) -> Option<Value> {
        let items: Vec<Value> = list.try_iter().ok()?.collect();
        let changed: Vec<Option<Value>> = items.iter().map(|item| self.changed(item)).collect();
        if changed.iter().all(Option::is_none) {
            return None;
        }
        let items = changed.into_iter().zip(items);
        Some(items.map(|(new, old)| new.unwrap_or(old)).collect())
    }

    fn changed_map(&self, map: &Value) -> Option<Value> {
        let mut has_changed = false;
        let mut entries = Vec::new();
        for key in map.try_iter().ok()? {
            let item = map.get_item(&key).ok()?;
            let new_key = self.changed(&key);
            let new_item = self.changed(&item);
            has_changed |= new_key.is_some() || new_item.is_some();
            entries.push((new_key.unwrap_or(key), new_item.unwrap_or(item)));
        }
        has_changed.then(|| Value::from_pairs(entries))
    }
}

impl Finder {
    fn is_in(&self, bytes: &[u8]) -> bool {
        bytes.len() >= forms::SHORTEST && self.forms.is_match(bytes)
    }

    /// Where secrets stand, in order and apart: forms that overlap are one place.
    /// `covered` bytes at the beginning are taken as one, if there are any.
    fn places(&self, bytes: &[u8], covered: usize) -> Vec<Range<usize>> {
        let found = self.forms.find_overlapping_iter(bytes);
        let mut found: Vec<Range<usize>> = found.map(|found| found.range()).collect();
        found.extend((covered > 0).then_some(0..covered));
        found.sort_unstable_by_key(|range| (range.start, range.end));
        let mut places: Vec<Range<usize>> = Vec::new();
        for range in found {
            match places.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => places.push(range),
            }
        }
        places
    }
}
