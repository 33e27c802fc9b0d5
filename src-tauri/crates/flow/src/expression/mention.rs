//! What stands in an expression by name, read off its text: paths into the
//! scope, filters and tests, each with its place. The text is one that compiles.

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// What it names.
    pub(crate) kind: MentionKind,
    /// The name; of a path into the scope also its attributes, as far as they are fixed.
    pub(crate) path: Vec<String>,
    /// Where each part of the path begins, in bytes from the expression's start.
    pub(crate) offsets: Vec<usize>,
    /// Whether a subscript that is no text follows: which attribute it reads is
    /// known only when it is evaluated.
    pub(crate) dynamic: bool,
}

impl Mention {
    /// Whether it names a function of the engine.
    pub(crate) fn is_function(&self) -> bool {
        let root = self.path.first().map_or("", String::as_str);
        self.kind == MentionKind::Read
            && super::FUNCTIONS
                .iter()
                .any(|function| function.name == root)
    }
}

/// What a name in an expression names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MentionKind {
    /// Something of the scope, or a function.
    Read,
    /// A filter: `| name`.
    Filter,
    /// A test: `is name`.
    Test,
}

/// Words that are no names.
const KEYWORDS: [&str; 12] = [
    "and", "or", "not", "in", "if", "else", "true", "false", "none", "True", "False", "None",
];

#[derive(Clone, Debug, PartialEq)]
enum Token<'s> {
    Word(&'s str),
    Text(String),
    Number,
    Symbol(char),
}

/// Every name of the expression, in order.
pub(crate) fn mentions(source: &str) -> Vec<Mention> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut rest = tokens.as_slice();
    let mut before: Option<&Token<'_>> = None;
    while let [(offset, token), after @ ..] = rest {
        rest = after;
        if let Token::Word(word) = token {
            // A word where a name must stand is not the keyword that it spells.
            let named = match before {
                Some(Token::Symbol('.')) => true,
                Some(Token::Symbol('|')) => {
                    found.push(single(MentionKind::Filter, word, *offset));
                    true
                }
                Some(Token::Word("is")) if *word == "not" => continue,
                Some(Token::Word("is")) => {
                    found.push(single(MentionKind::Test, word, *offset));
                    true
                }
                _ => false,
            };
            let keyword = *word == "is" || KEYWORDS.contains(word) || is_keyword_argument(after);
            if !named && !keyword {
                let (mention, left) = path(word, *offset, after);
                found.push(mention);
                rest = left;
            }
            if named || !keyword {
                before = None;
                continue;
            }
        }
        before = Some(token);
    }
    found
}

fn single(kind: MentionKind, word: &str, offset: usize) -> Mention {
    Mention {
        kind,
        path: vec![word.to_owned()],
        offsets: vec![offset],
        dynamic: false,
    }
}

/// `name=` in a call, but not `name ==`.
fn is_keyword_argument(after: &[(usize, Token<'_>)]) -> bool {
    match after {
        [(_, Token::Symbol('=')), (_, Token::Symbol('=')), ..] => false,
        [(_, Token::Symbol('=')), ..] => true,
        _ => false,
    }
}

/// A path from its first name on, and what is left behind it.
fn path<'t, 's>(
    word: &str,
    offset: usize,
    mut rest: &'t [(usize, Token<'s>)],
) -> (Mention, &'t [(usize, Token<'s>)]) {
    let mut mention = single(MentionKind::Read, word, offset);
    loop {
        match rest {
            [
                (_, Token::Symbol('.')),
                (offset, Token::Word(name)),
                after @ ..,
            ] => {
                mention.path.push((*name).to_owned());
                mention.offsets.push(*offset);
                rest = after;
            }
            [
                (_, Token::Symbol('[')),
                (offset, Token::Text(name)),
                (_, Token::Symbol(']')),
                after @ ..,
            ] => {
                mention.path.push(name.clone());
                mention.offsets.push(*offset);
                rest = after;
            }
            [(_, Token::Symbol('[')), ..] => {
                mention.dynamic = true;
                return (mention, rest);
            }
            // A call of an attribute is a method of the value, not a part of it.
            [(_, Token::Symbol('(')), ..] if mention.path.len() > 1 => {
                mention.path.pop();
                mention.offsets.pop();
                return (mention, rest);
            }
            _ => return (mention, rest),
        }
    }
}

fn tokens(source: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    let mut characters = source.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        let mut take = |belongs: &dyn Fn(char) -> bool| {
            let mut end = start + character.len_utf8();
            while let Some((at, next)) = characters.next_if(|&(_, next)| belongs(next)) {
                end = at + next.len_utf8();
            }
            source.get(start..end).unwrap_or_default()
        };
        let token = match character {
            _ if character.is_whitespace() => continue,
            '"' | '\'' => Token::Text(quoted(character, &mut characters)),
            '0'..='9' => {
                take(&|next| next.is_ascii_alphanumeric() || next == '_');
                Token::Number
            }
            _ if character.is_alphabetic() || character == '_' => {
                Token::Word(take(&|next| next.is_alphanumeric() || next == '_'))
            }
            symbol => Token::Symbol(symbol),
        };
        tokens.push((start, token));
    }
    tokens
}

/// The text up to the closing quote; escapes count as the character behind them.
fn quoted(quote: char, characters: &mut impl Iterator<Item = (usize, char)>) -> String {
    let mut text = String::new();
    while let Some((_, character)) = characters.next() {
        match character {
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ if character == quote => break,
            _ => text.push(character),
        }
    }
    text
}
