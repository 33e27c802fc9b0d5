//! How details and values are written: a tag, then numbers of variable length,
//! then JSON. Whoever changes it makes a new tag: what is written stays readable.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use tidemill_flow::Value;
use tidemill_orchestrate::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, TaskRunNumber, Transition,
};

use crate::{
    StoreError,
    tables::result::{ResultHash, Results},
};

/// The longest JSON that lies in the database; longer ones are files.
pub(crate) const INLINE: usize = 32 * 1024;

const CREATED: u8 = 1;
const ATTEMPT: u8 = 2;
const EXPANDED: u8 = 3;
const DUE: u8 = 4;
const OUTPUT: u8 = 5;
const FAILURE: u8 = 6;
const RETRY: u8 = 7;
const RESTARTED: u8 = 8;

const VALUE_HERE: u8 = 0;
const VALUE_FILE: u8 = 1;

/// Why bytes are no record.
pub(crate) type Wrong = &'static str;

/// What is written into: bytes, and the files that they name.
pub(crate) struct Encoder<'a> {
    pub(crate) bytes: &'a mut Vec<u8>,
    pub(crate) results: &'a Results,
    pub(crate) files: &'a mut Vec<ResultHash>,
}

impl Encoder<'_> {
    /// Writes a transition's detail; nothing where there is none. Large values
    /// become files, flushed.
    pub(crate) fn detail(&mut self, transition: &Transition) -> Result<(), StoreError> {
        let message = transition.message.as_deref();
        match &transition.detail {
            Detail::None => {}
            Detail::Created(creation) => self.creation(creation),
            Detail::Attempt(attempt) => {
                self.bytes.push(ATTEMPT);
                self.number(u128::from(*attempt));
            }
            Detail::Expanded(expansion) => {
                self.bytes.push(EXPANDED);
                self.number(u128::from(expansion.first.get()));
                self.number(u128::from(expansion.count));
                self.value(&expansion.items)?;
            }
            Detail::Due(time) => {
                self.bytes.push(DUE);
                self.time(*time);
            }
            Detail::Output(Output(value)) => {
                self.bytes.push(OUTPUT);
                self.value(value)?;
            }
            Detail::Failure(failure) => {
                self.bytes.push(FAILURE);
                self.failure(failure, message);
            }
            Detail::Retry(failure, time) => {
                self.bytes.push(RETRY);
                self.failure(failure, message);
                self.time(*time);
            }
            Detail::Restarted { from_failed } => {
                self.bytes.push(RESTARTED);
                self.bytes.push(u8::from(*from_failed));
            }
        }
        Ok(())
    }

    /// Writes a value as JSON, or as the name of a file that holds it. What JSON
    /// cannot say becomes null.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), StoreError> {
        let start = self.bytes.len();
        self.bytes.push(VALUE_HERE);
        if serde_json::to_writer(&mut *self.bytes, value).is_err() {
            // A mapping with a key that is no text: that is no JSON.
            self.bytes.truncate(start + 1);
            self.bytes.extend_from_slice(b"null");
        }
        let json = self.bytes.get(start + 1..).unwrap_or_default();
        if json.len() > INLINE {
            let (hash, size) = (self.results.keep(json)?, json.len());
            self.bytes.truncate(start);
            self.bytes.push(VALUE_FILE);
            self.bytes.extend_from_slice(hash.as_bytes());
            self.number(size as u128);
            self.files.push(hash);
        }
        Ok(())
    }

    fn creation(&mut self, creation: &Creation) {
        self.bytes.push(CREATED);
        self.number(u128::from(creation.task));
        self.number(creation.parent.map_or(0, |parent| u128::from(parent.get())));
        self.number(creation.item.map_or(0, |item| u128::from(item) + 1));
        self.number(u128::from(creation.turn));
    }

    fn failure(&mut self, failure: &Failure, message: Option<&str>) {
        let own_message = message != Some(failure.message.as_str());
        self.bytes.push(kind_code(failure.kind));
        let flags = u8::from(own_message)
            | u8::from(failure.exit_code.is_some()) << 1
            | u8::from(failure.status.is_some()) << 2;
        self.bytes.push(flags);
        if own_message {
            self.number(failure.message.len() as u128);
            self.bytes.extend_from_slice(failure.message.as_bytes());
        }
        if let Some(code) = failure.exit_code {
            self.signed(i128::from(code));
        }
        if let Some(status) = failure.status {
            self.number(u128::from(status));
        }
    }

    fn time(&mut self, time: Timestamp) {
        self.signed(time.as_nanosecond());
    }

    fn signed(&mut self, number: i128) {
        // Zigzag: small numbers of either sign are short.
        self.number(((number << 1) ^ (number >> 127)).cast_unsigned());
    }

    fn number(&mut self, mut number: u128) {
        loop {
            let low = u8::try_from(number & 0x7f).unwrap_or_default();
            number >>= 7;
            if number == 0 {
                self.bytes.push(low);
                return;
            }
            self.bytes.push(low | 0x80);
        }
    }
}

