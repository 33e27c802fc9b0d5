//! SQL text cut into statements, with the parameters that each uses.
//!
//! It reads only as much of the language as that needs: texts, quoted names,
//! comments, words, brackets, `;` and `:name`. Whether a statement is right is the
//! database's to say.

use std::ops::Range;

/// Whose lexical rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// SQLite's.
    Sqlite,
    /// Postgres's, with standard-conforming strings.
    Postgres,
}

/// How many leading words of a statement are kept: enough for `CREATE OR REPLACE FUNCTION`.
const LEADING_WORDS: usize = 4;

/// One statement, without its `;`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// Its text, from its first token to its last.
    pub(super) text: &'a str,
    /// Where it begins in the script, in bytes.
    pub(super) offset: usize,
    /// Its first words, in upper case, up to the first token that is none.
    words: Vec<String>,
    /// Where it uses parameters, in order.
    pub(super) parameters: Vec<Parameter<'a>>,
}

/// A `:name` in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter<'a> {
    /// The name, without its colon.
    pub(super) name: &'a str,
    /// Where it stands in the statement's text, in bytes, its colon included.
    pub(super) range: Range<usize>,
    /// It stands in `[…]`, where it may also be the bound of an array's slice.
    pub(super) in_brackets: bool,
}

/// What a statement means for transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It opens one.
    Begin,
    /// It commits one.
    Commit,
    /// It ends one in another way.
    OtherEnd,
    /// It sets something of the connection, which a transaction might not let it.
    Pragma,
    /// It only reads.
    Read,
    /// It changes rows and can do so in a transaction.
    Change,
    /// Anything else.
    Other,
}

impl Statement<'_> {
    /// What it means for transactions, as far as its first words say.
    pub(super) fn role(&self) -> Role {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Role::Begin,
            ["COMMIT" | "ROLLBACK", "PREPARED", ..]
            | ["ROLLBACK", "TO", ..]
            | ["ROLLBACK", "TRANSACTION" | "WORK", "TO", ..] => Role::Other,
            ["COMMIT" | "END", ..] => Role::Commit,
            ["ROLLBACK" | "ABORT", ..] | ["PREPARE", "TRANSACTION", ..] => Role::OtherEnd,
            ["PRAGMA", ..] => Role::Pragma,
            ["SELECT" | "VALUES" | "EXPLAIN" | "TABLE" | "SHOW", ..] => Role::Read,
            [
                "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "WITH",
                ..,
            ] => Role::Change,
            _ => Role::Other,
        }
    }
}

/// The statements of a script; empty ones are left out.
pub(super) fn split(text: &str, dialect: Dialect) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut open: Option<Open> = None;
    let mut lexer = Lexer {
        text,
        at: 0,
        dialect,
    };
    while let Some((token, range)) = lexer.next() {
        if token == Token::Semicolon && open.as_ref().is_none_or(|open| open.ends(dialect)) {
            statements.extend(open.take().map(|open| open.close(text)));
        } else {
            open.get_or_insert_with(|| Open::at(range.start))
                .take(token, range, dialect);
        }
    }
    statements.extend(open.map(|open| open.close(text)));
    statements
}

/// The line and column of a place in a text, both from 1, the column in characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |rest| rest.chars().count());
    (line, column + 1)
}

/// A statement that has begun.
struct Open<'a> {
    range: Range<usize>,
    words: Vec<String>,
    words_are_over: bool,
    parameters: Vec<Parameter<'a>>,
    parentheses: usize,
    brackets: usize,
    /// How many `BEGIN` and `CASE` of a routine's body are open.
    blocks: usize,
    /// The last two tokens were `;` and `END`.
    after_end: bool,
    after_semicolon: bool,
}

impl<'a> Open<'a> {
    fn at(offset: usize) -> Self {
        Self {
            range: offset..offset,
            words: Vec::new(),
            words_are_over: false,
            parameters: Vec::new(),
            parentheses: 0,
            brackets: 0,
            blocks: 0,
            after_end: false,
            after_semicolon: false,
        }
    }

