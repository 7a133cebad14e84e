//! Authors' tests and the authors' command, as a writer meets them.

mod command;
mod damaged;
mod shipped;
mod wrong;
