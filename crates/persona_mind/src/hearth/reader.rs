//! Understanding: what a line means, and which recalled fact answers it.
//!
//! A text encoder reads the line and each relation's words; graph attention lets facts that share a concept
//! inform each other, `h_i' = h_i + elu(sum_j a_ij W h_j)`; a pointer head scores each fact, or none. A relation is
//! read from its words, so predicates that were never trained on work too.

use super::net::{Block, BlockConfig, Init, Linear, Params, RmsNorm, mean_over};
use super::ops::{self, AttnMask};
use candle_core::{Device, Result, Tensor};

/// What is known of a fact besides its relation's words: each 0 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FactFeatures {
    /// The subject is the character itself.
    pub subject_self: bool,
    /// The subject is the speaker.
    pub subject_speaker: bool,
    /// The object is the character itself.
    pub object_self: bool,
    /// The object is the speaker.
    pub object_speaker: bool,
    /// The line names the subject first.
    pub subject_first: bool,
    /// The line names the subject, but not first.
    pub subject_later: bool,
    /// The line names the object first.
    pub object_first: bool,
    /// The line names the object, but not first.
    pub object_later: bool,
    /// The last exchange named the subject.
    pub subject_before: bool,
    /// The last exchange named the object.
    pub object_before: bool,
    /// The fact is a secret.
    pub guarded: bool,
}

/// The number of features, with a constant one.
pub const FEATURES: usize = 12;

impl FactFeatures {
    /// As numbers.
    #[must_use]
    pub fn values(self) -> [f32; FEATURES] {
        [
            self.subject_self,
            self.subject_speaker,
            self.object_self,
            self.object_speaker,
            self.subject_first,
            self.subject_later,
            self.object_first,
            self.object_later,
            self.subject_before,
            self.object_before,
            self.guarded,
            true,
        ]
        .map(f32::from)
    }
}

/// Texts padded to the length of the longest.
#[derive(Clone, Debug)]
pub struct TextBatch {
    ids: Tensor,
    lengths: Vec<usize>,
}

impl TextBatch {
    /// The longest text that is read; what is beyond is cut off.
    pub const MAX_TOKENS: usize = 64;

    /// A batch of texts; an empty text is read as one padding token.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new<T: AsRef<[u32]>>(texts: &[T]) -> Result<Self> {
        let lengths: Vec<usize> = texts.iter().map(|t| t.as_ref().len().clamp(1, Self::MAX_TOKENS)).collect();
        let time = lengths.iter().copied().max().unwrap_or(1);
        let padded = texts.iter().flat_map(|t| t.as_ref().iter().copied().chain(std::iter::repeat(0)).take(time));
        Ok(Self { ids: Tensor::from_iter(padded, &Device::Cpu)?.reshape((texts.len(), time))?, lengths })
    }
}

/// The facts of a batch of briefs, padded to the largest count.
#[derive(Clone, Debug)]
pub struct FactBatch {
    /// For each row and fact, the index of its relation's words: `[batch * facts]`.
    pub phrases: Tensor,
    /// `[batch, facts, FEATURES]`.
    pub features: Tensor,
    /// 0 where two facts share a concept, else -1e9: `[batch, 1, facts, facts]`.
    pub adjacency: Tensor,
    /// How many facts each row has.
    pub counts: Vec<usize>,
}

/// One fact for a [`FactBatch`]: index of its relation's words, its features, and keys of its concepts.
pub type FactRow = (u32, FactFeatures, [u64; 2]);

