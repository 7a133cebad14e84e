use super::Family;

/// What is done to a tensor of Hugging Face's so that it is what a GGUF file would hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Change {
    None,
    /// Stored `[input, output]`.
    Transposed,
    /// A norm's weight less 1.
    PlusOne,
    /// A convolution's weight, stored `[channels, 1, kernel]`.
    Squeezed,
}

/// Parts outside of layers, and in layers: GGUF's name and Hugging Face's.
type Names = [(&'static str, &'static str)];

const LLAMA: &Names = &[
    ("token_embd", "model.embed_tokens"),
    ("output_norm", "model.norm"),
    ("output", "lm_head"),
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_qkv", "self_attn.qkv_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];
const GEMMA_3: &Names = &[
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];
const PHI_3: &Names = &[("ffn_up", "mlp.gate_up_proj")];
const LFM_2: &Names = &[
    ("output_norm", "model.embedding_norm"),
    ("attn_norm", "operator_norm"),
    ("attn_output", "self_attn.out_proj"),
    ("attn_q_norm", "self_attn.q_layernorm"),
    ("attn_k_norm", "self_attn.k_layernorm"),
    ("shortconv.conv", "conv.conv"),
    ("shortconv.in_proj", "conv.in_proj"),
    ("shortconv.out_proj", "conv.out_proj"),
    ("ffn_norm", "ffn_norm"),
    ("ffn_gate", "feed_forward.w1"),
    ("ffn_up", "feed_forward.w3"),
    ("ffn_down", "feed_forward.w2"),
];
const GPT_2: &Names = &[
    ("token_embd", "transformer.wte"),
    ("position_embd", "transformer.wpe"),
    ("output_norm", "transformer.ln_f"),
    ("attn_norm", "ln_1"),
    ("attn_qkv", "attn.c_attn"),
    ("attn_output", "attn.c_proj"),
    ("ffn_norm", "ln_2"),
    ("ffn_up", "mlp.c_fc"),
    ("ffn_down", "mlp.c_proj"),
];

/// Hugging Face's name of a tensor, and what is to be done to it; `None` if the family has no such tensor.
pub(in crate::engine) fn hugging_face_name(family: Family, name: &str) -> Option<(String, Change)> {
    let (stem, end) = name.rsplit_once('.')?;
    let (own, layers): (&Names, &str) = match family {
        Family::Gemma3 => (GEMMA_3, "model.layers"),
        Family::Phi3 => (PHI_3, "model.layers"),
        Family::Lfm2 => (LFM_2, "model.layers"),
        Family::Gpt2 => (GPT_2, "transformer.h"),
        Family::Llama | Family::Qwen2 | Family::Qwen3 | Family::SmolLm3 => (&[], "model.layers"),
    };
    let found = |part: &str| own.iter().chain(LLAMA).find(|(gguf, _)| *gguf == part).map(|(_, theirs)| *theirs);
    let theirs = match stem.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
        Some((layer, part)) => format!("{layers}.{layer}.{}.{end}", found(part)?),
        None => format!("{}.{end}", found(stem)?),
    };
    let change = match family {
        Family::Gpt2 if end == "weight" && theirs.contains(".c_") => Change::Transposed,
        Family::Gemma3 if end == "weight" && stem.ends_with("norm") => Change::PlusOne,
        Family::Lfm2 if stem.ends_with("shortconv.conv") && end == "weight" => Change::Squeezed,
        _ => Change::None,
    };
    Some((theirs, change))
}
