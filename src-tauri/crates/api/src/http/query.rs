//! What stands behind the question mark, as a type: a name may be repeated where a
//! list is meant, and a name that is not known is refused.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{
    Deserializer,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::problem::Problem;

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default())
            .map(Self)
            .map_err(|error| Problem::bad_request(format!("the query does not fit: {error}")))
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    let mut named: Vec<(String, Values)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.into_owned();
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.0.push(value),
            None => named.push((name.into_owned(), Values(vec![value]))),
        }
    }
    T::deserialize(MapDeserializer::new(named.into_iter()))
}

/// What a name was given: several where a list is meant.
struct Values(Vec<String>);

impl Values {
    fn one(self) -> Result<String, Error> {
        let mut values = self.0;
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(Error::custom("a name is given more than once")),
        }
    }

    fn number<N: std::str::FromStr>(self) -> Result<N, Error> {
        let value = self.one()?;
        value
            .parse()
            .map_err(|_| Error::custom(format!("`{value}` is no number that fits")))
    }
}

impl IntoDeserializer<'_> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // `?name=` is a name without a value.
        match self.0.as_slice() {
            [only] if only.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.one()?.as_str() {
            "" | "true" | "1" => visitor.visit_bool(true),
            "false" | "0" => visitor.visit_bool(false),
            other => Err(Error::custom(format!(
                "`{other}` is neither true nor false"
            ))),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u32(self.number()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.one()?.into_deserializer())
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Asked {
        state: Vec<String>,
        limit: Option<NonZeroU32>,
        cursor: Option<u64>,
        top: bool,
        flow: Option<String>,
        sort: crate::ListSort,
    }

    #[test]
    fn names_are_repeated_where_a_list_is_meant() {
        let asked: Asked =
            read("state=failed&limit=5&state=Crashed&top=true&sort=longest").unwrap();
        let expected = Asked {
            state: vec!["failed".to_owned(), "Crashed".to_owned()],
            limit: NonZeroU32::new(5),
            top: true,
            sort: crate::ListSort::Longest,
            ..Asked::default()
        };
        assert_eq!(asked, expected);
        assert_eq!(read::<Asked>("").unwrap(), Asked::default());
        assert_eq!(read::<Asked>("flow=&cursor=7").unwrap().cursor, Some(7));
        for wrong in [
            "limit=0",
            "limit=x",
            "limit=1&limit=2",
            "stat=failed",
            "top=maybe",
            "sort=oldes",
        ] {
            assert!(read::<Asked>(wrong).is_err(), "{wrong}");
        }
    }
}
