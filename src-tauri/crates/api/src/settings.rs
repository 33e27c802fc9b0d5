//! Settings of the home: which there are, what each may be, what each is.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::borrow::Cow;
use tidemill_engine::PARALLELISM_SETTING;
use tidemill_store::KeyPlace;
use utoipa::ToSchema;

use crate::{Error, OpenHome, schemas::AnyJson, workspace::nearest};

/// The setting of where the key of the secrets is.
pub(crate) const KEY_SETTING: &str = "secrets.key";

/// A setting that something reads.
#[derive(Clone, Copy, Debug)]
struct Setting {
    key: &'static str,
    about: &'static str,
    default: &'static str,
    kept: Kept,
}

/// Where a setting is kept.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// In the store's table.
    Number {
        /// The largest that it may be; the least is 1.
        most: u32,
        /// That in words.
        wanted: &'static str,
    },
    /// In the store's table: one of two words.
    Word {
        /// The words.
        words: [&'static str; 2],
        /// That in words.
        wanted: &'static str,
    },
    /// In the sealed file of secrets itself: the key is where that says.
    SealedFile,
}

impl Kept {
    /// JSON Schema of what it may be.
    fn schema(self) -> Json {
        match self {
            Self::Number { most, .. } => {
                serde_json::json!({ "type": "integer", "minimum": 1, "maximum": most })
            }
            Self::Word { words, .. } => serde_json::json!({ "enum": words }),
            Self::SealedFile => serde_json::json!({ "enum": ["file", "keychain"] }),
        }
    }
}

/// The setting of how long lines of logs are kept.
const LOG_DAYS: &str = "logs.days";

/// The setting of how large the logs may grow.
const LOG_MEGABYTES: &str = "logs.megabytes";

/// How much of the logs is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeptLogs {
    /// Lines of the last so many days.
    pub(crate) days: u32,
    /// At most so many bytes, the newest.
    pub(crate) bytes: u64,
}

/// How much of the logs these settings keep.
pub(crate) fn kept_logs(set: &[(String, Json)]) -> KeptLogs {
    let number = |key: &str, default: u32| {
        let mut found = set.iter().filter(|(known, _)| known == key);
        let value = found.next().and_then(|(_, value)| value.as_u64());
        value.map_or(default, |value| u32::try_from(value).unwrap_or(u32::MAX))
    };
    KeptLogs {
        days: number(LOG_DAYS, 365),
        bytes: u64::from(number(LOG_MEGABYTES, 4_096)) << 20,
    }
}

/// Every setting there is.
const SETTINGS: &[Setting] = &[
    Setting {
        key: PARALLELISM_SETTING,
        about: "how many tasks with code (shell, python, http, sql) run at once in a process",
        default: "the number of cores, at least 4",
        kept: Kept::Number {
            most: 4_096,
            wanted: "a whole number from 1 to 4096",
        },
    },
    Setting {
        key: LOG_DAYS,
        about: "for how many days lines of logs are kept; a serving Tidemill removes older ones",
        default: "365",
        kept: Kept::Number {
            most: 1_000_000,
            wanted: "a whole number from 1 to 1000000",
        },
    },
    Setting {
        key: LOG_MEGABYTES,
        about: "how many megabytes the logs may take; a serving Tidemill removes the oldest beyond",
        default: "4096",
        kept: Kept::Number {
            most: 1_000_000,
            wanted: "a whole number from 1 to 1000000",
        },
    },
    Setting {
        key: KEY_SETTING,
        about: "where the key of the secrets is: a file of the home that only its owner can read, \
                or the keychain of the operating system; setting it moves the key",
        default: "file",
        kept: Kept::SealedFile,
    },
    Setting {
        key: "studio.close",
        about: "what closing the desktop app's window does: `tray` keeps the app running, `quit` \
                ends it",
        default: "asked at the first time",
        kept: Kept::Word {
            words: ["tray", "quit"],
            wanted: "`tray` or `quit`",
        },
    },
    Setting {
        key: "studio.notify",
        about: "what the desktop app shows notifications of: `failed` runs, or `none`",
        default: "failed",
        kept: Kept::Word {
            words: ["failed", "none"],
            wanted: "`failed` or `none`",
        },
    },
];

/// The number from 1 to `most` that a text is.
fn number(text: &str, most: u32) -> Option<Json> {
    let number = text.parse::<u32>().ok();
    number
        .filter(|number| (1..=most).contains(number))
        .map(Json::from)
}

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingDocument {
    /// Its key.
    #[schema(value_type = String)]
    pub key: Cow<'static, str>,
    /// Its value; null where the default holds.
    #[schema(value_type = AnyJson)]
    pub value: Json,
    /// The default, in words.
    #[schema(value_type = String)]
    pub default: Cow<'static, str>,
    /// What it does.
    #[schema(value_type = String)]
    pub about: Cow<'static, str>,
    /// JSON Schema of what it may be.
    #[schema(value_type = AnyJson)]
    pub schema: Json,
}

/// Every setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// The settings, by key.
    pub settings: Vec<SettingDocument>,
}