/// A value as it lies in a record.
pub(crate) enum Written<'a> {
    /// As JSON.
    Here(&'a [u8]),
    /// In a file.
    File(ResultHash),
}

impl Written<'_> {
    /// The value, read from its file where it is one.
    pub(crate) fn read(&self, results: &Results) -> Result<Value, StoreError> {
        match self {
            Self::Here(json) => from_json(json).map_err(|cause| StoreError::Malformed {
                place: "a stored value".to_owned(),
                cause: cause.to_owned(),
            }),
            Self::File(hash) => results.read(hash),
        }
    }
}

/// Reads JSON, nested as deep as it was written.
pub(crate) fn from_json(json: &[u8]) -> Result<Value, Wrong> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    reader.disable_recursion_limit();
    Value::deserialize(&mut reader).map_err(|_| "its JSON cannot be read")
}

/// A detail whose values are not read yet.
pub(crate) enum WrittenDetail<'a> {
    /// It holds no value.
    Whole(Detail),
    /// A result.
    Output(Written<'a>),
    /// What a mapped task opened into: the first item's number, how many, and they.
    Expanded(TaskRunNumber, u32, Written<'a>),
}

impl WrittenDetail<'_> {
    /// The detail, its values read from their files.
    pub(crate) fn read(self, results: &Results) -> Result<Detail, StoreError> {
        Ok(match self {
            Self::Whole(detail) => detail,
            Self::Output(value) => Detail::Output(Output(value.read(results)?)),
            Self::Expanded(first, count, items) => Detail::Expanded(Expansion {
                first,
                count,
                items: items.read(results)?,
            }),
        })
    }
}

