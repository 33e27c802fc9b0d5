//! A column's value, from the server's binary form to one that JSON can say.

use std::{
    error::Error,
    net::{Ipv4Addr, Ipv6Addr},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tidemill_flow::Value;
use tokio_postgres::types::{FromSql, Kind, Type};
use uuid::Uuid;

use super::{numeric, time};

/// Arrays and composite types in one another may go so deep.
const DEEPEST: usize = 32;

/// A value as it came.
pub(super) struct Raw<'a>(&'a [u8]);

impl<'a> Raw<'a> {
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether values of this type can be read; if not, what to do.
pub(super) fn check(kind: &Type) -> Result<(), String> {
    let unknown = || {
        Err(format!(
            "values of the type `{}` cannot be read; cast it in the statement, as with `::text`",
            kind.name()
        ))
    };
    match kind.kind() {
        Kind::Array(member) | Kind::Domain(member) => check(member),
        Kind::Composite(fields) => fields.iter().try_for_each(|field| check(field.type_())),
        Kind::Enum(_) => Ok(()),
        Kind::Simple | Kind::Pseudo if reader(kind).is_some() => Ok(()),
        _ => unknown(),
    }
}

/// A value of a type from its binary form; an error says why JSON cannot say it.
pub(super) fn value(kind: &Type, bytes: &[u8]) -> Result<Value, String> {
    nested(kind, bytes, DEEPEST)
}

fn nested(kind: &Type, bytes: &[u8], depth: usize) -> Result<Value, String> {
    let depth = depth.checked_sub(1).ok_or("it is nested too deep")?;
    match kind.kind() {
        Kind::Array(member) => array(member, bytes, depth),
        Kind::Domain(base) => nested(base, bytes, depth),
        Kind::Composite(fields) => {
            let mut reader = Reader(bytes);
            reader.integer()?;
            let values = fields.iter().map(|field| {
                reader.integer()?;
                let value = reader.element(field.type_(), depth)?;
                Ok((field.name().to_owned(), value))
            });
            Ok(Value::from_pairs(
                values.collect::<Result<Vec<_>, String>>()?,
            ))
        }
        Kind::Enum(_) => text(bytes),
        _ => match reader(kind) {
            Some(read) => read(bytes),
            None => check(kind).map(|()| Value::from(())),
        },
    }
}

type Read = fn(&[u8]) -> Result<Value, String>;

/// How a type without parts is read.
fn reader(kind: &Type) -> Option<Read> {
    Some(match *kind {
        Type::BOOL => |bytes| Ok(Value::from(exact::<1>(bytes)? != [0])),
        Type::INT2 => |bytes| Ok(Value::from(i16::from_be_bytes(exact(bytes)?))),
        Type::INT4 => |bytes| Ok(Value::from(i32::from_be_bytes(exact(bytes)?))),
        Type::INT8 => |bytes| Ok(Value::from(i64::from_be_bytes(exact(bytes)?))),
        Type::OID => |bytes| Ok(Value::from(u32::from_be_bytes(exact(bytes)?))),
        Type::FLOAT4 => float4,
        Type::FLOAT8 => float8,
        Type::NUMERIC => numeric::value,
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::CHAR
        | Type::XML
        | Type::UNKNOWN => text,
        Type::JSON => json,
        Type::JSONB => |bytes| json(bytes.get(1..).unwrap_or_default()),
        Type::BYTEA => |bytes| Ok(Value::from(STANDARD.encode(bytes))),
        Type::UUID => |bytes| Ok(Value::from(Uuid::from_bytes(exact(bytes)?).to_string())),
        Type::TIMESTAMPTZ => time::timestamp_with_zone,
        Type::TIMESTAMP => time::timestamp,
        Type::DATE => time::date,
        Type::TIME => time::time,
        Type::TIMETZ => time::time_with_zone,
        Type::INTERVAL => time::interval,
        Type::INET | Type::CIDR => network,
        Type::MACADDR | Type::MACADDR8 => hardware_address,
        Type::BIT | Type::VARBIT => bits,
        Type::VOID => |_| Ok(Value::from(())),
        _ if kind.name() == "citext" => text,
        _ => return None,
    })
}

/// Bytes of a number's length.
pub(super) fn exact<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], String> {
    bytes
        .try_into()
        .map_err(|_| format!("the server sent {} bytes, not {LENGTH}", bytes.len()))
}

fn text(bytes: &[u8]) -> Result<Value, String> {
    Ok(Value::from(String::from_utf8_lossy(bytes).as_ref()))
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("its JSON cannot be read: {error}"))
}

fn float4(bytes: &[u8]) -> Result<Value, String> {
    let number = f32::from_be_bytes(exact(bytes)?);
    // By its shortest text, so that 0.1 stays 0.1.
    let number = number.to_string().parse().unwrap_or(f64::from(number));
    finite(number)
}

fn float8(bytes: &[u8]) -> Result<Value, String> {
    finite(f64::from_be_bytes(exact(bytes)?))
}

fn finite(number: f64) -> Result<Value, String> {
    if number.is_finite() {
        return Ok(Value::from(number));
    }
    Err(format!("{number} is no number that JSON can say"))
}

fn network(bytes: &[u8]) -> Result<Value, String> {
    let short = || "the server sent a network address that is too short".to_owned();
    let (head, address) = bytes.split_at_checked(4).ok_or_else(short)?;
    let [_, prefix, is_network, _] = exact(head)?;
    let (text, whole) = match address.len() {
        4 => (Ipv4Addr::from(exact::<4>(address)?).to_string(), 32),
        _ => (Ipv6Addr::from(exact::<16>(address)?).to_string(), 128),
    };
    if prefix == whole && is_network == 0 {
        return Ok(Value::from(text));
    }
    Ok(Value::from(format!("{text}/{prefix}")))
}

fn hardware_address(bytes: &[u8]) -> Result<Value, String> {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Value::from(pairs.join(":")))
}

fn bits(bytes: &[u8]) -> Result<Value, String> {
    let mut reader = Reader(bytes);
    let length = usize::try_from(reader.integer()?).unwrap_or(0);
    let all: String = reader.0.iter().map(|byte| format!("{byte:08b}")).collect();
    Ok(Value::from(all.get(..length).unwrap_or(&all)))
}

/// An array of any dimensions as lists in lists.
fn array(member: &Type, bytes: &[u8], depth: usize) -> Result<Value, String> {
    let mut reader = Reader(bytes);
    let dimensions = reader.integer()?;
    reader.integer()?;
    reader.integer()?;
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(usize::try_from(reader.integer()?).unwrap_or(0));
        reader.integer()?;
    }
    if lengths.is_empty() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    lists(&mut reader, &lengths, member, depth)
}

fn lists(
    reader: &mut Reader<'_>,
    lengths: &[usize],
    member: &Type,
    depth: usize,
) -> Result<Value, String> {
    let Some((length, inner)) = lengths.split_first() else {
        return reader.element(member, depth);
    };
    let items = (0..*length).map(|_| lists(reader, inner, member, depth));
    Ok(Value::from(items.collect::<Result<Vec<_>, String>>()?))
}

/// What is left of a binary form.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or("the server sent a value that is too short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn integer(&mut self) -> Result<i32, String> {
        Ok(i32::from_be_bytes(exact(self.take(4)?)?))
    }

    /// A value with its length before it, which is negative for NULL.
    fn element(&mut self, kind: &Type, depth: usize) -> Result<Value, String> {
        match usize::try_from(self.integer()?) {
            Ok(length) => nested(kind, self.take(length)?, depth),
            Err(_) => Ok(Value::from(())),
        }
    }
}
