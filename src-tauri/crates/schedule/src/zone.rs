//! The zone whose clocks a schedule follows: the machine's, or one by its IANA name.

use std::fmt;

use jiff::tz::{TimeZone, db};

use crate::Error;

/// A schedule's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Zone {
    /// The machine's own, whichever that is at the moment (`local`).
    #[default]
    Local,
    /// A zone of the IANA database.
    Named(TimeZone),
}

impl Zone {
    /// Reads `local` or an IANA name (`Europe/Berlin`, in any case).
    ///
    /// # Errors
    /// [`Error::Zone`], with the nearest known name as its mend.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "local" {
            return Ok(Self::Local);
        }
        match db().get(text) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Self::Named(zone)),
            // The cause inside (no such file, no such name) says nothing that the name does not.
            _ => Err(unknown(text)),
        }
    }

    /// The zone's clocks, with `local` standing for the machine's.
    #[must_use]
    pub fn resolve<'z>(&'z self, local: &'z TimeZone) -> &'z TimeZone {
        match self {
            Self::Local => local,
            Self::Named(zone) => zone,
        }
    }
}

impl fmt::Display for Zone {
    /// `local`, or the IANA name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => formatter.write_str("local"),
            // `parse` keeps only zones that have a name.
            Self::Named(zone) => formatter.write_str(zone.iana_name().unwrap_or("unnamed")),
        }
    }
}

fn unknown(text: &str) -> Error {
    let mend = match nearest(text) {
        Some(name) => format!("did you mean `{name}`?"),
        None if db().is_definitively_empty() => {
            "this machine has no time zone database: install `tzdata`".to_owned()
        }
        None => "write `local` or an IANA name, as `Europe/Berlin`".to_owned(),
    };
    Error::Zone {
        text: text.to_owned(),
        mend,
    }
}

/// The known name that a person most likely meant: by its city, else by its letters.
fn nearest(text: &str) -> Option<String> {
    let wanted = text.trim().replace(' ', "_").to_ascii_lowercase();
    if wanted.is_empty() || wanted.len() > 64 {
        return None;
    }
    let city = format!("/{wanted}");
    let likeness = |name: &str| {
        let name = name.to_ascii_lowercase();
        if name.ends_with(&city) {
            1.0
        } else {
            strsim::jaro_winkler(&name, &wanted)
        }
    };
    db().available()
        .map(|name| (likeness(name.as_str()), name.as_str().to_owned()))
        .chain([(strsim::jaro_winkler("local", &wanted), "local".to_owned())])
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|left, right| {
            left.0
                .total_cmp(&right.0)
                .then_with(|| right.1.cmp(&left.1))
        })
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_local_and_names() {
        for (text, canonical) in [
            ("local", "local"),
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(Zone::parse(text).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn names_the_nearest() {
        for (text, mend) in [
            ("Berlin", "did you mean `Europe/Berlin`?"),
            ("new york", "did you mean `America/New_York`?"),
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("Local", "did you mean `local`?"),
            (
                "+02:00",
                "write `local` or an IANA name, as `Europe/Berlin`",
            ),
            ("", "write `local` or an IANA name, as `Europe/Berlin`"),
            (
                "../../etc/passwd",
                "write `local` or an IANA name, as `Europe/Berlin`",
            ),
        ] {
            let error = Zone::parse(text).expect_err(text);
            assert_eq!(error.mend(), mend, "{text}");
        }
    }
}
