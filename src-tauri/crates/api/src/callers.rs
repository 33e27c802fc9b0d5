//! Which flows of a workspace need another one: their tasks run it, or their triggers
//! wait for its end.

use std::path::Path;

use tidemill_flow::mentions::{Mention, MentionRole, mentions};

use crate::{answers::FlowCaller, catalog::FlowFile, surroundings::plain};

/// Whether a place in the file `of` names the flow `name` of the file `target`.
pub(crate) fn names(role: MentionRole, text: &str, of: &Path, name: &str, target: &Path) -> bool {
    match role {
        MentionRole::Own => false,
        MentionRole::Call | MentionRole::After => text == name,
        MentionRole::File => {
            let folder = of.parent().unwrap_or(of);
            plain(&folder.join(text)) == target
        }
    }
}

/// Every place where other files need the flow.
pub(crate) fn callers<'f>(
    files: impl IntoIterator<Item = &'f FlowFile>,
    flow: &FlowFile,
) -> Vec<FlowCaller> {
    let mut found = Vec::new();
    for file in files {
        if file.path == flow.path {
            continue;
        }
        let needs = |mention: &Mention| {
            names(
                mention.role,
                &mention.text,
                &file.path,
                &flow.name,
                &flow.path,
            )
        };
        if let Some(mention) = mentions(&file.text).into_iter().find(needs) {
            found.push(FlowCaller {
                flow: file.name.clone(),
                file: file.path.to_string_lossy().into_owned(),
                line: mention.place.line,
            });
        }
    }
    found
}
