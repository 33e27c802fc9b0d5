//! Pages that something outside the window asks for: a link, a notification, the tray.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tauri::{State, ipc::Channel};

/// Tells the page where to go, once there is a page.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    page: Option<Channel<String>>,
    waiting: Option<String>,
}

impl Arrivals {
    /// Has the page go to `path`, now or as soon as it listens.
    pub(crate) fn go(&self, path: String) {
        let mut inner = self.lock();
        let told = inner.page.as_ref().map(|page| page.send(path.clone()));
        if !matches!(told, Some(Ok(()))) {
            inner.waiting = Some(path);
        }
    }

    /// The page is gone, or is loaded anew: it listens no more.
    pub(crate) fn page_is_gone(&self) {
        self.lock().page = None;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The page listens for where it is to go.
#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is handed its state by value"
)]
pub(crate) fn arrivals(channel: Channel<String>, arrivals: State<'_, Arrivals>) {
    let waiting = {
        let mut inner = arrivals.lock();
        inner.page = Some(channel);
        inner.waiting.take()
    };
    if let Some(path) = waiting {
        arrivals.go(path);
    }
}
