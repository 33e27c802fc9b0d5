//! Settings of the home: which there are, what each may be, what each is.

use serde::Serialize;
use serde_json::Value as Json;
use tidemill_engine::PARALLELISM_SETTING;

use crate::{Error, OpenHome, workspace::nearest};

/// A setting that something reads.
#[derive(Clone, Copy, Debug)]
struct Setting {
    key: &'static str,
    about: &'static str,
    default: &'static str,
    /// The value that a text stands for, or what it must be.
    parse: fn(&str) -> Result<Json, &'static str>,
}

/// Every setting there is.
const SETTINGS: &[Setting] = &[Setting {
    key: PARALLELISM_SETTING,
    about: "how many tasks with code (shell, python, http, sql) run at once in a process",
    default: "the number of cores, at least 4",
    parse: positive,
}];

fn positive(text: &str) -> Result<Json, &'static str> {
    match text.parse::<u32>() {
        Ok(number) if (1..=4096).contains(&number) => Ok(Json::from(number)),
        _ => Err("a whole number from 1 to 4096"),
    }
}

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingDocument {
    /// Its key.
    pub key: &'static str,
    /// Its value; null where the default holds.
    pub value: Json,
    /// The default, in words.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// Every setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// The settings, by key.
    pub settings: Vec<SettingDocument>,
}

/// Every setting with its value; all defaults where there is no home.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(home: Option<&OpenHome>) -> Result<Settings, Error> {
    let set = match home {
        Some(home) => home.reader()?.settings()?,
        None => Vec::new(),
    };
    let value = |key: &str| {
        let found = set.iter().find(|(known, _)| known == key);
        found.map_or(Json::Null, |(_, value)| value.clone())
    };
    let document = |setting: &Setting| SettingDocument {
        key: setting.key,
        value: value(setting.key),
        default: setting.default,
        about: setting.about,
    };
    Ok(Settings {
        settings: SETTINGS.iter().map(document).collect(),
    })
}

/// Changes a setting.
///
/// # Errors
/// Where there is no such setting, the value does not fit, or the store cannot be written.
pub fn set(home: &OpenHome, key: &str, text: &str) -> Result<(), Error> {
    let setting = known(key)?;
    let value = (setting.parse)(text).map_err(|wanted| Error::Refused(format!(
        "setting {key}: `{text}` does not fit; it is {wanted}"
    )))?;
    let writer = home.store().writer();
    writer.set_setting(key.to_owned(), &value).wait_flushed()?;
    Ok(())
}

/// Goes back to a setting's default.
///
/// # Errors
/// Where there is no such setting, or the store cannot be written.
pub fn remove(home: &OpenHome, key: &str) -> Result<(), Error> {
    let setting = known(key)?;
    let writer = home.store().writer();
    // That it was not set is what was wanted.
    writer.remove_setting(setting.key.to_owned()).wait_flushed()?;
    Ok(())
}

fn known(key: &str) -> Result<&'static Setting, Error> {
    let mut settings = SETTINGS.iter();
    settings.find(|setting| setting.key == key).ok_or_else(|| Error::NoSetting {
        key: key.to_owned(),
        near: nearest(key, SETTINGS.iter().map(|setting| setting.key)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed_and_keys_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = crate::Surroundings {
            home: folder.path().join("home"),
            workspace: None,
            directory: folder.path().to_owned(),
            program: "tidemill".into(),
        };
        assert_eq!(list(None).unwrap().settings[0].value, Json::Null);
        let home = OpenHome::open(&surroundings).unwrap();
        set(&home, "parallelism", "8").unwrap();
        assert_eq!(list(Some(&home)).unwrap().settings[0].value, 8);
        for wrong in ["0", "many", "-1", "1.5", "100000"] {
            assert!(matches!(set(&home, "parallelism", wrong), Err(Error::Refused(_))), "{wrong}");
        }
        let error = set(&home, "paralelism", "8").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `parallelism`?"));
        remove(&home, "parallelism").unwrap();
        assert_eq!(list(Some(&home)).unwrap().settings[0].value, Json::Null);
    }
}
