//! Vocabularies of Hugging Face folders: `tokenizer.json` and what the files beside it say about special tokens.

use super::{Kind, Token, TokenizerError, byte_level, pieces};
use serde_json::Value;

/// The largest vocabularies have about 260,000 tokens.
const MAX_ID: u32 = 1 << 21;

/// The files that speak of tokens.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Settings {
    /// `tokenizer.json`.
    pub tokenizer: Value,
    /// `tokenizer_config.json`; null if there is none.
    pub tokenizer_config: Value,
    /// `config.json` and `generation_config.json`.
    pub configs: [Value; 2],
}

#[derive(Debug)]
pub(super) struct Pretrained {
    tokenizer: tokenizers::Tokenizer,
    is_byte_level: bool,
}

impl Pretrained {
    /// The steps from text to ids without special tokens, which are the caller's affair, and all tokens.
    pub fn new(settings: &Settings) -> Result<(Self, Vec<Token>), TokenizerError> {
        let mut steps = settings.tokenizer.clone();
        let kind = steps["model"]["type"].as_str().unwrap_or("BPE");
        if kind != "BPE" {
            let (key, expected) = ("tokenizer.json: model.type", "`BPE`");
            return Err(TokenizerError::Unknown { key, expected, found: kind.into() });
        }
        for key in ["added_tokens", "post_processor", "truncation", "padding"] {
            steps[key] = if key == "added_tokens" { Value::Array(Vec::new()) } else { Value::Null };
        }
        let broken = |error: String| TokenizerError::Broken(format!("tokenizer.json: {error}"));
        let is_byte_level = mentions(&steps["decoder"], "ByteLevel");
        let bytes = serde_json::to_vec(&steps).map_err(|error| broken(error.to_string()))?;
        let tokenizer = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| broken(error.to_string()))?;
        let tokens = tokens(&tokenizer, &settings.tokenizer["added_tokens"], is_byte_level)?;
        Ok((Self { tokenizer, is_byte_level }, tokens))
    }

    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        // Fails only where a pattern gives up on hostile text; such text is not read.
        if let Ok(encoding) = self.tokenizer.encode_fast(text, false) {
            ids.extend(encoding.get_ids());
        }
    }

    pub fn bytes(&self, token: &str) -> Vec<u8> {
        if self.is_byte_level { byte_level::bytes(token) } else { token.replace(pieces::SPACE, " ").into_bytes() }
    }
}

/// Whether a step is, or has among its parts, one of this type.
fn mentions(step: &Value, kind: &str) -> bool {
    let parts = ["decoders", "processors"].into_iter().filter_map(|key| step[key].as_array()).flatten();
    step["type"] == kind || parts.into_iter().any(|part| part["type"] == kind)
}

fn tokens(tokenizer: &tokenizers::Tokenizer, added: &Value, is_byte_level: bool) -> Result<Vec<Token>, TokenizerError> {
    let kind = |text: &str| match pieces::byte(text) {
        Some(_) if !is_byte_level => Kind::Byte,
        _ => Kind::Normal,
    };
    let mut known: Vec<(u32, Token)> = Vec::new();
    for (text, id) in tokenizer.get_vocab(false) {
        known.push((id, Token { kind: kind(&text), text }));
    }
    for token in added.as_array().into_iter().flatten() {
        let id = token["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let (Some(id), Some(text)) = (id, token["content"].as_str()) else {
            return Err(TokenizerError::Broken(format!("added token: expected `id` and `content`, found {token}")));
        };
        let kind = if token["special"] == true { Kind::Control } else { Kind::User };
        known.push((id, Token { text: text.into(), kind }));
    }
    let count = known.iter().map(|(id, _)| *id).max().map_or(0, |last| last.saturating_add(1));
    if !(1..=MAX_ID).contains(&count) {
        return Err(TokenizerError::Broken(format!("ids below {MAX_ID} expected, found {count} ids")));
    }
    let mut tokens = vec![Token { text: String::new(), kind: Kind::Normal }; count as usize];
    // Added ones come last and take the place of others.
    known.into_iter().for_each(|(id, token)| tokens[id as usize] = token);
    Ok(tokens)
}

impl Settings {
    /// The token that every text begins with, if the files say so.
    pub(super) fn first(&self, tokens: &[Token]) -> Option<u32> {
        let processor = &self.tokenizer["post_processor"];
        let parts = processor["processors"].as_array().into_iter().flatten().chain([processor]);
        let template = parts.into_iter().find(|part| part["type"] == "TemplateProcessing");
        let by_template = template.and_then(|template| template["single"][0]["SpecialToken"]["id"].as_str());
        let by_config = self.named("bos_token").filter(|_| self.tokenizer_config["add_bos_token"] == true);
        id(tokens, by_template.or(by_config)?)
    }

    /// The tokens that end a reply.
    pub(super) fn ends(&self, tokens: &[Token]) -> Vec<u32> {
        let of = |config: &Value| match &config["eos_token_id"] {
            Value::Array(ids) => ids.iter().filter_map(Value::as_u64).collect::<Vec<_>>(),
            one => one.as_u64().into_iter().collect(),
        };
        let listed = self.configs.iter().flat_map(of).filter_map(|id| u32::try_from(id).ok());
        listed.chain(self.named("eos_token").and_then(|name| id(tokens, name))).collect()
    }

    /// The chat template beside the vocabulary, if there is one.
    pub fn template(&self) -> Option<&str> {
        let template = &self.tokenizer_config["chat_template"];
        let of_name = |name: &str| template.as_array()?.iter().find(|entry| entry["name"] == name)?["template"].as_str();
        template.as_str().or_else(|| of_name("default"))
    }

    fn named(&self, key: &str) -> Option<&str> {
        let token = &self.tokenizer_config[key];
        token.as_str().or_else(|| token["content"].as_str())
    }
}

fn id(tokens: &[Token], text: &str) -> Option<u32> {
    tokens.iter().position(|token| token.text == text).map(|at| at as u32)
}