/// Reads records.
pub(crate) struct Decoder<'a> {
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The detail of a transition with this message.
    pub(crate) fn detail(
        &mut self,
        message: Option<&Arc<str>>,
    ) -> Result<WrittenDetail<'a>, Wrong> {
        if self.bytes.is_empty() {
            return Ok(WrittenDetail::Whole(Detail::None));
        }
        Ok(WrittenDetail::Whole(match self.byte()? {
            CREATED => Detail::Created(self.creation()?),
            ATTEMPT => Detail::Attempt(self.small()?),
            EXPANDED => {
                let first = TaskRunNumber::new(self.small()?).ok_or("a number is zero")?;
                return Ok(WrittenDetail::Expanded(first, self.small()?, self.value()?));
            }
            DUE => Detail::Due(self.time()?),
            OUTPUT => return Ok(WrittenDetail::Output(self.value()?)),
            FAILURE => Detail::Failure(self.failure(message)?),
            RETRY => Detail::Retry(self.failure(message)?, self.time()?),
            RESTARTED => Detail::Restarted {
                from_failed: self.byte()? != 0,
            },
            _ => return Err("its tag is unknown"),
        }))
    }

    /// A value, which is the rest of the record.
    pub(crate) fn value(&mut self) -> Result<Written<'a>, Wrong> {
        match self.byte()? {
            VALUE_HERE => Ok(Written::Here(std::mem::take(&mut self.bytes))),
            VALUE_FILE => {
                let (hash, rest) = self.bytes.split_first_chunk().ok_or("it is cut short")?;
                self.bytes = rest;
                Ok(Written::File(ResultHash::from_bytes(*hash)))
            }
            _ => Err("its value's tag is unknown"),
        }
    }

    fn creation(&mut self) -> Result<Creation, Wrong> {
        Ok(Creation {
            task: self.small()?,
            parent: TaskRunNumber::new(self.small()?),
            item: match self.number()?.checked_sub(1) {
                Some(item) => Some(u32::try_from(item).map_err(|_| "a number is too large")?),
                None => None,
            },
            turn: self.small()?,
        })
    }

    fn failure(&mut self, message: Option<&Arc<str>>) -> Result<Failure, Wrong> {
        let kind = kind_from_code(self.byte()?).ok_or("its kind of failure is unknown")?;
        let flags = self.byte()?;
        let message = if flags & 1 == 0 {
            message.ok_or("its message is missing")?.as_ref().to_owned()
        } else {
            let length = usize::try_from(self.number()?).map_err(|_| "a number is too large")?;
            let (text, rest) = self
                .bytes
                .split_at_checked(length)
                .ok_or("it is cut short")?;
            self.bytes = rest;
            String::from_utf8(text.to_vec()).map_err(|_| "its message is not UTF-8")?
        };
        let exit_code = (flags & 2 != 0).then(|| self.signed()).transpose()?;
        let status = (flags & 4 != 0).then(|| self.number()).transpose()?;
        Ok(Failure {
            kind,
            message,
            exit_code: exit_code
                .map(i32::try_from)
                .transpose()
                .map_err(|_| "a number is too large")?,
            status: status
                .map(u16::try_from)
                .transpose()
                .map_err(|_| "a number is too large")?,
        })
    }

    fn time(&mut self) -> Result<Timestamp, Wrong> {
        Timestamp::from_nanosecond(self.signed()?).map_err(|_| "a time is out of range")
    }

    fn signed(&mut self) -> Result<i128, Wrong> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    fn small(&mut self) -> Result<u32, Wrong> {
        u32::try_from(self.number()?).map_err(|_| "a number is too large")
    }

    fn number(&mut self) -> Result<u128, Wrong> {
        let mut number = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number is too long")
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        let (&byte, rest) = self.bytes.split_first().ok_or("it is cut short")?;
        self.bytes = rest;
        Ok(byte)
    }
}

fn kind_code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Exit => 1,
        FailureKind::Timeout => 2,
        FailureKind::Exception => 3,
        FailureKind::Http => 4,
        FailureKind::Sql => 5,
        FailureKind::Output => 6,
        FailureKind::Crashed => 7,
        FailureKind::Expression => 8,
        FailureKind::Rejected => 9,
        FailureKind::Subflow => 10,
        FailureKind::Start => 11,
        FailureKind::Tasks => 12,
        FailureKind::Repeat => 13,
    }
}

fn kind_from_code(code: u8) -> Option<FailureKind> {
    Some(match code {
        1 => FailureKind::Exit,
        2 => FailureKind::Timeout,
        3 => FailureKind::Exception,
        4 => FailureKind::Http,
        5 => FailureKind::Sql,
        6 => FailureKind::Output,
        7 => FailureKind::Crashed,
        8 => FailureKind::Expression,
        9 => FailureKind::Rejected,
        10 => FailureKind::Subflow,
        11 => FailureKind::Start,
        12 => FailureKind::Tasks,
        13 => FailureKind::Repeat,
        _ => return None,
    })
}
