//! x
#[tauri::command]
fn request() {}
#[tauri::command]
fn follow() {}
#[tauri::command]
fn leave() {}
fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .invoke_handler(tauri::generate_handler![request, follow, leave])
        .run(tauri::generate_context!())
        .unwrap();
}
