//! What the system must have: installed where that is allowed, named where it is not.

use std::process::{Command, Stdio};

/// Debian and Ubuntu packages, with what each is for.
const PACKAGES: [(&str, &str); 9] = [
    ("g++", "links Rust programs"),
    ("pkg-config", "finds the libraries below"),
    ("libasound2-dev", "sound (ALSA)"),
    ("libudev-dev", "input devices (udev)"),
    ("libwayland-dev", "windows on Wayland"),
    ("libxkbcommon-dev", "keyboards"),
    ("libxkbcommon-x11-0", "keyboards on X11"),
    ("libdbus-1-dev", "desktop services (D-Bus)"),
    ("mesa-vulkan-drivers", "a Vulkan driver, in software where there is no GPU"),
];

/// Installs the missing packages, or fails with the command that would.
pub fn run() -> Result<(), String> {
    if !cfg!(target_os = "linux") || !works("dpkg", &["--version"]) {
        return Ok(());
    }
    let missing: Vec<&(&str, &str)> = PACKAGES.iter().filter(|(package, _)| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for (package, purpose) in &missing {
        println!("missing: {package} ({purpose})");
    }
    let names: Vec<&str> = missing.iter().map(|(package, _)| *package).collect();
    install(&names).map_err(|reason| format!("{reason}\nPlease run: sudo apt-get install {}", names.join(" ")))
}

fn installed(package: &str) -> bool {
    let output = Command::new("dpkg-query").args(["--show", "--showformat=${Status}", package]).stderr(Stdio::null()).output();
    output.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("install ok installed"))
}

fn install(packages: &[&str]) -> Result<(), String> {
    let prefix: &[&str] = if works("sh", &["-c", "test \"$(id -u)\" = 0"]) {
        &[]
    } else if works("sudo", &["-n", "true"]) {
        &["sudo", "-n"]
    } else {
        return Err("Packages are missing and can be installed only with administrator rights.".to_owned());
    };
    let mut fetch = vec!["apt-get", "update", "--quiet"];
    let mut add = vec!["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"];
    add.extend(packages);
    for command in [&mut fetch, &mut add] {
        command.splice(0..0, prefix.iter().copied());
        println!("{}", command.join(" "));
        let status = Command::new(command[0]).args(&command[1..]).env("DEBIAN_FRONTEND", "noninteractive").status();
        if !status.is_ok_and(|s| s.success()) {
            return Err(format!("`{}` failed", command.join(" ")));
        }
    }
    Ok(())
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|s| s.success())
}
