//! The project's chores: `cargo xtask play`, `cargo xtask test`, `cargo xtask lint`.

mod setup;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
cargo xtask COMMAND [ARGUMENTS]

Commands:
  play [OPTIONS]    set up the machine, build, and enter the tavern; --script FILE plays a script
  test              set up the machine and run all tests
  lint              formatting, clippy, documentation, and the builds with fewer features
  setup             install, or name, the system packages that are missing

Builds go to the user's cache folder, or to CARGO_TARGET_DIR where that is set.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "play" => setup::run().and_then(|()| play(&rest)),
        "test" => setup::run().and_then(|()| test()),
        "lint" => setup::run().and_then(|()| lint()),
        "setup" => setup::run(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// In a window where there is a display, else in the terminal, with pictures.
fn play(arguments: &[String]) -> Result<(), String> {
    let mut run: Vec<&str> = vec!["run", "--features", "cli", "--example", "tavern", "--"];
    run.extend(arguments.iter().map(String::as_str));
    cargo(&run, &[])
}

fn test() -> Result<(), String> {
    cargo(&["test", "--workspace", "--features", "bevy_persona/cli"], &[])?;
    // The plugin without a renderer is a plugin too.
    cargo(&["test", "--package", "bevy_persona", "--no-default-features", "--lib"], &[])
}

fn lint() -> Result<(), String> {
    let deny = [("RUSTDOCFLAGS", "--deny warnings")];
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--features", "bevy_persona/cli", "--all-targets", "--", "--deny", "warnings"], &[])?;
    cargo(&["clippy", "--package", "bevy_persona", "--no-default-features", "--", "--deny", "warnings"], &[])?;
    cargo(&["doc", "--workspace", "--features", "bevy_persona/cli", "--no-deps"], &deny)
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    println!("cargo {}", arguments.join(" "));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root()).env("CARGO_TARGET_DIR", target_folder());
    command.envs(environment.iter().copied());
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`cargo {}` failed ({status})", arguments.join(" "))) }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Outside the checkout, so that a clean clone builds quickly.
fn target_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = variable("CARGO_TARGET_DIR") {
        return chosen;
    }
    let cache = variable("XDG_CACHE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .or_else(|| variable("HOME").map(|home| home.join(".cache")));
    cache.map_or_else(|| root().join("target"), |cache| cache.join("bevy_persona").join("target"))
}
