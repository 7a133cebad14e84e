//! `persona bench game`: a long game at speed.

use std::error::Error;

#[derive(clap::Args, Debug)]
pub(crate) struct GameArgs {}

pub(crate) fn run(_args: &GameArgs) -> Result<(), Box<dyn Error>> {
    Ok(())
}
