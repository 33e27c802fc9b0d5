//! Which page of the studio a link or a file means.

use std::path::{Path, PathBuf};

use url::Url;

/// The scheme of links into the studio.
pub(crate) const SCHEME: &str = "tidemill";

/// What a text that a desktop handed over means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page, as the path of its address.
    Page(String),
    /// A flow file.
    File(PathBuf),
}

impl Target {
    /// Reads a link, or the path of a file. `None`: it means nothing here; whatever a
    /// web page can put into a link does no more than open a page.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if !text.contains("://") {
            return text
                .ends_with(".flow.yaml")
                .then(|| Self::File(Path::new(text).to_owned()));
        }
        let url = Url::parse(text).ok()?;
        if url.scheme() != SCHEME {
            return None;
        }
        let name = url.path().trim_matches('/');
        let is_one = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        match url.host_str()? {
            "run" if is_one => Some(Self::Page(format!("/runs/{name}"))),
            "flow" if is_one => Some(Self::Page(format!("/flows/{name}"))),
            "runs" if name.is_empty() => Some(Self::Page("/runs".to_owned())),
            "home" if name.is_empty() => Some(Self::Page("/".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_open_pages_and_nothing_else() {
        for (text, page) in [
            ("tidemill://run/0198-ab", Some("/runs/0198-ab")),
            ("tidemill://run/last/", Some("/runs/last")),
            ("tidemill://flow/weather", Some("/flows/weather")),
            ("tidemill://runs", Some("/runs")),
            ("tidemill://run/a%2Fb", Some("/runs/a%2Fb")),
            ("tidemill://run/", None),
            ("tidemill://run/a/b", None),
            ("tidemill://run/../x", Some("/runs/x")),
            ("tidemill://settings/x", None),
            ("https://run/last", None),
            ("tidemill:run/last", None),
            ("javascript://run/alert", None),
        ] {
            let expected = page.map(|page| Target::Page(page.to_owned()));
            assert_eq!(Target::read(text), expected, "{text}");
        }
    }

    #[test]
    fn only_flow_files_are_opened() {
        let file = Target::read("/w/a.flow.yaml");
        assert_eq!(file, Some(Target::File(PathBuf::from("/w/a.flow.yaml"))));
        assert_eq!(Target::read("/etc/passwd"), None);
    }
}
