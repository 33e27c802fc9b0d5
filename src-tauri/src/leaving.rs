//! Closing the window, and quitting. Closing keeps the app in the tray or quits it,
//! as the person was asked once; quitting first says what stops.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tauri::{AppHandle, Manager, WebviewWindow};
use tauri_plugin_dialog::{
    DialogExt, MessageDialogButtons, MessageDialogKind, MessageDialogResult,
};
use tidemill_api::Close;

use crate::{ask::Overview, backend::Backend, window};

/// The setting of what closing the window does.
const CLOSE_SETTING: &str = "studio.close";
const TO_TRAY: &str = "tray";
const TO_END: &str = "quit";

const KEEP: &str = "Keep running";
const QUIT: &str = "Quit";
const STAY: &str = "Stay";
const CANCEL: &str = "Cancel the runs and quit";
const LET_GO: &str = "Quit at once";

/// Whether the app ends, so that a window that goes is no reason to stay.
#[derive(Default)]
pub(crate) struct Leaving {
    ends: AtomicBool,
    /// A question stands open: another would say the same.
    asks: AtomicBool,
}

impl Leaving {
    /// Whether the app is about to end.
    pub(crate) fn ends(&self) -> bool {
        self.ends.load(Ordering::Acquire)
    }
}

/// The person closed the window.
pub(crate) fn close_window(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let backend = Arc::clone(&app.state::<Arc<Backend>>());
        // Where another process serves the home, it goes on without this window; where
        // nobody answers, nothing goes on at all.
        let choice = match backend.other() {
            Some(_) => return end(&app, Close::LetGo).await,
            None => backend.setting(CLOSE_SETTING).await,
        };
        match choice {
            Ok(Some(choice)) if choice == TO_TRAY => to_tray(&app),
            Ok(Some(choice)) if choice == TO_END => quit(&app),
            Ok(_) => ask_once(&app, backend),
            Err(_) => end(&app, Close::LetGo).await,
        }
    });
}

/// Quits, after saying what stops, if anything does.
pub(crate) fn quit(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let backend = Arc::clone(&app.state::<Arc<Backend>>());
        if backend.other().is_some() {
            return end(&app, Close::LetGo).await;
        }
        // Without an answer there is nothing to say, and nothing that would be heard.
        let overview = backend.overview().await.unwrap_or_default();
        match warning(&overview) {
            None => end(&app, Close::Wait).await,
            Some(text) => ask_before_end(&app, &text, !overview.running.is_empty()),
        }
    });
}

/// The page quits the app: a desktop may have no tray that could.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed the app by value"
)]
pub(crate) fn quit_app(app: AppHandle) {
    quit(&app);
}

/// Ends the app: the engine first, then the process.
pub(crate) async fn end(app: &AppHandle, how: Close) {
    app.state::<Leaving>().ends.store(true, Ordering::Release);
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    backend.close(how).await;
    app.exit(0);
}

fn to_tray(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(window::LABEL)
        && let Err(error) = window.destroy()
    {
        tracing::error!(%error, "the window cannot be closed");
    }
}

fn ask_once(app: &AppHandle, backend: Arc<Backend>) {
    let text = "Tidemill can keep running without it: runs go on, and failures are told of. \
                Its icon in the tray, where the desktop has one, brings the window back; so \
                does starting Tidemill again.\n\n\
                This is asked once; Settings holds the answer.";
    let buttons = MessageDialogButtons::YesNoCancelCustom(KEEP.into(), QUIT.into(), STAY.into());
    ask(
        app,
        "Close the window?",
        text,
        buttons,
        move |app, answer| {
            let (choice, follow): (&str, fn(&AppHandle)) = match answer.as_str() {
                KEEP => (TO_TRAY, to_tray),
                QUIT => (TO_END, quit),
                _ => return,
            };
            follow(&app);
            tauri::async_runtime::spawn(async move {
                if let Err(error) = backend.set(CLOSE_SETTING, choice).await {
                    tracing::warn!(error, "the answer cannot be kept; it is asked for again");
                }
            });
        },
    );
}

