/// Keys and values of the tokens computed so far.
///
/// Grows in place; [`Cache::truncate`] forgets the end; a clone is an independent fork.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    layers: Vec<(Vec<f32>, Vec<f32>)>,
    width: usize,
    len: usize,
}

impl Cache {
    pub(super) fn new(layers: usize, width: usize) -> Self {
        Self { layers: vec![(Vec::new(), Vec::new()); layers], width, len: 0 }
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been computed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all but the first `len` tokens.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        for (keys, values) in &mut self.layers {
            keys.truncate(self.len * self.width);
            values.truncate(self.len * self.width);
        }
    }

    pub(super) fn append(&mut self, layer: usize, keys: &[f32], values: &[f32]) {
        self.layers[layer].0.extend_from_slice(keys);
        self.layers[layer].1.extend_from_slice(values);
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.len += tokens;
    }

    pub(super) fn layer(&self, layer: usize) -> (&[f32], &[f32]) {
        (&self.layers[layer].0, &self.layers[layer].1)
    }
}
