//! To come.
/// To come.
pub struct Scripted;
