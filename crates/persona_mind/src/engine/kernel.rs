//! The arithmetic of decoders: matrices laid out for the processor, products, attention, and the threads that do it.

mod attention;
mod blocks;
mod elsewhere;
mod floats;
mod inputs;
mod memory;
mod packed;
mod page;
mod place;
mod pool;
mod tile;
mod tiles;
mod vectors;

pub use attention::{Attend, attend_all};
pub use inputs::Inputs;
pub use packed::{KernelError, Packed};
pub use page::{PAGE, Page};
pub use place::Place;
pub(crate) use pool::give_way;
pub use pool::{Pool, PoolSettings, Priority};