/// Every setting with its value; all defaults where there is no home.
///
/// # Errors
/// Where the store, or where its secrets have their key, cannot be read.
pub fn list(home: Option<&OpenHome>) -> Result<Settings, Error> {
    let set = match home {
        Some(home) => home.reader()?.settings()?,
        None => Vec::new(),
    };
    let value = |setting: &Setting| match setting.kept {
        Kept::Number { .. } | Kept::Word { .. } => {
            let found = set.iter().find(|(known, _)| known == setting.key);
            Ok(found.map_or(Json::Null, |(_, value)| value.clone()))
        }
        Kept::SealedFile => home.map_or(Ok(Json::Null), key_place),
    };
    let document = |setting: &Setting| {
        Ok(SettingDocument {
            key: setting.key.into(),
            value: value(setting)?,
            default: setting.default.into(),
            about: setting.about.into(),
            schema: setting.kept.schema(),
        })
    };
    let settings: Result<Vec<SettingDocument>, Error> = SETTINGS.iter().map(document).collect();
    Ok(Settings {
        settings: settings?,
    })
}

fn key_place(home: &OpenHome) -> Result<Json, Error> {
    Ok(match home.store().secrets().key_place()? {
        KeyPlace::File => Json::Null,
        KeyPlace::Keychain { .. } => Json::from("keychain"),
    })
}

/// Changes a setting.
///
/// # Errors
/// Where there is no such setting, the value does not fit, the store cannot be written,
/// or the keychain does not give or take the key: then that stays where it is.
pub fn set(home: &OpenHome, key: &str, text: &str) -> Result<(), Error> {
    let unfit = |wanted: &str| {
        Error::Refused(format!(
            "setting {key}: `{text}` does not fit; it is {wanted}"
        ))
    };
    match known(key)?.kept {
        Kept::Number { most, wanted } => {
            keep(home, key, &number(text, most).ok_or_else(|| unfit(wanted))?)?;
        }
        Kept::Word { words, wanted } => {
            let known = words.contains(&text).then(|| Json::from(text));
            keep(home, key, &known.ok_or_else(|| unfit(wanted))?)?;
        }
        Kept::SealedFile => match text {
            "file" => home.store().secrets().move_key_to_file()?,
            "keychain" => home.store().secrets().move_key_to_keychain()?,
            _ => return Err(unfit("`file` or `keychain`")),
        },
    }
    Ok(())
}

fn keep(home: &OpenHome, key: &str, value: &Json) -> Result<(), Error> {
    let writer = home.store().writer();
    Ok(writer.set_setting(key.to_owned(), value).wait_flushed()?)
}

/// Goes back to a setting's default.
///
/// # Errors
/// Where there is no such setting, the store cannot be written, or the keychain does
/// not give the key: then that stays where it is.
pub fn remove(home: &OpenHome, key: &str) -> Result<(), Error> {
    match known(key)?.kept {
        Kept::Number { .. } | Kept::Word { .. } => {
            let writer = home.store().writer();
            // That it was not set is what was wanted.
            writer.remove_setting(key.to_owned()).wait_flushed()?;
        }
        Kept::SealedFile => home.store().secrets().move_key_to_file()?,
    }
    Ok(())
}

fn known(key: &str) -> Result<&'static Setting, Error> {
    let mut settings = SETTINGS.iter();
    settings
        .find(|setting| setting.key == key)
        .ok_or_else(|| Error::NoSetting {
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
        let surroundings = crate::Surroundings::rooted(folder.path());
        assert_eq!(list(None).unwrap().settings[0].value, Json::Null);
        let home = OpenHome::open(&surroundings).unwrap();
        set(&home, "parallelism", "8").unwrap();
        assert_eq!(list(Some(&home)).unwrap().settings[0].value, 8);
        for wrong in ["0", "many", "-1", "1.5", "100000"] {
            assert!(
                matches!(set(&home, "parallelism", wrong), Err(Error::Refused(_))),
                "{wrong}"
            );
        }
        set(&home, "studio.close", "tray").unwrap();
        assert!(matches!(
            set(&home, "studio.close", "maybe"),
            Err(Error::Refused(_))
        ));
        // Any call that would ask the keychain is the black-box tests'.
        let listed = list(Some(&home)).unwrap().settings;
        let place = listed.iter().find(|setting| setting.key == KEY_SETTING);
        assert_eq!(place.unwrap().value, Json::Null);
        assert!(matches!(
            set(&home, KEY_SETTING, "vault"),
            Err(Error::Refused(_))
        ));
        set(&home, KEY_SETTING, "file").unwrap();
        remove(&home, KEY_SETTING).unwrap();
        let error = set(&home, "paralelism", "8").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `parallelism`?"));
        set(&home, LOG_DAYS, "30").unwrap();
        let kept = kept_logs(&home.reader().unwrap().settings().unwrap());
        assert_eq!((kept.days, kept.bytes), (30, 4 << 30));
        remove(&home, "parallelism").unwrap();
        assert_eq!(list(Some(&home)).unwrap().settings[0].value, Json::Null);
    }
}
