//! The command line.

use std::path::PathBuf;

/// An evening in the Gilded Oak: walk, look, and talk to two people who know different things.
///
/// Without a display, or with --headless, the same room is rendered off-screen, you talk in the terminal, and pictures are saved.
#[derive(clap::Parser, Debug)]
pub struct Options {
    /// Run this script and leave; implies --headless
    #[arg(long)]
    pub script: Option<PathBuf>,
    /// Folder for pictures and the transcript
    #[arg(long, default_value = "out/tavern")]
    pub out: PathBuf,
    /// Open no window even if there is a display
    #[arg(long)]
    pub headless: bool,
    /// Seed of all chance, so that a conversation can be repeated
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Seconds after which a script is given up
    #[arg(long, default_value_t = 600)]
    pub deadline: u64,
    /// A GGUF model to answer instead of the built-in one
    #[arg(long)]
    pub model: Option<PathBuf>,
}

impl Options {
    /// Whether there is to be a window.
    pub fn window(&self) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let display = !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY");
        display && !self.headless && self.script.is_none()
    }
}
