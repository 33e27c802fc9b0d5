//! From text to tree: the parser's events, put together within bounds.

use std::{collections::HashMap, sync::Arc};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use crate::diagnostic::{Diagnostic, Place};

use super::{Content, Entry, Node, Scalar, Style};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting.
const MAX_DEPTH: usize = 64;
/// The most nodes, those that aliases repeat counted again.
const MAX_NODES: usize = 500_000;
/// The most text that aliases may repeat, in bytes.
const MAX_REPEATED_BYTES: usize = 4 << 20;

/// Reads a document; mistakes go to `diagnostics`. No tree where the text is no YAML,
/// or where nothing stands in it.
pub(crate) fn parse(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    if let Some(refusal) = refuse(text) {
        diagnostics.push(refusal);
        return None;
    }
    let mut builder = Builder {
        diagnostics,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
        repeated_bytes: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(syntax(&error)),
        };
        match step {
            Ok(()) => {}
            Err(stop) => {
                diagnostics.push(*stop);
                return None;
            }
        }
    }
    builder.root
}

/// What is refused before it is parsed.
fn refuse(text: &str) -> Option<Diagnostic> {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; a flow file has at most {} MiB",
            text.len(),
            MAX_BYTES >> 20
        );
        return Some(Diagnostic::error(Place::default(), message));
    }
    let (mut line, mut column) = (1, 1);
    for character in text.chars() {
        match character {
            '\n' => (line, column) = (line + 1, 1),
            '\t' | '\r' => column += 1,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let message = format!(
                    "the character U+{:04X} cannot stand in a YAML file",
                    u32::from(character)
                );
                return Some(
                    Diagnostic::error(Place { line, column }, message)
                        .with_hint("write it as an escape in double quotes, as `\"\\u0007\"`"),
                );
            }
            _ => column += 1,
        }
    }
    None
}

/// A mistake behind which nothing can be read. Boxed: it is rare, and large.
type Stop = Box<Diagnostic>;

fn syntax(error: &ScanError) -> Stop {
    let info = error.info();
    let diagnostic = Diagnostic::error(place(error.marker()), format!("not YAML: {info}"));
    Box::new(match hint(info) {
        Some(hint) => diagnostic.with_hint(hint),
        None => diagnostic,
    })
}

/// What most likely mends a syntax error.
fn hint(info: &str) -> Option<&'static str> {
    let hints = [
        ("tab", "indent with spaces, not with tabs"),
        (
            "mapping values are not allowed",
            "put text that has `: ` in it into quotes, or check the indentation of this line",
        ),
        (
            "simple key expect",
            "a key needs `: ` behind it; check the indentation of this line",
        ),
        (
            "could not find expected ':'",
            "a key needs `: ` behind it; check the indentation of this line",
        ),
        (
            "quoted scalar",
            "the quote is not closed, or a line of the text is not indented",
        ),
        (
            "unknown anchor",
            "write `&NAME` before the first use of `*NAME`; text that begins with `*` needs quotes",
        ),
        (
            "did not find expected key",
            "check the indentation of this line",
        ),
        ("end of stream", "a quote or bracket is not closed"),
        ("recursion limit", "brackets are nested too deep"),
        (
            "unexpected character",
            "text that begins with such a character needs quotes",
        ),
        (
            "',' or '}'",
            "a `{` is not closed; text that begins with `{{` needs quotes",
        ),
        ("',' or ']'", "a `[` is not closed"),
    ];
    let (_, hint) = hints.iter().find(|(part, _)| info.contains(part))?;
    Some(hint)
}

fn place(marker: &Marker) -> Place {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Place {
        line: number(marker.line()),
        column: number(marker.col() + 1),
    }
}

struct Builder<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, Measure)>,
    root: Option<Node>,
    nodes: usize,
    repeated_bytes: usize,
}

/// A list or mapping whose end has not come.
struct Open {
    place: Place,
    anchor: usize,
    content: OpenContent,
}

enum OpenContent {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        seen: HashMap<Arc<str>, Place>,
        key: Option<Key>,
    },
}

/// A key whose value has not come.
enum Key {
    Good(Arc<str>, Place),
    /// A mistake, which is reported: its value is dropped.
    Bad,
}