    fn take(&mut self, token: Token<'a>, range: Range<usize>, dialect: Dialect) {
        self.range.end = range.end;
        let is_end = matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("end"));
        self.after_end = is_end && self.after_semicolon;
        self.after_semicolon = token == Token::Semicolon;
        match token {
            Token::Word(word) => {
                self.keep_word(word);
                if dialect == Dialect::Postgres {
                    self.count_block(word);
                }
                return;
            }
            Token::Open => self.parentheses += 1,
            Token::Close => self.parentheses = self.parentheses.saturating_sub(1),
            Token::OpenBracket => self.brackets += 1,
            Token::CloseBracket => self.brackets = self.brackets.saturating_sub(1),
            Token::Parameter(name) => self.parameters.push(Parameter {
                name,
                range: range.start - self.range.start..range.end - self.range.start,
                in_brackets: self.brackets > 0,
            }),
            Token::Semicolon | Token::Other => {}
        }
        self.words_are_over = true;
    }

    fn keep_word(&mut self, word: &str) {
        if !self.words_are_over && self.words.len() < LEADING_WORDS {
            self.words.push(word.to_ascii_uppercase());
        }
    }

    fn count_block(&mut self, word: &str) {
        if !self.makes_routine() {
            return;
        }
        let opens = word.eq_ignore_ascii_case("begin")
            || (self.blocks > 0 && word.eq_ignore_ascii_case("case"));
        if opens {
            self.blocks += 1;
        } else if word.eq_ignore_ascii_case("end") {
            self.blocks = self.blocks.saturating_sub(1);
        }
    }

    fn makes_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["CREATE", "FUNCTION" | "PROCEDURE", ..]
                | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", ..]
        )
    }

    fn makes_trigger(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["CREATE", "TRIGGER", ..] | ["CREATE", "TEMP" | "TEMPORARY", "TRIGGER", ..]
        )
    }

    /// Whether a `;` ends the statement here.
    fn ends(&self, dialect: Dialect) -> bool {
        match dialect {
            // SQLite's own rule: a trigger ends with `; END ;`.
            Dialect::Sqlite => !self.makes_trigger() || self.after_end,
            Dialect::Postgres => self.parentheses == 0 && self.blocks == 0,
        }
    }

    fn close(self, script: &'a str) -> Statement<'a> {
        Statement {
            text: script.get(self.range.clone()).unwrap_or_default(),
            offset: self.range.start,
            words: self.words,
            parameters: self.parameters,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Parameter(&'a str),
    Semicolon,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// Anything else: numbers, operators, texts, quoted names.
    Other,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token and where it stands; `None` at the end.
    fn next(&mut self) -> Option<(Token<'a>, Range<usize>)> {
        self.skip_blank();
        let start = self.at;
        let rest = self.rest();
        let (token, length) = self.token(rest)?;
        // A text that is never closed takes the rest; the database will say so.
        self.at = start + length.min(rest.len());
        Some((token, start..self.at))
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let length = if let Some(comment) = rest.strip_prefix("--") {
                2 + comment.find('\n').unwrap_or(comment.len())
            } else if rest.starts_with("/*") {
                comment_length(rest, self.dialect)
            } else {
                rest.len() - rest.trim_start().len()
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    fn token(&self, rest: &'a str) -> Option<(Token<'a>, usize)> {
        let first = rest.chars().next()?;
        let found = match (first, self.dialect) {
            (';', _) => (Token::Semicolon, 1),
            ('(', _) => (Token::Open, 1),
            (')', _) => (Token::Close, 1),
            ('[', Dialect::Sqlite) => (
                Token::Other,
                rest.find(']').map_or(rest.len(), |end| end + 1),
            ),
            ('[', Dialect::Postgres) => (Token::OpenBracket, 1),
            (']', _) => (Token::CloseBracket, 1),
            ('\'' | '"', _) | ('`', Dialect::Sqlite) => (Token::Other, quoted_length(rest, first)),
            ('$', Dialect::Postgres) => (Token::Other, dollar_length(rest)),
            ('$' | '@', Dialect::Sqlite) => (Token::Other, 1 + word_length(after(rest, 1))),
            (':', _) => colon(rest),
            _ if first.is_ascii_digit() => (Token::Other, number_length(rest)),
            _ if starts_word(first) => self.word(rest),
            _ => (Token::Other, first.len_utf8()),
        };
        Some(found)
    }

    fn word(&self, rest: &'a str) -> (Token<'a>, usize) {
        let length = word_length(rest);
        let word = rest.get(..length).unwrap_or(rest);
        let tail = after(rest, length);
        if self.dialect == Dialect::Postgres
            && word.eq_ignore_ascii_case("e")
            && tail.starts_with('\'')
        {
            return (Token::Other, length + escaped_length(tail));
        }
        (Token::Word(word), length)
    }
}

fn after(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

fn starts_word(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(starts_word(c) || c.is_ascii_digit() || c == '$'))
        .unwrap_or(text.len())
}

fn number_length(text: &str) -> usize {
    text.find(|c: char| !(starts_word(c) || c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len())
}

/// `::` and `:=` are operators, `:name` is a parameter.
fn colon(rest: &str) -> (Token<'_>, usize) {
    let name = after(rest, 1);
    if name.starts_with([':', '=']) {
        return (Token::Other, 2);
    }
    let length = name
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(name.len());
    match name.get(..length) {
        Some(name) if name.starts_with(|c: char| !c.is_ascii_digit()) => {
            (Token::Parameter(name), 1 + length)
        }
        _ => (Token::Other, 1),
    }
}

/// The length of a quoted text or name, in which a doubled quote stands for itself.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut inside = text.char_indices().skip(1).peekable();
    while let Some((offset, character)) = inside.next() {
        if character != quote {
            continue;
        }
        if inside.next_if(|&(_, next)| next == quote).is_none() {
            return offset + 1;
        }
    }
    text.len()
}

/// The length of the quoted part of `E'…'`, in which a backslash escapes.
fn escaped_length(text: &str) -> usize {
    let mut inside = text.char_indices().skip(1).peekable();
    while let Some((offset, character)) = inside.next() {
        match character {
            '\\' => {
                inside.next();
            }
            '\'' if inside.next_if(|&(_, next)| next == '\'').is_none() => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `$$…$$` or `$tag$…$tag$`; of the `$` alone where it opens neither.
fn dollar_length(text: &str) -> usize {
    let tail = after(text, 1);
    let name = tail
        .find(|c: char| !(starts_word(c) || c.is_ascii_digit()))
        .unwrap_or(tail.len());
    let is_tag = !tail.starts_with(|c: char| c.is_ascii_digit());
    if !is_tag || !after(tail, name).starts_with('$') {
        return 1 + name;
    }
    let length = name + 2;
    let tag = text.get(..length).unwrap_or(text);
    after(text, length)
        .find(tag)
        .map_or(text.len(), |end| length + end + length)
}

/// The length of a `/* … */`, which nests in Postgres; one that is never closed takes the rest.
fn comment_length(text: &str, dialect: Dialect) -> usize {
    let mut depth = 0_usize;
    let mut rest = text;
    while !rest.is_empty() {
        let step = if rest.starts_with("/*") && (depth == 0 || dialect == Dialect::Postgres) {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        rest = after(rest, step);
        if depth == 0 {
            break;
        }
    }
    text.len() - rest.len()
}
