//! The one window. It is made when it is wanted and gone when it is closed, so that
//! an app that only sits in the tray holds no page.

use std::error::Error;

use tauri::{
    AppHandle, Manager, Theme, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{Color, NewWindowResponse, PageLoadEvent},
};
use url::Url;

use crate::{arrivals::Arrivals, bridge::Streams, browser};

/// Its name, which the capability gives the API's commands to.
pub(crate) const LABEL: &str = "main";

const SIZE: (f64, f64) = (1440.0, 900.0);
const LEAST: (f64, f64) = (800.0, 560.0);

/// What stands there before the page does: the studio's own background.
const LIGHT: Color = Color(0xff, 0xff, 0xff, 0xff);
const DARK: Color = Color(0x15, 0x1a, 0x1b, 0xff);

/// Where no language is set up, WebKitGTK says that it is `C`, which no function of a
/// page's that is told a language knows.
const LANGUAGE: &str = "\
if (!/^[a-z]{2,3}\\b/i.test(navigator.language)) {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
  Object.defineProperty(navigator, 'languages', { value: Object.freeze(['en-US']) });
}";

/// Brings the window to the front, and its page to `path` where one is given.
pub(crate) fn show(app: &AppHandle, path: Option<String>) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || match handle.get_webview_window(LABEL) {
        Some(window) => {
            front(&window);
            if let Some(path) = path {
                handle.state::<Arrivals>().go(path);
            }
        }
        None => {
            let path = path.unwrap_or_default();
            if let Err(error) = make(&handle, path.trim_start_matches('/')) {
                tracing::error!(%error, "the window cannot be made");
            }
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the window cannot be shown");
    }
}

/// As [`show`], with the page loaded anew: nothing that it knows holds any more.
pub(crate) fn show_anew(app: &AppHandle, path: String) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        let Some(window) = handle.get_webview_window(LABEL) else {
            return show(&handle, Some(path));
        };
        front(&window);
        if let Err(error) = go(&window, &path) {
            tracing::error!(%error, path, "the page cannot be loaded anew");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the window cannot be shown");
    }
}

fn go(window: &WebviewWindow, path: &str) -> Result<(), Box<dyn Error>> {
    let address = window.url()?.join(path)?;
    Ok(window.navigate(address)?)
}

fn front(window: &WebviewWindow) {
    // Each is a wish that a desktop may refuse.
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
}

fn make(app: &AppHandle, path: &str) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(path.into()))
        .title("Tidemill")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
        .initialization_script(LANGUAGE)
        .on_navigation(stays)
        .on_new_window(|url, _| {
            open_elsewhere(&url);
            NewWindowResponse::Deny
        })
        // What a desktop's list of windows says is the page.
        .on_document_title_changed(|window, title| {
            // A title that is not taken leaves the last one.
            let _ = window.set_title(&title);
        })
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Streams>().end_all();
                window.state::<Arrivals>().page_is_gone();
            }
        })
        .build()?;
    let dark = window.theme().is_ok_and(|theme| theme == Theme::Dark);
    window.set_background_color(Some(if dark { DARK } else { LIGHT }))
}

/// Whether a page may be gone to: only the studio's own. A link elsewhere opens in
/// the person's browser.
fn stays(url: &Url) -> bool {
    let own = is_own(url);
    if !own {
        open_elsewhere(url);
    }
    own
}

fn is_own(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

fn open_elsewhere(url: &Url) {
    if matches!(url.scheme(), "http" | "https" | "mailto")
        && let Err(error) = browser::open(url.as_str())
    {
        tracing::warn!(%error, %url, "no browser can be opened");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_studios_own_pages_are_gone_to() {
        for (url, own) in [
            ("tauri://localhost/runs/last", true),
            ("http://tauri.localhost/", true),
            ("https://tauri.localhost.example/", false),
            ("tauri://elsewhere/", false),
            ("https://example.org/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("about:blank", false),
        ] {
            assert_eq!(is_own(&Url::parse(url).unwrap()), own, "{url}");
        }
    }
}
