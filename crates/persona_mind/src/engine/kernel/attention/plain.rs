//! Attention in plain numbers, on any processor.

use crate::engine::kernel::page::PAGE;
use half::f16;
use half::slice::HalfFloatSliceExt;

pub fn scores(keys: &[f16], queries: &[&[f32]], weights: &mut [f32], stride: usize) {
    let mut numbers = [0.0; PAGE];
    for (row, _) in queries.iter().enumerate() {
        weights[row * stride..][..PAGE].fill(0.0);
    }
    for (place, keys) in keys.chunks_exact(PAGE).enumerate() {
        keys.convert_to_f32_slice(&mut numbers);
        for (row, query) in queries.iter().enumerate() {
            let scores = &mut weights[row * stride..][..PAGE];
            scores.iter_mut().zip(&numbers).for_each(|(score, key)| *score += query[place] * key);
        }
    }
}

pub fn shares(scores: &mut [f32], scale: f32) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, |top, score| top.max(score * scale));
    scores.iter_mut().for_each(|score| *score = (*score * scale - top).exp());
    let share = scores.iter().sum::<f32>().recip();
    scores.iter_mut().for_each(|score| *score *= share);
}

pub fn add_values(values: &[f16], weights: &[f32], stride: usize, out: &mut [f32], head_dim: usize) {
    let mut numbers = vec![0.0; head_dim];
    for (slot, value) in values.chunks_exact(head_dim).enumerate() {
        value.convert_to_f32_slice(&mut numbers);
        for (row, out) in out.chunks_exact_mut(head_dim).enumerate() {
            let weight = weights[row * stride + slot];
            out.iter_mut().zip(&numbers).for_each(|(out, value)| *out += weight * value);
        }
    }
}
