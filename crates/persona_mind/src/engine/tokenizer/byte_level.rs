//! Byte-level BPE: text is split by a pattern, its bytes are written as letters, and merged by rank.

use super::{Token, TokenizerError};
use crate::engine::gguf::Gguf;
use std::io::{Read, Seek};
use std::sync::LazyLock;
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

#[derive(Debug)]
pub(super) struct ByteLevelBpe {
    tokenizer: tokenizers::Tokenizer,
}

/// Where words end, by the name that model files have for it; the patterns are facts of the published tokenizers.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const FALCON_MARKS: &str = r"[\p{P}\$\+<=>\^~\|`]+";

fn patterns(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "default" | "gpt-2" | "gpt2" | "mpt" | "olmo" | "jais" => &[GPT2],
        "llama-bpe" | "llama3" | "llama-v3" | "lfm2" | "smaug-bpe" => &[LLAMA3],
        "qwen2" | "deepseek-r1-qwen" => &[QWEN2],
        "falcon" => &[FALCON_MARKS, GPT2, "[0-9][0-9][0-9]"],
        "starcoder" | "refact" | "smollm" | "command-r" | "codeshell" => &[r"\p{N}", GPT2],
        _ => return None,
    })
}

impl ByteLevelBpe {
    pub fn new<R: Read + Seek>(gguf: &Gguf<R>, tokens: &[Token]) -> Result<Self, TokenizerError> {
        let name = gguf.text("tokenizer.ggml.pre").unwrap_or("default");
        let unknown = || TokenizerError::Unknown {
            key: "tokenizer.ggml.pre",
            expected: "a known way to split text, such as `gpt-2`, `llama-bpe` or `qwen2`",
            found: name.to_owned(),
        };
        let patterns = patterns(name).ok_or_else(unknown)?;
        let merges = gguf.texts("tokenizer.ggml.merges")?.iter().map(|merge| {
            let pair = merge.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
            pair.ok_or_else(|| TokenizerError::Broken(format!("merge `{merge}`: expected two tokens and a space between")))
        });
        let broken = |error: tokenizers::Error| TokenizerError::Broken(error.to_string());
        let vocab = tokens.iter().map(|t| t.text.clone()).zip(0..).collect::<tokenizers::models::bpe::Vocab>();
        let bpe = BPE::builder().vocab_and_merges(vocab, merges.collect::<Result<_, _>>()?).ignore_merges(patterns == [LLAMA3]);
        let mut tokenizer = tokenizers::Tokenizer::new(bpe.build().map_err(broken)?);
        let split = |pattern: &&str| {
            let pattern = SplitPattern::Regex((*pattern).to_owned());
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map(PreTokenizerWrapper::Split)
        };
        let mut steps = patterns.iter().map(split).collect::<Result<Vec<_>, _>>().map_err(broken)?;
        steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, false)));
        tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
        Ok(Self { tokenizer })
    }

    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        // Fails only where a pattern gives up on hostile text; such text is then spelled character by character.
        match self.tokenizer.encode_fast(text, false) {
            Ok(encoding) => ids.extend(encoding.get_ids()),
            Err(_) => text.bytes().for_each(|b| ids.extend(self.tokenizer.token_to_id(&LETTERS[usize::from(b)].to_string()))),
        }
    }
}

/// The letter that each byte is written as.
pub(in crate::engine) static LETTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut spare = 256u32..;
    std::array::from_fn(|byte| match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte as u8),
        _ => spare.next().and_then(char::from_u32).expect("the letters after 255 are characters"),
    })
});

/// The bytes that a token's letters stand for.
pub(super) fn bytes(letters: &str) -> Vec<u8> {
    let byte = |letter: char| LETTERS.iter().position(|l| *l == letter).map(|i| i as u8);
    letters.chars().filter_map(byte).collect()
}
