//! Causal attention over pages.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use super::Pool;
use super::page::{PAGE, Page};
use super::vectors::Vectors;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Queries of one head of keys that are worked on together: what is read of keys and values serves them all.
const TOGETHER: usize = 8;
/// Tokens of a part of the work.
const TOKENS: usize = 32;

/// Attention of several texts: each head of keys and each 32 tokens of a text are a part of the work.
///
/// # Panics
/// If sizes do not fit.
pub fn attend_all(tasks: &mut [Attend], pool: &Pool) {
    let mut parts: Vec<(usize, usize, Range<usize>)> = Vec::new();
    for (i, task) in tasks.iter().enumerate() {
        let tokens = task.check();
        let ranges = (0..tokens).step_by(TOKENS).map(|first| first..(first + TOKENS).min(tokens));
        // Those that see most come first.
        parts.extend(ranges.rev().flat_map(|range| (0..task.kv_heads).map(move |head| (i, head, range.clone()))));
    }
    let tasks: Vec<Mutex<&mut Attend>> = tasks.iter_mut().map(Mutex::new).collect();
    let lock = |i: usize| tasks[i].lock().unwrap_or_else(PoisonError::into_inner);
    pool.run(parts.len(), &|part| {
        let (i, kv_head, tokens) = parts[part].clone();
        let head = Head::new(&lock(i), kv_head);
        let mixed = head.mix(tokens.clone());
        head.put(tokens, &mixed, lock(i).out);
    });
}

impl Attend<'_> {
    /// The number of its tokens, if all sizes fit.
    fn check(&self) -> usize {
        let width = self.heads * self.head_dim;
        let tokens = self.queries.len() / width;
        assert!(self.queries.len() == tokens * width && self.out.len() == self.queries.len(), "whole tokens");
        assert!(self.heads.is_multiple_of(self.kv_heads) && self.window > 0, "heads in groups, each seeing a token at least");
        assert!(self.pages.len() * PAGE >= self.start + tokens, "a page for each token");
        tokens
    }
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
    kv_head: usize,
    /// Query heads that share the keys.
    group: Range<usize>,
}

/// A query, and the tokens that it sees.
#[derive(Clone)]
struct Row<'a> {
    query: &'a [f32],
    seen: Range<usize>,
}

impl<'a> Head<'a> {
    fn new(task: &Attend<'a>, kv_head: usize) -> Self {
        let Attend { queries, start, heads, kv_heads, head_dim, pages, window, scale, .. } = *task;
        let group = heads / kv_heads;
        let group = kv_head * group..(kv_head + 1) * group;
        Self { queries, pages, start, heads, head_dim, window, scale, kv_head, group }
    }

    /// What each query takes from the values: `[tokens, group, head_dim]`.
    fn mix(&self, tokens: Range<usize>) -> Vec<f32> {
        let mut mixed = vec![0.0; tokens.len() * self.group.len() * self.head_dim];
        let rows: Vec<Row> = tokens.flat_map(|token| self.group.clone().map(move |head| self.row(token, head))).collect();
        let mut weights = Vec::new();
        for (rows, out) in rows.chunks(TOGETHER).zip(mixed.chunks_mut(TOGETHER * self.head_dim)) {
            self.mix_rows(rows, &mut weights, out);
        }
        mixed
    }

    fn row(&self, token: usize, head: usize) -> Row<'a> {
        let end = self.start + token + 1;
        let query = &self.queries[(token * self.heads + head) * self.head_dim..][..self.head_dim];
        Row { query, seen: end.saturating_sub(self.window)..end }
    }

    /// Scores of all pages that are seen, then their shares, then what the values come to.
    fn mix_rows(&self, rows: &[Row], weights: &mut Vec<f32>, out: &mut [f32]) {
        let first = rows.iter().map(|row| row.seen.start).min().unwrap_or(0) / PAGE;
        let last = rows.iter().map(|row| row.seen.end).max().unwrap_or(0).div_ceil(PAGE);
        let length = (last - first) * PAGE;
        weights.clear();
        weights.resize(rows.len() * length, 0.0);
        let queries: Vec<&[f32]> = rows.iter().map(|row| row.query).collect();
        let pages = &self.pages[first..last];
        for (at, page) in pages.iter().enumerate() {
            // Values are needed next.
            let ahead = pages.get(at + 1).map_or_else(|| pages[0].values(self.kv_head), |page| page.keys(self.kv_head));
            scores(page.keys(self.kv_head), ahead, &queries, &mut weights[at * PAGE..], length);
        }
        for (row, weights) in rows.iter().zip(weights.chunks_exact_mut(length)) {
            let seen = row.seen.start - first * PAGE..row.seen.end - first * PAGE;
            weights[..seen.start].fill(0.0);
            weights[seen.end..].fill(0.0);
            shares(&mut weights[seen], self.scale);
        }
        for (at, page) in pages.iter().enumerate() {
            let ahead = pages.get(at + 1).unwrap_or(page).values(self.kv_head);
            add_values(page.values(self.kv_head), ahead, &weights[at * PAGE..], length, out, self.head_dim);
        }
    }

    fn put(&self, tokens: Range<usize>, mixed: &[f32], out: &mut [f32]) {
        let width = self.group.len() * self.head_dim;
        let rows = out.chunks_exact_mut(self.heads * self.head_dim).skip(tokens.start);
        for (row, mixed) in rows.zip(mixed.chunks_exact(width)) {
            row[self.group.start * self.head_dim..][..width].copy_from_slice(mixed);
        }
    }
}

