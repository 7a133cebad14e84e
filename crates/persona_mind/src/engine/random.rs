//! Model files of random weights in the shapes of known models: for benchmarks that anyone can repeat, without a download.

mod known;

use super::decoder::{CacheType, Decoder, TensorSource};
use super::family::{Family, from_metadata};
use super::gguf::{Gguf, TensorPlan, Value, write};
use super::kernel::{Packed, Pool, PoolSettings};
use super::tokenizer::LETTERS;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::cell::RefCell;
use std::io::{self, Cursor, Error, ErrorKind, Write};

/// Numbers that are drawn and packed at a time.
const CHUNK: usize = 1 << 20;
const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const CHAT_ML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Sizes of a model; the parts that it is made of follow from its family.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomModel {
    /// Value of `general.name`.
    pub name: &'static str,
    /// What it is made of.
    pub family: Family,
    /// Width.
    pub dim: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads of each layer; 0 for a convolution.
    pub kv_heads: Vec<usize>,
    /// Width of a head.
    pub head_dim: usize,
    /// Inner width of the feed-forward part.
    pub ffn: usize,
    /// Number of token ids, 512 or more.
    pub vocab: usize,
    /// Longest text.
    pub context: usize,
    /// Base of the rotary embedding's wavelengths.
    pub rope_base: f32,
    /// What each pair of a head is slowed by; nothing for most models.
    pub rope_factors: Vec<f32>,
    /// Epsilon of the norms.
    pub eps: f32,
    /// Tokens that a layer with a window sees; 0 if there is no such layer.
    pub window: usize,
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 4 bits, and 6 for the weights that suffer most, as llama.cpp mixes them; 5 and 8 where rows are no multiples of 256.
    Q4KM,
    /// 8 bits.
    Q8,
    /// 16-bit floats.
    F16,
    /// 32-bit floats.
    F32,
}

impl RandomModel {
    /// Writes a model file that this library and llama.cpp can read. Its vocabulary has all bytes and made-up pieces. The
    /// same seed gives the same file.
    ///
    /// # Errors
    /// If the sizes make no model, or the writer fails.
    pub fn write<W: Write>(&self, precision: Precision, seed: u64, writer: &mut W) -> io::Result<()> {
        let mut metadata = self.metadata();
        metadata.extend(self.vocabulary()?);
        let plans = self.plans(&metadata, precision)?;
        let number = |plan: &TensorPlan| plans.iter().position(|p| p == plan).unwrap_or_default() as u64;
        write(writer, &metadata, &plans, |plan| match plan.name.as_str() {
            "rope_freqs.weight" => Ok(self.rope_factors.iter().flat_map(|factor| factor.to_le_bytes()).collect()),
            _ => drawn(plan, seed.wrapping_add(number(plan) << 32)),
        })
    }

    fn metadata(&self) -> Vec<(String, Value)> {
        let size = |size: usize| Value::Unsigned(size as u64);
        let kv_heads = self.kv_heads.iter().map(|heads| *heads as i64).collect();
        let is_gpt_2 = self.family == Family::Gpt2;
        let mut own = vec![
            ("context_length", size(self.context)),
            ("embedding_length", size(self.dim)),
            ("block_count", size(self.kv_heads.len())),
            ("feed_forward_length", size(self.ffn)),
            ("attention.head_count", size(self.heads)),
            (
                if is_gpt_2 { "attention.layer_norm_epsilon" } else { "attention.layer_norm_rms_epsilon" },
                Value::Float(self.eps.into()),
            ),
        ];
        if !is_gpt_2 {
            own.extend([
                ("attention.head_count_kv", Value::Integers(kv_heads)),
                ("attention.key_length", size(self.head_dim)),
                ("attention.value_length", size(self.head_dim)),
                ("rope.dimension_count", size(self.head_dim)),
                ("rope.freq_base", Value::Float(self.rope_base.into())),
            ]);
        }
        if self.window > 0 {
            own.push(("attention.sliding_window", size(self.window)));
        }
        if self.family == Family::Lfm2 {
            own.extend([("shortconv.l_cache", size(3)), ("vocab_size", size(self.vocab))]);
        }
        let architecture = self.family.architecture();
        let named = [
            ("general.architecture", Value::Text(architecture.into())),
            ("general.name", Value::Text(format!("{}, random weights", self.name))),
        ];
        let of_family = own.into_iter().map(|(key, value)| (format!("{architecture}.{key}"), value));
        named.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(of_family).collect()
    }

