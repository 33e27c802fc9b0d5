//! What is to be shown when the app is started, or started again: a link's page, or
//! the page of a flow file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

use crate::{arguments::Call, ask::Flow, backend::Backend, link::Target, window};

/// Does what a start asks for.
pub(crate) fn take(app: &AppHandle, call: Call) {
    let target = call.show.as_deref().map(Target::read);
    match target {
        Some(Some(Target::Page(page))) => window::show(app, Some(page)),
        Some(Some(Target::File(file))) => show_file(app, file),
        Some(None) => {
            window::show(app, None);
            let shown = call.show.unwrap_or_default();
            say(
                app,
                &format!(
                    "Tidemill opens flow files (NAME.flow.yaml) and links such as tidemill://run/ID, and not {shown}."
                ),
            );
        }
        None if call.window => window::show(app, None),
        None => {}
    }
}

fn show_file(app: &AppHandle, file: PathBuf) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let backend = Arc::clone(&app.state::<Arc<Backend>>());
        let flows = backend.flows().await;
        let found = flows.map(|flows| flows.into_iter().find(|flow| is_at(flow, &file)));
        match found {
            Ok(Some(flow)) => window::show(&app, Some(format!("/flows/{}", flow.name))),
            Ok(None) => {
                window::show(&app, None);
                let folder = file.parent().unwrap_or(&file).display();
                say(
                    &app,
                    &format!(
                        "{} is not in the workspace that is open. Quit Tidemill, then open that file, or start: tidemill studio --workspace {folder}",
                        file.display()
                    ),
                );
            }
            // The page says what keeps the engine from answering.
            Err(_) => window::show(&app, None),
        }
    });
}

fn is_at(flow: &Flow, file: &Path) -> bool {
    let path = Path::new(&flow.workspace).join(&flow.file);
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(&path) == real(file)
}

fn say(app: &AppHandle, text: &str) {
    app.dialog()
        .message(text)
        .title("Tidemill")
        .kind(MessageDialogKind::Warning)
        .show(|_| {});
}
