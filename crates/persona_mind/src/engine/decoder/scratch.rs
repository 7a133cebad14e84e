use crate::engine::kernel::Inputs;

/// Room for what is computed within a step; it is kept from step to step.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The residual stream: `[rows, dim]`.
    pub stream: Buffer,
    /// What the matrices of a part are multiplied by.
    pub inputs: Inputs,
    /// What a part makes of the stream, before it is added: `[rows, dim]`.
    pub change: Buffer,
    /// Three inner results of a part, such as queries, keys and values.
    pub inner: [Buffer; 3],
    /// Results of matrices that are several in one.
    pub fused: Buffer,
    /// What goes into a part's last matrix.
    pub mixed: Buffer,
}

/// Numbers that are overwritten before they are read.
#[derive(Debug, Default)]
pub(super) struct Buffer(Vec<f32>);

impl Buffer {
    /// As many numbers, whatever they are.
    pub fn sized(&mut self, len: usize) -> &mut [f32] {
        self.0.resize(len, 0.0);
        &mut self.0
    }

    /// The numbers as they were left.
    pub fn get(&self) -> &[f32] {
        &self.0
    }

    /// The numbers as they were left, to be changed.
    pub fn get_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }

    /// No numbers.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds numbers.
    pub fn extend(&mut self, numbers: &[f32]) {
        self.0.extend_from_slice(numbers);
    }
}