/// How much an anchored node brings where an alias repeats it.
#[derive(Clone, Copy)]
struct Measure {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Measure {
    fn of(node: &Node) -> Self {
        let around = |inner: &mut dyn Iterator<Item = Self>| {
            inner.fold(
                Self {
                    nodes: 1,
                    bytes: 0,
                    depth: 1,
                },
                |sum, part| Self {
                    nodes: sum.nodes + part.nodes,
                    bytes: sum.bytes + part.bytes,
                    depth: sum.depth.max(part.depth + 1),
                },
            )
        };
        match &node.content {
            Content::Scalar { text, .. } => Self {
                nodes: 1,
                bytes: text.len(),
                depth: 1,
            },
            Content::Sequence(items) => around(&mut items.iter().map(Self::of)),
            Content::Mapping(entries) => around(&mut entries.iter().map(|entry| {
                let value = Self::of(&entry.value);
                Self {
                    bytes: value.bytes + entry.key.len(),
                    ..value
                }
            })),
        }
    }
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let start = place(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(start);
                }
                self.count(start, 1)?;
                let node = scalar(&text, style, span);
                self.add(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.open(
                start,
                anchor,
                tag.is_some(),
                OpenContent::Sequence(Vec::new()),
            ),
            Event::MappingStart(anchor, tag) => {
                let content = OpenContent::Mapping {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    key: None,
                };
                self.open(start, anchor, tag.is_some(), content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place(&span.end)),
            Event::Alias(anchor) => self.alias(start, anchor),
            Event::DocumentStart(_) if self.root.is_some() => Err(Box::new(
                Diagnostic::error(start, "a second document begins here")
                    .with_hint("a flow file is one YAML document"),
            )),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn tag(&mut self, place: Place) {
        self.diagnostics.push(
            Diagnostic::error(place, "YAML tags cannot stand in a flow file")
                .with_hint("remove the tag; text in quotes is text"),
        );
    }

    fn count(&mut self, place: Place, nodes: usize) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} values, aliases expanded");
            return Err(Box::new(Diagnostic::error(place, message)));
        }
        Ok(())
    }

    fn deep(&self, place: Place, more: usize) -> Result<(), Stop> {
        if self.open.len() + more > MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(Box::new(Diagnostic::error(place, message)));
        }
        Ok(())
    }

    fn open(
        &mut self,
        place: Place,
        anchor: usize,
        tagged: bool,
        content: OpenContent,
    ) -> Result<(), Stop> {
        if tagged {
            self.tag(place);
        }
        self.count(place, 1)?;
        self.deep(place, 1)?;
        self.open.push(Open {
            place,
            anchor,
            content,
        });
        Ok(())
    }

    fn close(&mut self, end: Place) -> Result<(), Stop> {
        // The parser closes only what it has opened.
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = match open.content {
            OpenContent::Sequence(items) => Content::Sequence(items),
            OpenContent::Mapping { entries, .. } => Content::Mapping(entries),
        };
        let node = Node {
            place: open.place,
            end,
            content,
        };
        self.add(node, open.anchor)
    }

    fn alias(&mut self, start: Place, anchor: usize) -> Result<(), Stop> {
        let Some((node, measure)) = self.anchors.get(&anchor).cloned() else {
            let message = "this alias stands inside what it repeats";
            return Err(Box::new(Diagnostic::error(start, message)));
        };
        self.count(start, measure.nodes)?;
        self.deep(start, measure.depth)?;
        self.repeated_bytes = self.repeated_bytes.saturating_add(measure.bytes);
        if self.repeated_bytes > MAX_REPEATED_BYTES {
            let message = "aliases repeat too much text";
            return Err(Box::new(Diagnostic::error(start, message)));
        }
        self.add(node, 0)
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            let measure = Measure::of(&node);
            self.anchors.insert(anchor, (node.clone(), measure));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::Sequence(items)) => items.push(node),
            Some(OpenContent::Mapping { entries, seen, key }) => match key.take() {
                None => *key = Some(read_key(&node, seen, self.diagnostics)),
                Some(Key::Good(key, place)) => entries.push(Entry {
                    key,
                    place,
                    value: node,
                }),
                Some(Key::Bad) => {}
            },
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, span: Span) -> Node {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    let value = match style {
        Style::Plain => Scalar::resolve(text),
        Style::SingleQuoted | Style::DoubleQuoted | Style::Block => Scalar::Text,
    };
    Node {
        place: place(&span.start),
        end: place(&span.end),
        content: Content::Scalar {
            value,
            text: text.into(),
            style,
        },
    }
}

fn read_key(
    node: &Node,
    seen: &mut HashMap<Arc<str>, Place>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Key {
    let Content::Scalar { text, style, .. } = &node.content else {
        let message = format!("a key is text, not {}", node.describe());
        let hint =
            "an expression needs quotes, as `\"{{ … }}\"`: without them `{` begins a mapping";
        diagnostics.push(Diagnostic::error(node.place, message).with_hint(hint));
        return Key::Bad;
    };
    if text.as_ref() == "<<" && *style == Style::Plain {
        let message = "merge keys (`<<`) cannot stand in a flow file";
        let hint = "write the keys out, or put what tasks share under `defaults`";
        diagnostics.push(Diagnostic::error(node.place, message).with_hint(hint));
        return Key::Bad;
    }
    if let Some(first) = seen.get(text) {
        let message = format!(
            "duplicate key `{text}`: it stands already at {}:{}",
            first.line, first.column
        );
        diagnostics.push(Diagnostic::error(node.place, message).with_hint("remove one of them"));
        return Key::Bad;
    }
    seen.insert(Arc::clone(text), node.place);
    Key::Good(Arc::clone(text), node.place)
}
