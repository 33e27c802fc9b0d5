//! What is to be shown when the app is started, or started again: a workspace, a
//! link's page, or the page of a flow file.
//!
//! A flow file of another folder brings its workspace with it: the studio shows the
//! flows of one workspace at a time, and what runs elsewhere goes on.

use std::{path::Path, sync::Arc};

use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

use crate::{
    arguments::Call,
    ask::{Flow, Refusal},
    backend::Backend,
    link::Target,
    window,
};

/// Does what a start asks for.
pub(crate) fn take(app: &AppHandle, call: Call) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move { show(&app, call).await });
}

async fn show(app: &AppHandle, call: Call) {
    let moved = match &call.workspace {
        Some(folder) => be_in(app, folder).await,
        None => Ok(false),
    };
    let moved = moved.unwrap_or_else(|refusal| {
        say(app, &refusal);
        false
    });
    match (
        call.show.as_deref(),
        call.show.as_deref().and_then(Target::read),
    ) {
        (_, Some(Target::Page(page))) => bring(app, Some(page), moved),
        (_, Some(Target::File(file))) => show_file(app, &file, moved).await,
        (Some(other), None) => {
            bring(app, None, moved);
            say(
                app,
                &format!(
                    "Tidemill opens flow files (NAME.flow.yaml) and links such as tidemill://run/ID, and not {other}."
                ),
            );
        }
        (None, None) if call.window || moved => bring(app, None, moved),
        (None, None) => {}
    }
}

/// Brings the window to the front; one that showed another workspace is loaded anew.
fn bring(app: &AppHandle, page: Option<String>, moved: bool) {
    match moved {
        true => window::show_anew(app, page.unwrap_or_default()),
        false => window::show(app, page),
    }
}

/// Has the engine be in the workspace of a folder or a flow file; answers whether it
/// was in another one.
async fn be_in(app: &AppHandle, path: &str) -> Result<bool, Refusal> {
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    let before = backend.workspace().await?;
    Ok(backend.open_workspace(path).await? != before)
}

async fn show_file(app: &AppHandle, file: &Path, moved: bool) {
    match find(app, file).await {
        Ok(Some(flow)) => bring(app, Some(page_of(&flow)), moved),
        Ok(None) => match find_in_its_own(app, file).await {
            Ok(Some(flow)) => bring(app, Some(page_of(&flow)), true),
            Ok(None) => {
                bring(app, None, true);
                say(
                    app,
                    &format!(
                        "{} is passed over: its folder, or what git ignores there, is no part of a workspace.",
                        file.display()
                    ),
                );
            }
            Err(refusal) => {
                bring(app, None, moved);
                say(app, &refusal);
            }
        },
        // The page says what keeps the engine from answering.
        Err(_) => bring(app, None, moved),
    }
}

/// Looks for a file that the workspace does not have in the workspace that it is of.
async fn find_in_its_own(app: &AppHandle, file: &Path) -> Result<Option<Flow>, Refusal> {
    be_in(app, &file.to_string_lossy()).await?;
    find(app, file).await
}

async fn find(app: &AppHandle, file: &Path) -> Result<Option<Flow>, Refusal> {
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    let flows = backend.flows().await?;
    Ok(flows.into_iter().find(|flow| is_at(flow, file)))
}

fn page_of(flow: &Flow) -> String {
    format!("/flows/{}", flow.name)
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
