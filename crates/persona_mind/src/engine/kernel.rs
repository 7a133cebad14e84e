//! The arithmetic of decoders: matrices laid out for the processor, products, attention, and the threads that do it.

mod blocks;
mod elsewhere;
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
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Attention of several texts: each head of keys of each text is a part of the work.
pub fn attend_all(tasks: &mut [Attend], pool: &Pool) {
    let parts: Vec<(usize, usize)> = tasks.iter().enumerate().flat_map(|(i, t)| (0..t.kv_heads).map(move |h| (i, h))).collect();
    let tasks: Vec<Mutex<&mut Attend>> = tasks.iter_mut().map(Mutex::new).collect();
    let lock = |i: usize| tasks[i].lock().unwrap_or_else(PoisonError::into_inner);
    pool.run(parts.len(), &|part| {
        let (i, kv_head) = parts[part];
        let head = Head::new(&lock(i), kv_head);
        let mixed = head.mix();
        head.put(&mixed, lock(i).out);
    });
}

/// The queries of one head of keys, in one text.
struct Head<'a> {
    queries: &'a [f32],
    pages: &'a [Arc<Page>],
    start: usize,
    heads: usize,
    head_dim: usize,
    window: usize,
    scale: f32,
    /// Query heads that share the keys.
    group: Range<usize>,
    /// Columns of keys and values.
    columns: Range<usize>,
}

impl<'a> Head<'a> {
    fn new(task: &Attend<'a>, kv_head: usize) -> Self {
        let Attend { queries, start, heads, kv_heads, head_dim, pages, window, scale, .. } = *task;
        let (group, columns) = (heads / kv_heads, kv_head * head_dim..(kv_head + 1) * head_dim);
        Self { queries, pages, start, heads, head_dim, window, scale, group: kv_head * group..(kv_head + 1) * group, columns }
    }

    fn tokens(&self) -> usize {
        self.queries.len() / (self.heads * self.head_dim)
    }

    /// The numbers of this head in a row of keys or values, of all tokens from `first` on.
    fn numbers(&self, first: usize, of: fn(&Page) -> &[f16]) -> Vec<f32> {
        let (skipped, dim) = (first / PAGE, self.head_dim);
        let mut numbers = vec![0.0; (self.pages.len() - skipped) * PAGE * dim];
        let rows = self.pages[skipped..].iter().flat_map(|page| of(page).chunks_exact(page.width));
        for (row, to) in rows.zip(numbers.chunks_exact_mut(dim)) {
            row[self.columns.clone()].convert_to_f32_slice(to);
        }
        numbers
    }

    /// What each query takes from the values: `[tokens, group, head_dim]`.
    fn mix(&self) -> Vec<f32> {
        let first = (self.start + 1).saturating_sub(self.window);
        let (keys, values) = (self.numbers(first, |page| &page.keys), self.numbers(first, |page| &page.values));
        let (dim, before) = (self.head_dim, first / PAGE * PAGE);
        let mut mixed = vec![0.0; self.tokens() * self.group.len() * dim];
        let mut weights = Vec::new();
        for (i, out) in mixed.chunks_exact_mut(dim).enumerate() {
            let (token, head) = (i / self.group.len(), self.group.start + i % self.group.len());
            let query = &self.queries[(token * self.heads + head) * dim..][..dim];
            let end = self.start + token + 1;
            let seen = end.saturating_sub(self.window) - before..end - before;
            weights.clear();
            weights.extend(keys[seen.start * dim..seen.end * dim].chunks_exact(dim).map(|key| self.scale * dot(query, key)));
            let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            weights.iter_mut().for_each(|weight| *weight = (*weight - top).exp());
            let share = weights.iter().sum::<f32>().recip();
            for (weight, value) in weights.iter().zip(values[seen.start * dim..].chunks_exact(dim)) {
                out.iter_mut().zip(value).for_each(|(out, value)| *out += weight * share * value);
            }
        }
        mixed
    }

    fn put(&self, mixed: &[f32], out: &mut [f32]) {
        let width = self.group.len() * self.head_dim;
        let rows = out.chunks_exact_mut(self.heads * self.head_dim);
        for (row, mixed) in rows.zip(mixed.chunks_exact(width)) {
            row[self.group.start * self.head_dim..][..width].copy_from_slice(mixed);
        }
    }
}

/// The sum of products, in sixteen sums that the compiler computes side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, rest_a) = a.as_chunks::<16>();
    let (b, rest_b) = b.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for (a, b) in a.iter().zip(b) {
        (0..16).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}
