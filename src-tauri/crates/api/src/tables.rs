//! The home's own tables, by the command line's verbs: variables, limits, secrets.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tidemill_flow::Name;
use tidemill_store::{Limit, SecretsFault, StoreError};
use utoipa::ToSchema;

use crate::{Error, OpenHome, schemas::AnyJson};

/// A variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    #[schema(value_type = AnyJson)]
    pub value: Json,
}

/// Every variable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Variables {
    /// The variables, by name.
    pub vars: Vec<Variable>,
}

/// How many attempts may hold a slot of a name at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitDocument {
    /// Its name.
    pub name: String,
    /// How many slots it has.
    pub slots: u32,
    /// How many of them are taken.
    pub taken: u32,
}

/// Every limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// The limits, by name.
    pub limits: Vec<LimitDocument>,
}

/// The secrets' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretNames {
    /// The names, in order.
    pub secrets: Vec<String>,
}

fn name(noun: &'static str, text: &str) -> Result<Name, Error> {
    Name::new(text).map_err(|cause| Error::Name {
        noun,
        text: text.to_owned(),
        cause,
    })
}

fn removed(was_there: bool, noun: &'static str, name: &str) -> Result<(), Error> {
    if was_there {
        Ok(())
    } else {
        Err(Error::Nothing {
            noun,
            name: name.to_owned(),
        })
    }
}

/// Sets a variable: to JSON where `text` parses as such, else to the text itself.
///
/// # Errors
/// Where the name is none, or the store cannot be written.
pub fn set_variable(home: &OpenHome, name_text: &str, text: &str) -> Result<Json, Error> {
    let value = typed(text);
    set_variable_to(home, name_text, &value)?;
    Ok(value)
}

/// Sets a variable to a value.
///
/// # Errors
/// Where the name is none, or the store cannot be written.
pub fn set_variable_to(home: &OpenHome, name_text: &str, value: &Json) -> Result<(), Error> {
    let name = name("variable", name_text)?;
    let writer = home.store().writer();
    let set = writer.set_variable(name.to_string(), value);
    set.wait_flushed()?;
    Ok(())
}

/// What a text stands for where no type is named: JSON where it parses, else text.
pub fn typed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

/// Every variable of the home.
///
/// # Errors
/// Where the store cannot be read.
pub fn list_variables(home: &OpenHome) -> Result<Variables, Error> {
    let listed = home.reader()?.variables()?;
    let variable = |(name, value)| Variable { name, value };
    Ok(Variables {
        vars: listed.into_iter().map(variable).collect(),
    })
}

/// Removes a variable.
///
/// # Errors
/// Where there is none of that name, or the store cannot be written.
pub fn remove_variable(home: &OpenHome, name: &str) -> Result<(), Error> {
    let writer = home.store().writer();
    let was_there = writer.remove_variable(name.to_owned()).wait_flushed()?;
    removed(was_there, "variable", name)
}

/// Makes a limit, or changes how many slots it has.
///
/// # Errors
/// Where the name is none, or the store cannot be written.
pub fn set_limit(home: &OpenHome, name_text: &str, slots: u32) -> Result<(), Error> {
    let name = name("limit", name_text)?;
    let writer = home.store().writer();
    writer.set_limit(name.to_string(), slots).wait_flushed()?;
    Ok(())
}

/// Every limit of the home.
///
/// # Errors
/// Where the store cannot be read.
pub fn list_limits(home: &OpenHome) -> Result<Limits, Error> {
    let document = |limit: Limit| LimitDocument {
        name: limit.name,
        slots: limit.slots,
        taken: limit.taken,
    };
    let listed = home.reader()?.limits()?;
    Ok(Limits {
        limits: listed.into_iter().map(document).collect(),
    })
}

/// Removes a limit.
///
/// # Errors
/// Where there is none of that name, or the store cannot be written.
pub fn remove_limit(home: &OpenHome, name: &str) -> Result<(), Error> {
    let writer = home.store().writer();
    let was_there = writer.remove_limit(name.to_owned()).wait_flushed()?;
    removed(was_there, "limit", name)
}

/// Keeps a secret.
///
/// # Errors
/// Where the name is none, the value is too short to be masked, or the secrets
/// cannot be opened.
pub fn set_secret(home: &OpenHome, name_text: &str, value: &str) -> Result<(), Error> {
    let name = name("secret", name_text)?;
    let kept = home.store().secrets().set(name.as_str(), value);
    kept.map_err(|error| match error {
        // The value is at fault, not the sealed file.
        StoreError::Secrets {
            cause: cause @ SecretsFault::TooShort,
            ..
        } => Error::Refused(format!("secret `{name}`: {cause}")),
        other => other.into(),
    })
}

/// The names of the secrets; their values are never told.
///
/// # Errors
/// Where the secrets cannot be opened.
pub fn list_secrets(home: &OpenHome) -> Result<SecretNames, Error> {
    let secrets = home.store().secrets().names()?;
    Ok(SecretNames { secrets })
}

/// Forgets a secret.
///
/// # Errors
/// Where there is none of that name, or the secrets cannot be opened.
pub fn remove_secret(home: &OpenHome, name: &str) -> Result<(), Error> {
    let was_there = home.store().secrets().remove(name)?;
    removed(was_there, "secret", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, OpenHome) {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = crate::Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        (folder, home)
    }

    #[test]
    fn variables_are_json_where_they_parse() {
        let (_folder, home) = home();
        for (text, value) in [
            ("20", serde_json::json!(20)),
            ("\"1.10\"", serde_json::json!("1.10")),
            ("plain text", serde_json::json!("plain text")),
            ("[1, 2]", serde_json::json!([1, 2])),
            ("", serde_json::json!("")),
        ] {
            assert_eq!(set_variable(&home, "NAME", text).unwrap(), value);
        }
        assert_eq!(list_variables(&home).unwrap().vars.len(), 1);
        remove_variable(&home, "NAME").unwrap();
        assert!(matches!(
            remove_variable(&home, "NAME"),
            Err(Error::Nothing { .. })
        ));
        assert!(matches!(
            set_variable(&home, "no-name", "1"),
            Err(Error::Name { .. })
        ));
    }

    #[test]
    fn secrets_are_named_and_never_shown() {
        let (_folder, home) = home();
        set_secret(&home, "TOKEN", "s3cret value").unwrap();
        assert_eq!(list_secrets(&home).unwrap().secrets, ["TOKEN"]);
        assert!(set_secret(&home, "TOKEN", "abc").is_err());
        remove_secret(&home, "TOKEN").unwrap();
        assert!(matches!(
            remove_secret(&home, "TOKEN"),
            Err(Error::Nothing { .. })
        ));
    }

    #[test]
    fn limits_are_set_listed_and_removed() {
        let (_folder, home) = home();
        set_limit(&home, "database", 4).unwrap();
        set_limit(&home, "database", 2).unwrap();
        let limits = list_limits(&home).unwrap().limits;
        assert_eq!((limits.len(), limits[0].slots, limits[0].taken), (1, 2, 0));
        remove_limit(&home, "database").unwrap();
        assert!(matches!(
            remove_limit(&home, "database"),
            Err(Error::Nothing { .. })
        ));
    }
}
