//! Reads `tauri.conf.json` and the capabilities. The commands are named here, so that
//! each needs a permission, and the window gets no more than its capability says.

fn main() {
    let commands = tauri_build::AppManifest::new()
        .commands(&["request", "follow", "taken", "leave", "arrivals"]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