impl FactBatch {
    /// A batch of rows of facts.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(rows: &[Vec<FactRow>]) -> Result<Self> {
        let facts = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut phrases, mut features, mut adjacency) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            for i in 0..facts {
                let fact = row.get(i);
                phrases.push(fact.map_or(0, |f| f.0));
                features.extend(fact.map_or([0.0; FEATURES], |f| f.1.values()));
                for j in 0..facts {
                    let near = match (fact, row.get(j)) {
                        (Some(a), Some(b)) => a.2.iter().any(|key| b.2.contains(key)),
                        _ => i == j,
                    };
                    adjacency.push(if near { 0.0f32 } else { -1e9 });
                }
            }
        }
        let (batch, device) = (rows.len(), &Device::Cpu);
        Ok(Self {
            phrases: Tensor::from_vec(phrases, batch * facts, device)?,
            features: Tensor::from_vec(features, (batch, facts, FEATURES), device)?,
            adjacency: Tensor::from_vec(adjacency, (batch, 1, facts, facts), device)?,
            counts: rows.iter().map(|r| r.len().max(1)).collect(),
        })
    }
}

/// What the reader makes of a batch of lines.
#[derive(Clone, Debug)]
pub struct Reading {
    /// `[batch, intents]`.
    pub intents: Tensor,
    /// `[batch, facts + 1]`: the last column stands for none; columns past a row's count are -1e9.
    pub facts: Tensor,
    /// Lines in the space where relations are compared, unit length: `[batch, dim]`.
    pub questions: Tensor,
    /// Relations in the same space: `[phrases, dim]`.
    pub relations: Tensor,
    /// `[batch, dim]`: for the choice of actions.
    pub lines: Tensor,
}

/// Sizes of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderConfig {
    /// Sizes of a block.
    pub block: BlockConfig,
    /// Number of blocks.
    pub layers: usize,
    /// Number of token ids.
    pub vocab: usize,
    /// Number of intents.
    pub intents: usize,
}

/// The reader's parameters.
#[derive(Clone, Debug)]
pub struct Reader {
    embed: Tensor,
    blocks: Vec<Block>,
    norm: RmsNorm,
    intent: Linear,
    question: Linear,
    relation: Linear,
    node: Linear,
    feature: Linear,
    feature_query: Linear,
    graph: GraphAttention,
    pointer_query: Linear,
    pointer_key: Linear,
    none: Linear,
    action_query: Linear,
    action_key: Linear,
}

impl Reader {
    /// A reader with parameters from `params`.
    ///
    /// # Errors
    /// If a parameter is absent or has another shape.
    pub fn new(params: Params, config: ReaderConfig) -> Result<Self> {
        let dim = config.block.dim;
        Ok(Self {
            embed: params.get("token_embd.weight", &[config.vocab, dim], Init::Normal(0.05))?,
            blocks: (0..config.layers).map(|i| Block::new(params, i, config.block)).collect::<Result<_>>()?,
            norm: RmsNorm::new(params, "norm", dim)?,
            intent: Linear::with_bias(params, "intent", dim, config.intents)?,
            question: Linear::new(params, "question", dim, dim)?,
            relation: Linear::new(params, "relation", dim, dim)?,
            node: Linear::new(params, "node", dim, dim)?,
            feature: Linear::new(params, "feature", FEATURES, dim)?,
            feature_query: Linear::with_bias(params, "feature_query", dim, FEATURES)?,
            graph: GraphAttention::new(params, dim)?,
            pointer_query: Linear::new(params, "pointer_query", dim, dim)?,
            pointer_key: Linear::new(params, "pointer_key", dim, dim)?,
            none: Linear::with_bias(params, "none", dim, 1)?,
            action_query: Linear::new(params, "action_query", dim, dim)?,
            action_key: Linear::new(params, "action_key", dim, dim)?,
        })
    }

