//! Keys and values that are not rounded: what quick attention is measured by, and for models too small to care.

use super::pages::{PageType, Stack};
use crate::engine::kernel::PAGE;

/// Keys and values of [`PAGE`] tokens as 32-bit floats, `[tokens, kv_heads, head_dim]` each.
#[derive(Clone, Debug)]
pub(in crate::engine::decoder) struct ExactPage {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl PageType for ExactPage {
    fn new(heads: [usize; 2]) -> Self {
        let empty = vec![0.0; PAGE * heads.iter().product::<usize>()];
        Self { keys: empty.clone(), values: empty }
    }

    fn restored(heads: [usize; 2], bytes: &[u8]) -> Self {
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let numbers: Vec<f32> = bytes.chunks_exact(size_of::<f32>()).map(number).collect();
        let (keys, values) = numbers.split_at(PAGE * heads.iter().product::<usize>());
        Self { keys: keys.to_vec(), values: values.to_vec() }
    }

    fn size(heads: [usize; 2]) -> usize {
        2 * size_of::<f32>() * PAGE * heads.iter().product::<usize>()
    }

    fn store(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.keys.iter().chain(&self.values).flat_map(|number| number.to_le_bytes()));
    }

    fn write(&mut self, slot: usize, key: &[f32], value: &[f32]) {
        self.keys[slot * key.len()..][..key.len()].copy_from_slice(key);
        self.values[slot * value.len()..][..value.len()].copy_from_slice(value);
    }
}

impl Stack<ExactPage> {
    /// One token's query heads over the keys of the tokens `seen`.
    pub fn attend(&self, query: &[f32], seen: std::ops::Range<usize>, scale: f32, out: &mut [f32]) {
        let [kv_heads, head_dim] = self.heads();
        let group = query.len() / head_dim / kv_heads;
        let at = |token: usize, head: usize| (token % PAGE * kv_heads + head / group) * head_dim;
        let mut weights = vec![0.0; seen.len()];
        for (head, (query, out)) in query.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
            for (weight, token) in weights.iter_mut().zip(seen.clone()) {
                let key = &self.pages()[token / PAGE].keys[at(token, head)..];
                *weight = scale * query.iter().zip(key).map(|(a, b)| a * b).sum::<f32>();
            }
            let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            weights.iter_mut().for_each(|weight| *weight = (*weight - top).exp());
            let sum: f32 = weights.iter().sum();
            out.fill(0.0);
            for (weight, token) in weights.iter().zip(seen.clone()) {
                let value = &self.pages()[token / PAGE].values[at(token, head)..];
                out.iter_mut().zip(value).for_each(|(out, value)| *out += weight / sum * value);
            }
        }
    }
}
