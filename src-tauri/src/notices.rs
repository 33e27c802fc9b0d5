//! Notifications of the desktop: runs that failed, each a way to its page.

use std::sync::Arc;

use serde_json::Value;
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::{backend::Backend, news::Move, window};

/// The setting of what is told of.
const NOTIFY_SETTING: &str = "studio.notify";
const NOTHING: &str = "none";

/// More at once are told of together.
const SINGLY: usize = 3;

/// What a notification carries: the page that it leads to.
const PAGE: &str = "page";

/// What a notification says.
#[derive(Debug, PartialEq, Eq)]
struct Notice {
    title: String,
    body: String,
    page: String,
}

/// Whether a run has just failed. What a person cancelled is no news to them.
pub(crate) fn is_failure(step: &Move) -> bool {
    let failures = ["Failed", "TimedOut", "UpstreamFailed", "Crashed"];
    step.number == 0 && failures.contains(&step.to.as_str())
}

/// Has a click on a notification lead to its page.
pub(crate) fn lead_to_pages(app: &AppHandle) {
    let handle = app.clone();
    let listening = app.notification().on_action(move |action| {
        let extra = action
            .notification()
            .map(|notification| notification.extra());
        let page = extra
            .and_then(|extra| extra.get(PAGE))
            .and_then(Value::as_str);
        window::show(&handle, page.map(str::to_owned));
    });
    if let Err(error) = listening {
        tracing::warn!(%error, "clicks on notifications lead nowhere");
    }
}

/// Tells of runs that failed, unless the person wants to hear nothing.
pub(crate) async fn tell(app: &AppHandle, failed: &[Move]) {
    if failed.is_empty() {
        return;
    }
    let backend = Arc::clone(&app.state::<Arc<Backend>>());
    let wanted = backend.setting(NOTIFY_SETTING).await;
    if matches!(wanted, Ok(Some(wanted)) if wanted == NOTHING) {
        return;
    }
    for notice in notices(failed) {
        let shown = app
            .notification()
            .builder()
            .title(notice.title)
            .body(notice.body)
            .extra(PAGE, notice.page)
            .show();
        if let Err(error) = shown {
            tracing::warn!(%error, "a notification cannot be shown");
        }
    }
}

fn notices(failed: &[Move]) -> Vec<Notice> {
    if failed.len() > SINGLY {
        let mut flows: Vec<&str> = failed.iter().map(|step| step.flow.as_str()).collect();
        flows.sort_unstable();
        flows.dedup();
        return vec![Notice {
            title: format!("{} runs failed", failed.len()),
            body: flows.join(", "),
            page: "/runs?state=failed".to_owned(),
        }];
    }
    let one = |step: &Move| Notice {
        title: format!("{} {}", step.flow, words(&step.to)),
        body: step.message.clone().unwrap_or_else(|| step.name.clone()),
        page: format!("/runs/{}", step.run),
    };
    failed.iter().map(one).collect()
}

fn words(state: &str) -> &'static str {
    match state {
        "TimedOut" => "timed out",
        "Crashed" => "crashed",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(flow: &str, number: u64, to: &str) -> Move {
        Move {
            run: format!("{flow}-id"),
            flow: flow.to_owned(),
            name: "quiet-heron".to_owned(),
            number,
            to: to.to_owned(),
            message: None,
        }
    }

    #[test]
    fn runs_that_fail_are_told_of_and_their_tasks_are_not() {
        assert!(is_failure(&failed("a", 0, "TimedOut")));
        assert!(!is_failure(&failed("a", 3, "Failed")));
        assert!(!is_failure(&failed("a", 0, "Cancelled")));
        assert!(!is_failure(&failed("a", 0, "Completed")));
    }

    #[test]
    fn a_few_are_told_of_singly_and_many_together() {
        let one = notices(&[failed("a", 0, "Crashed")]);
        assert_eq!(one[0].title, "a crashed");
        assert_eq!(one[0].body, "quiet-heron");
        assert_eq!(one[0].page, "/runs/a-id");
        let steps: Vec<Move> = ["b", "a", "b", "b"]
            .map(|flow| failed(flow, 0, "Failed"))
            .into();
        let many = notices(&steps);
        assert_eq!(many.len(), 1);
        assert_eq!(
            (many[0].title.as_str(), many[0].body.as_str()),
            ("4 runs failed", "a, b")
        );
    }
}