/// Products of a page's keys, `[head_dim, PAGE]`, with each query; they go to `weights`, `stride` apart. `ahead` is what will be
/// read next.
fn scores(keys: &[half::f16], ahead: &[half::f16], queries: &[&[f32]], weights: &mut [f32], stride: usize) {
    match Vectors::here() {
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => avx512::scores(keys, ahead, queries, weights, stride),
        #[cfg(target_arch = "x86_64")]
        Vectors::AvxVnni | Vectors::Avx2 => avx2::scores(keys, queries, weights, stride),
        _ => {
            let _ = ahead;
            plain::scores(keys, queries, weights, stride);
        }
    }
}

/// Turns scores times `scale` to shares of 1.
fn shares(scores: &mut [f32], scale: f32) {
    match Vectors::here() {
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => avx512::shares(scores, scale),
        _ => plain::shares(scores, scale),
    }
}

/// Adds a page's values, `[PAGE, head_dim]`, to each row of `out`, by its weights, which are `stride` apart. `ahead` is what will
/// be read next.
fn add_values(values: &[half::f16], ahead: &[half::f16], weights: &[f32], stride: usize, out: &mut [f32], head_dim: usize) {
    match Vectors::here() {
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => avx512::add_values(values, ahead, weights, stride, out, head_dim),
        #[cfg(target_arch = "x86_64")]
        Vectors::AvxVnni | Vectors::Avx2 => avx2::add_values(values, weights, stride, out, head_dim),
        _ => {
            let _ = ahead;
            plain::add_values(values, weights, stride, out, head_dim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    fn numbers(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin() * 2.0).collect()
    }

    #[test]
    fn the_plain_form_and_the_processors_agree() {
        for (dim, rows) in [(8, 1), (12, 3), (64, 2), (80, 4), (128, 5), (128, 8), (96, 6), (40, 7), (130, 1)] {
            let page: Vec<f16> = numbers(PAGE * dim, 0.37).into_iter().map(f16::from_f32).collect();
            let queries = numbers(rows * dim, 0.71);
            let queries: Vec<&[f32]> = queries.chunks_exact(dim).collect();
            let stride = 40;
            let (mut quick, mut plain) = (vec![0.0; rows * stride], vec![0.0; rows * stride]);
            scores(&page, &page, &queries, &mut quick, stride);
            plain::scores(&page, &queries, &mut plain, stride);
            near(&quick, &plain, "scores");
            #[cfg(target_arch = "x86_64")]
            if Vectors::Avx2.are_here() {
                let mut quick = vec![0.0; rows * stride];
                avx2::scores(&page, &queries, &mut quick, stride);
                near(&quick, &plain, "scores by AVX2");
            }
            for (quick, plain) in quick.chunks_exact_mut(stride).zip(plain.chunks_exact_mut(stride)) {
                shares(&mut quick[..29], 0.3);
                plain::shares(&mut plain[..29], 0.3);
            }
            near(&quick, &plain, "shares");
            let (mut out, mut expected) = (numbers(rows * dim, 0.1), numbers(rows * dim, 0.1));
            add_values(&page, &page, &plain, stride, &mut out, dim);
            plain::add_values(&page, &plain, stride, &mut expected, dim);
            near(&out, &expected, "values");
            #[cfg(target_arch = "x86_64")]
            if Vectors::Avx2.are_here() {
                let mut out = numbers(rows * dim, 0.1);
                avx2::add_values(&page, &plain, stride, &mut out, dim);
                near(&out, &expected, "values by AVX2");
            }
        }
    }

    #[track_caller]
    fn near(found: &[f32], expected: &[f32], what: &str) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{what}: {found} and {expected}");
        }
    }

    #[test]
    fn scores_far_apart_are_no_trouble() {
        for values in [vec![-1e30, 0.0, 1e30], vec![-200.0, 0.0, 80.0], vec![f32::NEG_INFINITY, 3.0, 3.0], vec![7.0]] {
            let mut found = values.clone();
            shares(&mut found, 1.0);
            let sum: f32 = found.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5 && found.iter().all(|x| x.is_finite()), "{values:?} gave {found:?}");
        }
    }
}
