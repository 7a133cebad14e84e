//! What is rendered without a window: views of characters, and things.

mod eye;
mod props;
mod screen;
mod stage;
