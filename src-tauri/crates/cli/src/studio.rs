//! The built studio, carried in the program. A build without it serves a page that
//! says how to build it.

use rust_embed::RustEmbed;
use tidemill_api::http::{Studio, StudioFile};

/// What `ui` was built to.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Files;

/// The studio's files.
pub(crate) fn studio() -> Studio {
    Studio::new(|path| {
        let file = Files::get(path)?;
        Some(StudioFile {
            media_type: file.metadata.mimetype().to_owned(),
            bytes: file.data,
        })
    })
}