    /// Byte-level BPE: every byte, then pieces of which each goes on from an earlier one with one more letter.
    fn vocabulary(&self) -> io::Result<Vec<(String, Value)>> {
        let pieces = self.vocab.checked_sub(CONTROL.len()).filter(|pieces| *pieces > 2 * LETTERS.len());
        let pieces =
            pieces.ok_or_else(|| wrong(format!("a vocabulary of more than 512 tokens expected, found {}", self.vocab)))?;
        let mut tokens: Vec<String> = LETTERS.iter().map(char::to_string).collect();
        let mut merges = Vec::new();
        while tokens.len() < pieces {
            let made = merges.len();
            let (start, letter) = (&tokens[made / LETTERS.len()], LETTERS[made % LETTERS.len()]);
            merges.push(format!("{start} {letter}"));
            tokens.push(format!("{start}{letter}"));
        }
        tokens.extend(CONTROL.map(str::to_owned));
        let kinds = (0..tokens.len()).map(|id| if id < pieces { 1 } else { 3 }).collect();
        let id = |control: usize| Value::Unsigned((pieces + control) as u64);
        let entries = [
            ("tokenizer.ggml.model", Value::Text("gpt2".into())),
            ("tokenizer.ggml.pre", Value::Text("gpt-2".into())),
            ("tokenizer.ggml.tokens", Value::Texts(tokens)),
            ("tokenizer.ggml.token_type", Value::Integers(kinds)),
            ("tokenizer.ggml.merges", Value::Texts(merges)),
            ("tokenizer.ggml.bos_token_id", id(0)),
            ("tokenizer.ggml.eos_token_id", id(2)),
            ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
            ("tokenizer.chat_template", Value::Text(CHAT_ML.into())),
        ];
        Ok(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// The tensors that a decoder asks for when it is made from such metadata.
    fn plans(&self, metadata: &[(String, Value)], precision: Precision) -> io::Result<Vec<TensorPlan>> {
        let mut header = Vec::new();
        write(&mut header, metadata, &[], |_| Ok(Vec::new()))?;
        let mut gguf = Gguf::read(Cursor::new(header)).map_err(Error::other)?;
        let (shape, _) = from_metadata(&mut gguf, self.vocab, self.context).map_err(|error| wrong(error.to_string()))?;
        let asked = Asked {
            norm: if self.family == Family::Lfm2 { "token_embd_norm.weight" } else { "output_norm.weight" },
            ..Asked::default()
        };
        let pool = Pool::new(PoolSettings { threads: 1, ..PoolSettings::default() });
        Decoder::new(&asked, shape, CacheType::default(), pool.into()).map_err(|error| wrong(error.to_string()))?;
        let mut tensors = asked.tensors.into_inner();
        if !self.rope_factors.is_empty() {
            tensors.push(("rope_freqs.weight".into(), vec![self.rope_factors.len()]));
        }
        let plan = |(name, shape): (String, Vec<usize>)| {
            let dtype = precision.of(&name, &shape, self.kv_heads.len());
            TensorPlan { name, shape, dtype }
        };
        Ok(tensors.into_iter().map(plan).collect())
    }
}

/// Writes down what a decoder asks for, and answers with what takes no memory: the decoder is of no use.
#[derive(Default)]
struct Asked {
    norm: &'static str,
    tensors: RefCell<Vec<(String, Vec<usize>)>>,
}

impl TensorSource for Asked {
    fn tensor(&self, name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
        self.tensors.borrow_mut().push((name.into(), shape.to_vec()));
        Tensor::zeros((), DType::F32, &Device::Cpu)?.broadcast_as(shape)
    }

    fn matrix(&self, name: &str, shape: [usize; 2], pool: &Pool) -> candle_core::Result<Packed> {
        self.tensors.borrow_mut().push((name.into(), shape.into()));
        Packed::dense(&[0.0], [1, 1], pool).map_err(candle_core::Error::wrap)
    }

    fn has(&self, name: &str) -> bool {
        name == self.norm
    }
}

impl Precision {
    /// How a tensor is stored: norms, biases, positions and convolutions whole.
    fn of(self, name: &str, shape: &[usize], layers: usize) -> GgmlDType {
        let whole = shape.len() == 1 || name.contains("shortconv.conv") || name == "position_embd.weight";
        let row = shape.last().copied().unwrap_or(0);
        let wanted = match self {
            _ if whole => GgmlDType::F32,
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Q8 => GgmlDType::Q8_0,
            Self::Q4KM if name == "token_embd.weight" => GgmlDType::Q6K,
            Self::Q4KM if name.contains("attn_qkv") => GgmlDType::Q5K,
            Self::Q4KM if is_sensitive(name, layers) => GgmlDType::Q6K,
            Self::Q4KM => GgmlDType::Q4K,
        };
        let fits = |dtype: &GgmlDType| row.is_multiple_of(dtype.block_size());
        let instead = match wanted {
            GgmlDType::Q4K => GgmlDType::Q5_0,
            GgmlDType::Q5K => GgmlDType::Q5_1,
            _ => GgmlDType::Q8_0,
        };
        [wanted, instead].into_iter().find(fits).unwrap_or(GgmlDType::F16)
    }
}

/// Values and what leaves the feed-forward part, in the first and last eighth of the layers and in every third between.
fn is_sensitive(name: &str, layers: usize) -> bool {
    let layer = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
    let Some((Ok(layer), part)) = layer.map(|(layer, part)| (layer.parse::<usize>(), part)) else { return false };
    let eighth = layers / 8;
    let is_chosen = layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    is_chosen && (part.starts_with("attn_v.") || part.starts_with("ffn_down."))
}

/// A tensor's stored form: numbers of a size at which signals neither die nor grow.
fn drawn(plan: &TensorPlan, seed: u64) -> io::Result<Vec<u8>> {
    let row = plan.shape.last().copied().unwrap_or(1);
    let (middle, width) = match plan.shape.len() {
        1 if plan.name.ends_with("norm.weight") => (1.0, 0.1),
        1 => (0.0, 0.1),
        _ => (0.0, (row as f32).powf(-0.5)),
    };
    let count: usize = plan.shape.iter().product();
    let chunk = (CHUNK / row).max(1) * row;
    let part = |(i, start): (usize, usize)| -> io::Result<Vec<u8>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(i as u64));
        let numbers: Vec<f32> =
            (0..chunk.min(count - start)).map(|_| middle + width * rng.sample::<f32, _>(StandardNormal)).collect();
        let packed = Tensor::from_vec(numbers, chunk.min(count - start), &Device::Cpu)
            .and_then(|numbers| QTensor::quantize(&numbers, plan.dtype))
            .and_then(|packed| Ok(packed.data()?.into_owned()));
        packed.map_err(Error::other)
    };
    let starts: Vec<(usize, usize)> = (0..count).step_by(chunk).enumerate().collect();
    Ok(starts.into_par_iter().map(part).collect::<io::Result<Vec<_>>>()?.concat())
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}
