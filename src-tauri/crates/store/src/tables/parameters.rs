//! Whether a run's parameters are those that a list asks for. A list may look at every
//! run there is, so of the parameters of each only what is asked for is read.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use tidemill_flow::Value;
use tidemill_orchestrate::RunId;

use crate::{
    StoreError,
    codec::{Decoder, Written, Wrong, from_json},
    tables::{result::Results, run},
};

/// Parameters and the values that they are to have.
pub(crate) struct WantedParameters<'a>(Vec<Wanted<'a>>);

struct Wanted<'a> {
    name: &'a str,
    /// The value as the command line takes it.
    text: &'a str,
    /// The text as a JSON string.
    quoted: String,
    /// What the text says, where it is JSON.
    json: Option<Value>,
}

impl<'a> WantedParameters<'a> {
    /// Those of a filter: each name with its value, a text as it stands or JSON.
    pub(crate) fn new(parameters: &'a [(String, String)]) -> Self {
        let wanted = parameters.iter().map(|(name, text)| Wanted {
            name,
            text,
            quoted: serde_json::to_string(text).unwrap_or_default(),
            json: serde_json::from_str(text).ok(),
        });
        Self(wanted.collect())
    }

    /// Whether none is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the parameters of a run, as they are stored, have all these values.
    pub(crate) fn fit(
        &self,
        id: RunId,
        bytes: &[u8],
        results: &Results,
    ) -> Result<bool, StoreError> {
        let malformed = |cause: Wrong| run::malformed(id, cause);
        match Decoder::new(bytes).value().map_err(malformed)? {
            Written::Here(json) => self.fit_json(json).map_err(malformed),
            Written::File(hash) => Ok(self.fit_value(&results.read(&hash)?)),
        }
    }

    fn fit_json(&self, json: &[u8]) -> Result<bool, Wrong> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        reader.disable_recursion_limit();
        let all = reader.deserialize_any(Asked(&self.0));
        all.map_err(|_| "its JSON cannot be read")
    }

    fn fit_value(&self, parameters: &Value) -> bool {
        self.0.iter().all(|wanted| {
            let given = parameters.get_attr(wanted.name);
            given.is_ok_and(|given| {
                !given.is_undefined()
                    && (given.as_str() == Some(wanted.text) || wanted.json.as_ref() == Some(&given))
            })
        })
    }
}

impl Wanted<'_> {
    fn fits(&self, given: &str) -> bool {
        if given == self.text || given == self.quoted {
            return true;
        }
        // One value has several spellings: 1.0 and 1, or the blanks in a list.
        let Some(json) = &self.json else { return false };
        from_json(given.as_bytes()).is_ok_and(|given| given == *json)
    }
}

/// Reads a mapping, or null for none, and whether it has what is asked for.
struct Asked<'a>(&'a [Wanted<'a>]);

impl<'de> Visitor<'de> for Asked<'_> {
    type Value = bool;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("parameters by name")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(self.0.is_empty())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parameters: A) -> Result<bool, A::Error> {
        let mut found = 0;
        while let Some(name) = parameters.next_key::<String>()? {
            let mut wanted = self
                .0
                .iter()
                .filter(|wanted| wanted.name == name)
                .peekable();
            if wanted.peek().is_none() {
                parameters.next_value::<IgnoredAny>()?;
                continue;
            }
            let given = parameters.next_value::<&RawValue>()?.get();
            found += wanted.filter(|wanted| wanted.fits(given)).count();
        }
        Ok(found == self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(parameters: &str, wanted: &[(&str, &str)]) -> bool {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let wanted = WantedParameters::new(&wanted);
        let quick = wanted.fit_json(parameters.as_bytes()).unwrap();
        let whole = wanted.fit_value(&from_json(parameters.as_bytes()).unwrap());
        assert_eq!(quick, whole, "{parameters}");
        quick
    }

    #[test]
    fn a_value_is_a_text_as_it_stands_or_json() {
        let parameters =
            r#"{"n":77,"x":1.0,"s":"77","list":[1,{"a":null}],"q":"say \"é\n\"","b":true}"#;
        for (name, text) in [
            ("n", "77"),
            ("n", "77.0"),
            ("x", "1"),
            ("s", "77"),
            ("s", "\"77\""),
            ("list", "[1, {\"a\": null}]"),
            ("q", "say \"é\n\""),
            ("b", "true"),
        ] {
            assert!(fits(parameters, &[(name, text)]), "{name} {text}");
        }
        for (name, text) in [
            ("n", "7"),
            ("n", "\"77\""),
            ("s", "7"),
            ("list", "[1]"),
            ("a", "null"),
            ("b", "True"),
            ("", ""),
        ] {
            assert!(!fits(parameters, &[(name, text)]), "{name} {text}");
        }
    }

    #[test]
    fn all_that_is_asked_for_must_be_so() {
        let parameters = r#"{"a":1,"b":2}"#;
        assert!(fits(parameters, &[("b", "2"), ("a", "1")]));
        assert!(fits(parameters, &[("a", "1"), ("a", "1")]));
        assert!(!fits(parameters, &[("a", "1"), ("b", "1")]));
        assert!(!fits(parameters, &[("a", "1"), ("c", "1")]));
    }

    #[test]
    fn a_run_without_parameters_has_none() {
        assert!(!fits("null", &[("a", "1")]));
        assert!(!fits("{}", &[("a", "null")]));
    }
}
