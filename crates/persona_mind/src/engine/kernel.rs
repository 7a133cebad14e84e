//! The arithmetic of decoders, in its plain forms: one thread, and candle's products.

use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use half::f16;
use half::slice::HalfFloatSliceExt;
use std::sync::Arc;
use std::time::Duration;

/// How threads give way to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// As any thread.
    Normal,
    /// Behind all threads of normal priority, such as a game's.
    #[default]
    Low,
}

/// The threads of a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Threads that compute, the caller's among them.
    pub threads: usize,
    /// How they give way to others.
    pub priority: Priority,
    /// How long a thread looks out for more work before it sleeps.
    pub spin: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { threads: 1, priority: Priority::default(), spin: Duration::ZERO }
    }
}

/// Threads that compute together.
#[derive(Debug)]
pub struct Pool;

impl Pool {
    /// A pool of its own threads.
    #[must_use]
    pub fn new(_: PoolSettings) -> Self {
        Self
    }

    /// Threads that compute, the caller's among them.
    #[must_use]
    pub fn threads(&self) -> usize {
        1
    }

    /// Calls `work` with each number below `parts`.
    pub fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..parts).for_each(work);
    }
}

/// Why a matrix cannot be packed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct KernelError(#[from] candle_core::Error);

/// A matrix that is multiplied by.
#[derive(Debug)]
pub struct Packed {
    shape: [usize; 2],
    form: Form,
}

#[derive(Debug)]
enum Form {
    Dense(Tensor),
    Quantised { weight: Arc<QTensor>, product: QMatMul },
}

impl Packed {
    /// A matrix as it is stored in GGUF files.
    ///
    /// # Errors
    /// If the bytes are no such matrix.
    pub fn new(dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], _: &Pool) -> std::result::Result<Self, KernelError> {
        let weight = qtensor_from_ggml(dtype, bytes, shape.to_vec(), &Device::Cpu)?;
        let form = match dtype {
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => Form::Dense(weight.dequantize(&Device::Cpu)?),
            _ => {
                let weight = Arc::new(weight);
                Form::Quantised { product: QMatMul::from_arc(weight.clone())?, weight }
            }
        };
        Ok(Self { shape, form })
    }

    /// A matrix of 32-bit floats, `[output, input]`.
    ///
    /// # Errors
    /// If there are not as many numbers.
    pub fn dense(weight: &[f32], shape: [usize; 2], _: &Pool) -> std::result::Result<Self, KernelError> {
        Ok(Self { shape, form: Form::Dense(Tensor::from_slice(weight, &shape[..], &Device::Cpu)?) })
    }

    /// `y [tokens, output] = x W^T`.
    ///
    /// # Panics
    /// If sizes do not fit.
    pub fn times(&self, x: &Inputs, y: &mut [f32], _: &Pool) {
        y.copy_from_slice(&self.product(x).expect("sizes that fit"));
    }

    fn product(&self, x: &Inputs) -> Result<Vec<f32>> {
        let x = Tensor::from_slice(&x.0, (x.0.len() / self.shape[1], self.shape[1]), &Device::Cpu)?;
        let y = match &self.form {
            Form::Dense(weight) => x.matmul(&weight.t()?)?,
            Form::Quantised { product, .. } => product.forward(&x)?,
        };
        y.flatten_all()?.to_vec1()
    }

    /// A row as 32-bit floats.
    ///
    /// # Panics
    /// If there is none, or `out` has another size.
    pub fn row(&self, index: usize, out: &mut [f32]) {
        out.copy_from_slice(&self.dequantised(index as u32).expect("one of the rows"));
    }

    fn dequantised(&self, index: u32) -> Result<Vec<f32>> {
        let index = Tensor::new(&[index], &Device::Cpu)?;
        let row = match &self.form {
            Form::Dense(weight) => weight.index_select(&index, 0)?,
            Form::Quantised { weight, .. } => weight.embedding(&index)?,
        };
        row.flatten_all()?.to_vec1()
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.form {
            Form::Dense(weight) => size_of::<f32>() * weight.elem_count(),
            Form::Quantised { weight, .. } => weight.storage_size_in_bytes(),
        }
    }
}

/// What matrices are multiplied by.
#[derive(Debug, Default)]
pub struct Inputs(Vec<f32>);

impl Inputs {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows of `width` numbers.
    pub fn set(&mut self, x: &[f32], _width: usize) {
        self.0.clear();
        self.0.extend_from_slice(x);
    }
}

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
