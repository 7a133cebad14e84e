//! Keys and values of some tokens, as attention takes them.

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Tokens of a page.
pub const PAGE: usize = 32;

/// Keys and values of up to [`PAGE`] tokens of one layer's text as 16-bit floats.
#[derive(Clone, Debug)]
pub struct Page {
    head_dim: usize,
    /// `[kv_heads, head_dim, PAGE]`: a number of all tokens side by side, so that a query is compared with all at once.
    keys: Vec<f16>,
    /// `[kv_heads, PAGE, head_dim]`.
    values: Vec<f16>,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(kv_heads: usize, head_dim: usize) -> Self {
        let empty = vec![f16::ZERO; PAGE * kv_heads * head_dim];
        Self { head_dim, keys: empty.clone(), values: empty }
    }

    /// Puts in one token's key and value, `[kv_heads, head_dim]`.
    ///
    /// # Panics
    /// If there is no such slot, or a size does not fit.
    pub fn write(&mut self, slot: usize, key: &[f32], value: &[f32]) {
        assert!(slot < PAGE && key.len() * PAGE == self.keys.len() && value.len() == key.len(), "a token of this page");
        for (place, number) in self.keys[slot..].iter_mut().step_by(PAGE).zip(key) {
            *place = f16::from_f32(*number);
        }
        let heads = self.values.chunks_exact_mut(PAGE * self.head_dim);
        for (head, value) in heads.zip(value.chunks_exact(self.head_dim)) {
            head[slot * self.head_dim..][..self.head_dim].convert_from_f32_slice(value);
        }
    }

    /// Keys of one head, `[head_dim, PAGE]`.
    pub(super) fn keys(&self, kv_head: usize) -> &[f16] {
        &self.keys[kv_head * PAGE * self.head_dim..][..PAGE * self.head_dim]
    }

    /// Values of one head, `[PAGE, head_dim]`.
    pub(super) fn values(&self, kv_head: usize) -> &[f16] {
        &self.values[kv_head * PAGE * self.head_dim..][..PAGE * self.head_dim]
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
        assert_eq!(keys.len(), values.len(), "bytes of one page");
        Self { head_dim, keys: keys.to_vec(), values: values.to_vec() }
    }
}
