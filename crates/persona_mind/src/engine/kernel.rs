//! The arithmetic of decoders: matrices laid out for the processor, products, attention, and the threads that do it.

mod blocks;
mod floats;
mod inputs;
mod memory;
mod packed;
mod pool;
mod tile;
mod tiles;

pub use inputs::Inputs;
pub use packed::{KernelError, Packed};
pub use pool::{Pool, PoolSettings, Priority};

use half::f16;
use half::slice::HalfFloatSliceExt;
use std::sync::Arc;

/// Tokens of a page.
pub const PAGE: usize = 32;

/// Keys and values of up to [`PAGE`] tokens of one layer's text as 16-bit floats.
#[derive(Clone, Debug)]
pub struct Page {
    width: usize,
    keys: Vec<f16>,
    values: Vec<f16>,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(kv_heads: usize, head_dim: usize) -> Self {
        let empty = vec![f16::ZERO; PAGE * kv_heads * head_dim];
        Self { width: kv_heads * head_dim, keys: empty.clone(), values: empty }
    }

    /// Puts in one token's key and value, `[kv_heads, head_dim]`.
    ///
    /// # Panics
    /// If there is no such slot, or a size does not fit.
    pub fn write(&mut self, slot: usize, key: &[f32], value: &[f32]) {
        let place = slot * self.width..(slot + 1) * self.width;
        self.keys[place.clone()].convert_from_f32_slice(key);
        self.values[place].convert_from_f32_slice(value);
    }

    /// All of it as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.keys.iter().chain(&self.values).flat_map(|number| number.to_le_bytes()).collect()
    }

    /// The page of bytes that [`Page::to_bytes`] gave.
    ///
    /// # Panics
    /// If there are not as many bytes.
    #[must_use]
    pub fn from_bytes(kv_heads: usize, head_dim: usize, bytes: &[u8]) -> Self {
        let numbers: Vec<f16> = bytes.chunks_exact(2).map(|bytes| f16::from_le_bytes([bytes[0], bytes[1]])).collect();
        let (keys, values) = numbers.split_at(PAGE * kv_heads * head_dim);
        Self { width: kv_heads * head_dim, keys: keys.to_vec(), values: values.to_vec() }
    }
}

/// Causal attention of one text's queries.
#[derive(Debug)]
pub struct Attend<'a> {
    /// `[tokens, heads, head_dim]`.
    pub queries: &'a [f32],
    /// Where the first query stands in the text.
    pub start: usize,
    /// Query heads.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// The text's pages, the queries' own tokens among them.
    pub pages: &'a [Arc<Page>],
    /// Tokens that a query sees, its own among them.
    pub window: usize,
    /// What products of queries and keys are multiplied by.
    pub scale: f32,
    /// As `queries`.
    pub out: &'a mut [f32],
}

/// Attention of several texts.
pub fn attend_all(tasks: &mut [Attend], _: &Pool) {
    for task in tasks {
        (0..task.kv_heads).for_each(|kv_head| attend(task, kv_head));
    }
}

fn attend(task: &mut Attend, kv_head: usize) {
    let Attend { queries, start, heads, kv_heads, head_dim, pages, window, scale, ref mut out } = *task;
    let column = |numbers: fn(&Page) -> &[f16]| -> Vec<f32> {
        let mut column = vec![0.0; pages.len() * PAGE * head_dim];
        let rows = pages.iter().flat_map(|page| numbers(page).chunks_exact(kv_heads * head_dim));
        for (row, to) in rows.zip(column.chunks_exact_mut(head_dim)) {
            row[kv_head * head_dim..(kv_head + 1) * head_dim].convert_to_f32_slice(to);
        }
        column
    };
    let (keys, values) = (column(|page| &page.keys), column(|page| &page.values));
    let mut weights = Vec::new();
    for token in 0..queries.len() / (heads * head_dim) {
        let seen = (start + token + 1).saturating_sub(window)..start + token + 1;
        for head in kv_head * heads / kv_heads..(kv_head + 1) * heads / kv_heads {
            let place = (token * heads + head) * head_dim;
            let (query, out) = (&queries[place..place + head_dim], &mut out[place..place + head_dim]);
            weights.clear();
            for key in keys[seen.start * head_dim..seen.end * head_dim].chunks_exact(head_dim) {
                weights.push(scale * query.iter().zip(key).map(|(a, b)| a * b).sum::<f32>());
            }
            let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            weights.iter_mut().for_each(|weight| *weight = (*weight - top).exp());
            let sum: f32 = weights.iter().sum();
            out.fill(0.0);
            for (weight, value) in weights.iter().zip(values[seen.start * head_dim..].chunks_exact(head_dim)) {
                out.iter_mut().zip(value).for_each(|(out, value)| *out += weight / sum * value);
            }
        }
    }
}