    /// Reads lines against relations' words and facts.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn read(&self, lines: &TextBatch, phrases: &TextBatch, facts: &FactBatch) -> Result<Reading> {
        let lines = self.encode(lines)?;
        let phrases = self.encode(phrases)?;
        let questions = unit(&self.question.forward(&lines)?)?;
        let relations = unit(&self.relation.forward(&phrases)?)?;
        Ok(Reading {
            intents: self.intent.forward(&lines)?,
            facts: self.point(&lines, &questions, &phrases, &relations, facts)?,
            questions,
            relations,
            lines,
        })
    }

    /// One vector a text: `[batch, dim]`.
    ///
    /// # Errors
    /// If an id is out of range.
    pub fn encode(&self, texts: &TextBatch) -> Result<Tensor> {
        let (batch, time) = texts.ids.dims2()?;
        let mut x = self.embed.index_select(&texts.ids.flatten_all()?, 0)?.reshape((batch, time, ()))?;
        let mask = AttnMask::Lengths(texts.lengths.clone());
        for block in &self.blocks {
            x = block.forward(&x, &mask)?;
        }
        mean_over(&self.norm.forward(&x)?, &texts.lengths)
    }

    /// How well each action's words fit each line, `[batch, actions + 1]`; the last column, 0, stands for none.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn actions(&self, lines: &Tensor, actions: &Tensor) -> Result<Tensor> {
        let query = self.action_query.forward(lines)?;
        let scores = query.matmul(&self.action_key.forward(actions)?.t()?)?;
        Tensor::cat(&[scores, lines.narrow(1, 0, 1)?.zeros_like()?], 1)
    }

    fn point(
        &self,
        lines: &Tensor,
        questions: &Tensor,
        phrases: &Tensor,
        relations: &Tensor,
        facts: &FactBatch,
    ) -> Result<Tensor> {
        let (batch, count, _) = facts.features.dims3()?;
        let dim = lines.dim(1)?;
        let select = |x: &Tensor| x.index_select(&facts.phrases, 0)?.reshape((batch, count, dim));
        let nodes = (self.node.forward(&select(phrases)?)? + self.feature.forward(&facts.features)?)?;
        let nodes = self.graph.forward(&nodes, facts)?;
        let column = |x: Tensor| x.unsqueeze(2);
        // Three views of "does this fact answer": by its node, by its relation's meaning, by who is who.
        let by_node = self.pointer_key.forward(&nodes)?.matmul(&column(self.pointer_query.forward(lines)?)?)?;
        let by_node = (by_node * (dim as f64).powf(-0.5))?;
        let by_meaning = (select(relations)?.matmul(&column(questions.clone())?)? * MEANING_SCALE)?;
        let by_features = facts.features.matmul(&column(self.feature_query.forward(lines)?)?)?;
        let scores = ((by_node + by_meaning)? + by_features)?.squeeze(2)?;
        let hidden = facts.counts.iter().flat_map(|n| (0..count).map(move |i| if i < *n { 0.0f32 } else { -1e9 }));
        let scores = (scores + Tensor::from_iter(hidden, &Device::Cpu)?.reshape((batch, count))?)?;
        Tensor::cat(&[scores, self.none.forward(lines)?], 1)
    }
}

/// Sharpness of the comparison of meanings: cosines are at most 1.
const MEANING_SCALE: f64 = 10.0;

fn unit(x: &Tensor) -> Result<Tensor> {
    x.broadcast_div(&(x.sqr()?.sum_keepdim(1)? + 1e-6)?.sqrt()?)
}

/// Graph attention with one head (Velickovic et al. 2018, arXiv 1710.10903), added to its input.
#[derive(Clone, Debug)]
struct GraphAttention {
    transform: Linear,
    source: Linear,
    target: Linear,
}

impl GraphAttention {
    fn new(params: Params, dim: usize) -> Result<Self> {
        Ok(Self {
            transform: Linear::new(params, "graph_transform", dim, dim)?,
            source: Linear::new(params, "graph_source", dim, 1)?,
            target: Linear::new(params, "graph_target", dim, 1)?,
        })
    }

    fn forward(&self, nodes: &Tensor, facts: &FactBatch) -> Result<Tensor> {
        let h = self.transform.forward(nodes)?;
        let scores = self.source.forward(&h)?.broadcast_add(&self.target.forward(&h)?.transpose(1, 2)?)?;
        let leaky = (scores.relu()? - (scores.neg()?.relu()? * 0.2)?)?;
        let leaky = (leaky.unsqueeze(1)? + &facts.adjacency)?;
        let weights = ops::attention_softmax(&leaky, 1.0, &AttnMask::Lengths(facts.counts.clone()))?.squeeze(1)?;
        nodes + weights.matmul(&h)?.elu(1.0)?
    }
}