fn ask_before_end(app: &AppHandle, text: &str, runs: bool) {
    let buttons = match runs {
        true => MessageDialogButtons::YesNoCancelCustom(CANCEL.into(), LET_GO.into(), STAY.into()),
        false => MessageDialogButtons::OkCancelCustom(QUIT.into(), STAY.into()),
    };
    ask(app, "Quit Tidemill?", text, buttons, |app, answer| {
        let how = match answer.as_str() {
            CANCEL => Close::Cancel,
            LET_GO => Close::LetGo,
            QUIT => Close::Wait,
            _ => return,
        };
        tauri::async_runtime::spawn(async move { end(&app, how).await });
    });
}

/// Shows a question, unless one stands open; `then` gets the label that was chosen.
fn ask(
    app: &AppHandle,
    title: &str,
    text: &str,
    buttons: MessageDialogButtons,
    then: impl FnOnce(AppHandle, String) + Send + 'static,
) {
    if app.state::<Leaving>().asks.swap(true, Ordering::AcqRel) {
        return;
    }
    let mut question = app
        .dialog()
        .message(text)
        .title(title)
        .kind(MessageDialogKind::Info)
        .buttons(buttons);
    let window: Option<WebviewWindow> = app.get_webview_window(window::LABEL);
    if let Some(window) = &window {
        question = question.parent(window);
    }
    let app = app.clone();
    question.show_with_result(move |answer| {
        app.state::<Leaving>().asks.store(false, Ordering::Release);
        then(app, label(answer));
    });
}

fn label(answer: MessageDialogResult) -> String {
    match answer {
        MessageDialogResult::Custom(label) => label,
        MessageDialogResult::Yes
        | MessageDialogResult::No
        | MessageDialogResult::Ok
        | MessageDialogResult::Cancel => String::new(),
    }
}

/// What stops when the app ends; `None`: nothing does.
fn warning(overview: &Overview) -> Option<String> {
    let mut texts = Vec::new();
    let names: Vec<String> = overview
        .running
        .iter()
        .map(|run| format!("{} ({})", run.flow, run.name))
        .collect();
    if !names.is_empty() {
        texts.push(format!(
            "Still running: {}.\nQuit at once ends them as a crash would: the next start \
             carries on what can be.",
            few(&names)
        ));
    }
    let scheduled: Vec<String> = overview
        .flows
        .iter()
        .filter(|flow| flow.scheduling && !flow.schedules.is_empty())
        .map(|flow| flow.name.clone())
        .collect();
    if !scheduled.is_empty() {
        let names = few(&scheduled);
        texts.push(format!(
            "These schedules stop until Tidemill runs again: {names}."
        ));
    }
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// The first names, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overview(running: usize, scheduling: bool) -> Overview {
        let run = |at| json!({"id": at, "name": format!("run-{at}"), "flow": "weather"});
        let running: Vec<_> = (0..running).map(|at| run(at.to_string())).collect();
        serde_json::from_value(json!({
            "as_expected": true, "broken": [], "running": running,
            "flows": [
                {"name": "nightly", "file": "a", "workspace": "w", "schedules": [{}], "scheduling": scheduling},
                {"name": "plain", "file": "b", "workspace": "w", "schedules": [], "scheduling": scheduling},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn quitting_says_what_runs_and_which_schedules_stop_and_nothing_where_nothing_does() {
        assert_eq!(warning(&overview(0, false)), None);
        let schedules = warning(&overview(0, true)).unwrap();
        assert!(schedules.contains("runs again: nightly."), "{schedules}");
        let runs = warning(&overview(8, false)).unwrap();
        assert!(runs.contains("weather (run-5) and 2 more"), "{runs}");
        assert!(!runs.contains("nightly"));
    }
}
