//! Whether what a schedule's `only_if` asks for holds on this machine now.

use std::{fs, io, path::Path};

use tidemill_schedule::{Held, OnlyIf};

const POWER: &str = "/sys/class/power_supply";
const NETWORK: &str = "/sys/class/net";

/// What holds runs back, and for people why; `None`: nothing.
pub(super) fn held(only_if: &OnlyIf) -> (Option<Held>, String) {
    let (power, network) = (Path::new(POWER), Path::new(NETWORK));
    match unmet(only_if, power, network) {
        Ok(None) => (None, String::new()),
        Ok(Some(why)) => (Some(Held::Condition), why.to_owned()),
        Err(why) => (Some(Held::Unknown), why.to_owned()),
    }
}

/// What of it does not hold; an error where that cannot be told.
fn unmet(
    only_if: &OnlyIf,
    power: &Path,
    network: &Path,
) -> Result<Option<&'static str>, &'static str> {
    if only_if.idle.is_some() {
        return Err("`only_if: { idle }` cannot be told by this version, so it did not run");
    }
    if only_if.ac_power && !cfg!(target_os = "linux") {
        return Err("`only_if: { power }` cannot be told on this system, so it did not run");
    }
    if only_if.online && !cfg!(target_os = "linux") {
        return Err("`only_if: { network }` cannot be told on this system, so it did not run");
    }
    if only_if.ac_power && !is_on_mains(power) {
        return Ok(Some(
            "the machine was on battery (`only_if: { power: ac }`)",
        ));
    }
    if only_if.online && !is_online(network) {
        return Ok(Some(
            "there was no network (`only_if: { network: online }`)",
        ));
    }
    Ok(None)
}

/// Whether a mains supply feeds the machine; one without a battery of its own has nothing
/// else.
fn is_on_mains(supplies: &Path) -> bool {
    let mut has_battery = false;
    for supply in entries(supplies) {
        match read(&supply.join("type")).as_str() {
            "Mains" | "USB" if read(&supply.join("online")) == "1" => return true,
            // Those of a mouse or a headset feed only these.
            "Battery" if read(&supply.join("scope")) != "Device" => has_battery = true,
            _ => {}
        }
    }
    !has_battery
}

/// Whether an interface other than the loopback is up.
fn is_online(interfaces: &Path) -> bool {
    entries(interfaces).iter().any(|interface| {
        let is_loopback = interface.file_name().is_some_and(|name| name == "lo");
        let state = read(&interface.join("operstate"));
        let carries = || read(&interface.join("carrier")) == "1";
        !is_loopback && (state == "up" || (state == "unknown" && carries()))
    })
}

/// What a folder of the system holds; none where it is not there.
fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let listed = fs::read_dir(folder).into_iter().flatten();
    listed
        .filter_map(|entry: io::Result<fs::DirEntry>| entry.ok())
        .map(|entry| entry.path())
        .collect()
}

fn read(file: &Path) -> String {
    // What is not there says nothing.
    let text = fs::read_to_string(file).unwrap_or_default();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, format!("{text}\n")).unwrap();
        }
        folder
    }

    #[test]
    fn power_is_mains_or_no_battery() {
        for (files, on_mains) in [
            (&[][..], true),
            (&[("BAT0/type", "Battery")], false),
            (
                &[("mouse/type", "Battery"), ("mouse/scope", "Device")],
                true,
            ),
            (
                &[
                    ("BAT0/type", "Battery"),
                    ("AC/type", "Mains"),
                    ("AC/online", "1"),
                ],
                true,
            ),
            (
                &[
                    ("BAT0/type", "Battery"),
                    ("AC/type", "Mains"),
                    ("AC/online", "0"),
                ],
                false,
            ),
        ] {
            let machine = machine(files);
            assert_eq!(is_on_mains(machine.path()), on_mains, "{files:?}");
        }
    }

    #[test]
    fn a_network_is_an_interface_that_is_up() {
        for (files, online) in [
            (&[][..], false),
            (&[("lo/operstate", "up")], false),
            (&[("wlan0/operstate", "down")], false),
            (&[("wlan0/operstate", "up")], true),
            (
                &[("tun0/operstate", "unknown"), ("tun0/carrier", "1")],
                true,
            ),
            (
                &[("tun0/operstate", "unknown"), ("tun0/carrier", "0")],
                false,
            ),
        ] {
            let machine = machine(files);
            assert_eq!(is_online(machine.path()), online, "{files:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let idle = OnlyIf {
            idle: Some(Duration::from_secs(60)),
            ..OnlyIf::default()
        };
        let (held, why) = held(&idle);
        assert_eq!(held, Some(Held::Unknown));
        assert!(why.contains("idle"), "{why}");
        assert_eq!(super::held(&OnlyIf::default()).0, None);
    }
}
