//! The desktop app: a window, a tray and notifications around the engine. It holds
//! no logic of its own; what it shows and does, it asks the API for, as the browser
//! does.

mod arguments;
mod arrivals;
mod ask;
mod at_login;
mod backend;
mod bridge;
mod browser;
mod frame;
mod instance;
mod leaving;
mod link;
mod news;
mod notices;
mod opening;
mod tray;
mod window;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;
use tidemill_api::{Close, Surroundings};
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Call};
use arrivals::Arrivals;
use at_login::AtLogin;
use backend::Backend;
use bridge::Streams;
use instance::{Instance, Start};
use leaving::Leaving;

fn main() -> ExitCode {
    if let Some(code) = tidemill_api::guard_if_asked() {
        return code;
    }
    let arguments = Arguments::parse();
    let begun = surroundings(&arguments).and_then(|surroundings| {
        let call = arguments.call();
        let start = instance::begin(&surroundings.home, &call);
        let start = start.map_err(|error| {
            let home = surroundings.home.display();
            format!("the app of the home {home} cannot be reached: {error}")
        })?;
        Ok((surroundings, call, start))
    });
    match begun {
        Ok((_, _, Start::Handed)) => ExitCode::SUCCESS,
        Ok((surroundings, call, Start::First(instance))) => {
            // Only now: whom the app that is there serves, waits for no shell. It may
            // start this program anew; then the lock goes, and is taken again.
            tidemill_api::take_login_path();
            let diagnostics = tidemill_api::log_file::begin(&surroundings.home, None, false);
            let code = run(surroundings, call, instance);
            drop(diagnostics);
            code
        }
        Err(message) => complain(&message),
    }
}

fn surroundings(arguments: &Arguments) -> Result<Surroundings, String> {
    let given = |typed: &Option<PathBuf>, variable: &str| {
        let variable = || std::env::var_os(variable).map(PathBuf::from);
        typed.clone().or_else(variable)
    };
    let home = given(&arguments.home, "TIDEMILL_HOME");
    let workspace = given(&arguments.workspace, "TIDEMILL_WORKSPACE");
    let surroundings = Surroundings::new(home, workspace).map_err(|error| error.to_string())?;
    let file = arguments
        .call()
        .show
        .as_deref()
        .and_then(link::Target::read);
    Ok(match file {
        Some(link::Target::File(file)) => surroundings.at_file(&file),
        Some(link::Target::Page(_)) | None => surroundings.or_last_workspace(),
    })
}

/// Says why the app cannot start, to whoever reads standard error.
#[expect(clippy::print_stderr, reason = "there is no window yet")]
fn complain(message: &str) -> ExitCode {
    eprintln!("tidemill-studio: {message}");
    ExitCode::from(3)
}

fn run(surroundings: Surroundings, call: Call, instance: Instance) -> ExitCode {
    let home = surroundings.home.clone();
    let at_login = AtLogin::new(&surroundings);
    let all_but_hidden = StateFlags::all() & !StateFlags::VISIBLE;
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(all_but_hidden)
                .build(),
        )
        .manage(Arc::new(Backend::new(surroundings)))
        .manage(Streams::default())
        .manage(Arrivals::default())
        .manage(at_login)
        .manage(Leaving::default())
        .manage(tray::Shown::default())
        .invoke_handler(tauri::generate_handler![
            bridge::request,
            bridge::follow,
            bridge::taken,
            bridge::leave,
            arrivals::arrivals,
            at_login::at_login,
            tray::turn_at_login,
            leaving::quit_app,
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                leaving::close_window(window.app_handle());
            }
        })
        .setup(move |app| {
            // The engine opens in the workspace that was named.
            let call = Call {
                workspace: None,
                ..call
            };
            set_up(app.handle(), call, &instance)?;
            // It lasts as long as the app does.
            app.manage(instance);
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(on_event);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let home = home.display();
            complain(&format!(
                "the window on {home} cannot be opened: {error}\nthe same studio in a browser: tidemill studio --browser"
            ))
        }
    }
}

fn set_up(app: &AppHandle, call: Call, instance: &Instance) -> std::io::Result<()> {
    opening::take(app, call);
    let handle = app.clone();
    instance.serve(move |call| opening::take(&handle, call))?;
    notices::lead_to_pages(app);
    tray::make(app);
    news::begin(app);
    end_on_signals(app);
    Ok(())
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        // The window has gone to the tray.
        RunEvent::ExitRequested {
            code: None, api, ..
        } if !app.state::<Leaving>().ends() => {
            api.prevent_exit();
        }
        RunEvent::Exit => app.state::<Instance>().leave(),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            for url in urls {
                let show = url.to_file_path().map_or_else(
                    |()| url.to_string(),
                    |path| path.to_string_lossy().into_owned(),
                );
                let call = Call {
                    window: true,
                    workspace: None,
                    show: Some(show),
                };
                opening::take(app, call);
            }
        }
        _ => {}
    }
}

/// A session that ends, or a Ctrl-C: what runs is let go of, and carried on at the
/// next start.
fn end_on_signals(app: &AppHandle) {
    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let Ok(mut signals) = signal(kind) else {
                return;
            };
            if signals.recv().await.is_some() {
                leaving::end(&app, Close::LetGo).await;
            }
        });
    }
}
