//! Understanding: what a line means, and which recalled fact answers it.
//!
//! A text encoder reads the line and each relation's words; graph attention lets facts that share a concept
//! inform each other, `h_i' = h_i + elu(sum_j a_ij W h_j)`; a pointer head scores each fact, or none. A relation is
//! read from its words, so predicates that were never trained on work too.

mod bank;
mod graph;

use super::net::{Block, BlockConfig, Init, Linear, Params, RmsNorm, mean_over, softmax};
use super::ops::AttnMask;
use super::words::{PARTS, Word};
use bank::Bank;
use candle_core::{Device, Result, Tensor};
use graph::GraphAttention;

/// What is known of a fact besides its relation's words.
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
    /// How much the line says, in so many words, of the relation, of the subject and of the object, from 0 to 1
    /// ([`Said`](super::said::Said)).
    pub said: [f32; 3],
}

/// The number of features, with a constant one.
pub const FEATURES: usize = 15;

impl FactFeatures {
    /// As numbers.
    #[must_use]
    pub fn values(self) -> [f32; FEATURES] {
        let flags = [
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
        ];
        let mut values = [0.0; FEATURES];
        values.iter_mut().zip(flags.map(f32::from).into_iter().chain(self.said)).for_each(|(value, feature)| *value = feature);
        values
    }
}

/// Texts as words, padded to the longest text and to the word with most parts.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// `[texts * words * parts]`.
    parts: Tensor,
    /// What each part counts: words of many parts are no longer than words of few. `[texts * words, 1, parts]`.
    weights: Tensor,
    lengths: Vec<usize>,
}

impl TextBatch {
    /// The most words that are read; what is beyond is cut off.
    pub const MOST_WORDS: usize = 48;

    /// A batch of texts; an empty text is read as one word without parts.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new<T: AsRef<[Word]>>(texts: &[T]) -> Result<Self> {
        let lengths: Vec<usize> = texts.iter().map(|t| t.as_ref().len().clamp(1, Self::MOST_WORDS)).collect();
        let time = lengths.iter().copied().max().unwrap_or(1);
        let read = || texts.iter().map(|t| &t.as_ref()[..t.as_ref().len().min(time)]);
        let widest = read().flatten().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut parts, mut weights) = (Vec::new(), Vec::new());
        for text in read() {
            for word in (0..time).map(|i| text.get(i).map_or(&[][..], Vec::as_slice)) {
                let share = PART_SCALE * (word.len().max(1) as f32).powf(-0.5);
                parts.extend(word.iter().copied().chain(std::iter::repeat(0)).take(widest));
                weights.extend((0..widest).map(|i| if i < word.len() { share } else { 0.0 }));
            }
        }
        let (words, device) = (texts.len() * time, &Device::Cpu);
        let parts = Tensor::from_vec(parts, words * widest, device)?;
        Ok(Self { parts, weights: Tensor::from_vec(weights, (words, 1, widest), device)?, lengths })
    }
}

/// Parts are small numbers times this: each is seen seldom, so in training it has to learn in larger steps than the rest.
pub const PART_SCALE: f32 = 4.0;

/// One fact for a [`FactBatch`].
#[derive(Clone, Debug, PartialEq)]
pub struct FactRow {
    /// Index of its relation's words.
    pub phrase: u32,
    /// Indices of the names of subject and object.
    pub names: [u32; 2],
    /// What else is known of it.
    pub features: FactFeatures,
    /// Keys of subject and object: equal for the same concept.
    pub concepts: [u64; 2],
}

/// The facts of a batch of briefs, padded to the largest count.
#[derive(Clone, Debug)]
pub struct FactBatch {
    /// For each row and fact, the index of its relation's words: `[batch * facts]`.
    phrases: Tensor,
    /// For each row and fact, the indices of the names of its subject and of its object: `[batch * facts]` each.
    names: [Tensor; 2],
    /// `[batch, facts, FEATURES]`.
    features: Tensor,
    /// 0 where two facts share a concept, else -1e9: `[batch, 1, facts, facts]`.
    adjacency: Tensor,
    /// 1 where the first fact leads from the one asked about to the subject, or the object, of the second:
    /// `[batch, facts, facts]` each.
    links: [Tensor; 2],
    /// How many facts each row has.
    counts: Vec<usize>,
}

impl FactBatch {
    /// A batch of rows of facts.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(rows: &[Vec<FactRow>]) -> Result<Self> {
        let facts = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut phrases, mut names, mut features) = (Vec::new(), [Vec::new(), Vec::new()], Vec::new());
        let (mut adjacency, mut links) = (Vec::new(), [Vec::new(), Vec::new()]);
        for row in rows {
            let anchor = anchor(row);
            for i in 0..facts {
                let fact = row.get(i);
                phrases.push(fact.map_or(0, |f| f.phrase));
                (0..2).for_each(|end| names[end].push(fact.map_or(0, |f| f.names[end])));
                features.extend(fact.map_or([0.0; FEATURES], |f| f.features.values()));
                for j in 0..facts {
                    let pair = fact.zip(row.get(j));
                    let near = pair.map_or(i == j, |(a, b)| a.concepts.iter().any(|key| b.concepts.contains(key)));
                    adjacency.push(if near { 0.0f32 } else { -1e9 });
                    for (end, links) in links.iter_mut().enumerate() {
                        let leads = pair.is_some_and(|(a, b)| i != j && leads(a, anchor, b.concepts[end]));
                        links.push(f32::from(leads));
                    }
                }
            }
        }
        let (batch, device) = (rows.len(), &Device::Cpu);
        let [subjects, objects] = names;
        let [to_subject, to_object] = links;
        let square = |links| Tensor::from_vec(links, (batch, facts, facts), device);
        Ok(Self {
            phrases: Tensor::from_vec(phrases, batch * facts, device)?,
            names: [Tensor::from_vec(subjects, batch * facts, device)?, Tensor::from_vec(objects, batch * facts, device)?],
            features: Tensor::from_vec(features, (batch, facts, FEATURES), device)?,
            adjacency: Tensor::from_vec(adjacency, (batch, 1, facts, facts), device)?,
            links: [square(to_subject)?, square(to_object)?],
            counts: rows.iter().map(|r| r.len().max(1)).collect(),
        })
    }
}

/// The concept that the line asks about: the one it names first, or the character itself.
fn anchor(row: &[FactRow]) -> Option<u64> {
    let end = |f: &FactRow, subject: bool, object: bool| match (subject, object) {
        (true, _) => Some(f.concepts[0]),
        (_, true) => Some(f.concepts[1]),
        _ => None,
    };
    let named = row.iter().find_map(|f| end(f, f.features.subject_first, f.features.object_first));
    named.or_else(|| row.iter().find_map(|f| end(f, f.features.subject_self, f.features.object_self)))
}

/// Whether a fact leads from one concept to the other.
fn leads(fact: &FactRow, from: Option<u64>, to: u64) -> bool {
    from.is_some_and(|from| from != to && fact.concepts.contains(&from) && fact.concepts.contains(&to))
}

/// What the reader makes of a batch of lines.
#[derive(Clone, Debug)]
pub struct Reading {
    /// `[batch, intents]`.
    pub intents: Tensor,
    /// `[batch, facts + 1]`: the last column stands for none; columns past a row's count are -1e9.
    pub facts: Tensor,
    /// Which fact leads to the one asked about: "your brother" of "where does your brother work?". As `facts`.
    pub steps: Tensor,
    /// How near each line comes to each relation of the bank: `[batch, bank]`.
    pub asked_of: Tensor,
    /// How near each relation's words come to each relation of the bank: `[phrases, bank]`.
    pub means: Tensor,
    /// `[batch, dim]`: for the choice of actions.
    pub lines: Tensor,
}

/// How likely a fact must be to be told as the answer: a wrong one is worse than none.
pub const SURE_ENOUGH: f32 = 0.5;
/// How likely it must be to be told where the line was taken for small talk.
pub const SURE: f32 = 0.7;
/// What a fact gains that the line says in so many words, and what none loses: relations of a game's own are strange to the
/// reader, and it trusts plain words too little for them. Set on the open half of the questions by hand.
const BY_WORDS: f64 = 2.0;
const LESS_NONE: f32 = 0.5;

impl Reading {
    /// For each line the fact that answers it, if one is likely enough.
    ///
    /// # Errors
    /// If memory is short.
    pub fn chosen(&self) -> Result<Vec<Option<usize>>> {
        Ok(self.answers()?.into_iter().map(|answer| answer.map(|(fact, _)| fact)).collect())
    }

    /// For each line the fact that answers it, and how likely; nothing where none is likely enough.
    ///
    /// # Errors
    /// If memory is short.
    pub fn answers(&self) -> Result<Vec<Option<(usize, f32)>>> {
        let likeliest = |row: &Vec<f32>| (0..row.len() - 1).max_by(|a, b| row[*a].total_cmp(&row[*b]));
        let answer = |row: &Vec<f32>| likeliest(row).map(|fact| (fact, row[fact])).filter(|(_, share)| *share >= SURE_ENOUGH);
        Ok(softmax(&self.facts)?.to_vec2::<f32>()?.iter().map(answer).collect())
    }
}

/// Sizes of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderConfig {
    /// Sizes of a block.
    pub block: BlockConfig,
    /// Number of blocks.
    pub layers: usize,
    /// Width of a part of a word.
    pub part_dim: usize,
    /// Number of intents.
    pub intents: usize,
    /// Number of relations in the bank.
    pub bank: usize,
}

/// The reader's parameters.
#[derive(Clone, Debug)]
pub struct Reader {
    parts: Tensor,
    word: Linear,
    blocks: Vec<Block>,
    norm: RmsNorm,
    intent: Linear,
    question: Linear,
    relation: Linear,
    step: Linear,
    step_query: Linear,
    step_none: Linear,
    reach: Linear,
    node: Linear,
    names: [Linear; 2],
    feature: Linear,
    feature_query: Linear,
    graph: GraphAttention,
    pointer_query: Linear,
    pointer_key: Linear,
    none: Linear,
    bank: Bank,
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
            parts: params.get("parts.weight", &[PARTS, config.part_dim], Init::Normal(0.03))?,
            word: Linear::new(params, "word", config.part_dim, dim)?,
            blocks: (0..config.layers).map(|i| Block::new(params, i, config.block)).collect::<Result<_>>()?,
            norm: RmsNorm::new(params, "norm", dim)?,
            intent: Linear::with_bias(params, "intent", dim, config.intents)?,
            question: Linear::new(params, "question", dim, dim)?,
            relation: Linear::new(params, "relation", dim, dim)?,
            step: Linear::new(params, "step", dim, dim)?,
            step_query: Linear::with_bias(params, "step_query", dim, FEATURES)?,
            step_none: Linear::with_bias(params, "step_none", dim, 1)?,
            reach: Linear::with_bias(params, "reach", dim, 2)?,
            node: Linear::new(params, "node", dim, dim)?,
            names: [Linear::new(params, "subject_name", dim, dim)?, Linear::new(params, "object_name", dim, dim)?],
            feature: Linear::new(params, "feature", FEATURES, dim)?,
            feature_query: Linear::with_bias(params, "feature_query", dim, FEATURES)?,
            graph: GraphAttention::new(params, dim)?,
            pointer_query: Linear::new(params, "pointer_query", dim, dim)?,
            pointer_key: Linear::new(params, "pointer_key", dim, dim)?,
            none: Linear::with_bias(params, "none", dim, 1)?,
            bank: Bank::new(params, config)?,
            action_query: Linear::new(params, "action_query", dim, dim)?,
            action_key: Linear::new(params, "action_key", dim, dim)?,
        })
    }

    /// Reads lines against relations' words, names, and facts of both.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn read(&self, lines: &TextBatch, phrases: &TextBatch, names: &TextBatch, facts: &FactBatch) -> Result<Reading> {
        let lines = self.encode(lines)?;
        let phrases = self.gist(phrases)?;
        let questions = self.question.forward(&lines)?;
        let relations = self.relation.forward(&phrases)?;
        let steps = self.point_step(&lines, &relations, facts)?;
        let names = self.gist(names)?;
        let (asked_of, means) = (self.bank.compare(&questions)?, self.bank.compare(&relations)?);
        let scores = self.point(&lines, &questions, &phrases, &relations, &names, &steps, facts)?;
        Ok(Reading {
            intents: self.intent.forward(&lines)?,
            facts: (self.bank.weigh(&lines, scores, &asked_of, &means, facts)? + facts.by_words()?)?,
            asked_of,
            means,
            steps,
            lines,
        })
    }

    /// One vector a text, `[batch, dim]`: the mean of its words as they are. Enough for the few words of a relation, a name
    /// or an action.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn gist(&self, texts: &TextBatch) -> Result<Tensor> {
        mean_over(&self.alone(texts)?, &texts.lengths)
    }

    /// One vector a line, `[batch, dim]`: its gist, and the mean of what its words are in their place.
    fn encode(&self, texts: &TextBatch) -> Result<Tensor> {
        let alone = self.alone(texts)?;
        let mut x = alone.clone();
        let mask = AttnMask::Lengths(texts.lengths.clone());
        for block in &self.blocks {
            x = block.forward(&x, &mask)?;
        }
        mean_over(&(self.norm.forward(&x)? + alone)?, &texts.lengths)
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

    /// The words of texts, each by itself: `[texts, words, dim]`.
    fn alone(&self, texts: &TextBatch) -> Result<Tensor> {
        let (words, _, widest) = texts.weights.dims3()?;
        let parts = self.parts.index_select(&texts.parts, 0)?.reshape((words, widest, ()))?;
        let bags = texts.weights.matmul(&parts)?.squeeze(1)?;
        self.word.forward(&bags)?.reshape((texts.lengths.len(), words / texts.lengths.len(), ()))
    }

    /// Scores each fact as the one that leads to what is asked about; the last column, for none.
    fn point_step(&self, lines: &Tensor, relations: &Tensor, facts: &FactBatch) -> Result<Tensor> {
        let question = self.step.forward(lines)?;
        let by_meaning = facts.select(&facts.phrases, relations)?.matmul(&question.unsqueeze(2)?)?;
        let by_meaning = (by_meaning * (lines.dim(1)? as f64).powf(-0.5))?;
        let by_features = facts.features.matmul(&self.step_query.forward(lines)?.unsqueeze(2)?)?;
        facts.with_none(&(by_meaning + by_features)?.squeeze(2)?, &self.step_none.forward(lines)?)
    }

    /// Scores each fact as the answer, from five views: its node in the graph, its relation's meaning, who is who, and
    /// whether a first step leads to its subject or its object.
    #[expect(clippy::too_many_arguments, reason = "what has been read so far, each of its own shape")]
    fn point(
        &self,
        lines: &Tensor,
        questions: &Tensor,
        phrases: &Tensor,
        relations: &Tensor,
        names: &Tensor,
        steps: &Tensor,
        facts: &FactBatch,
    ) -> Result<Tensor> {
        let (_, count, _) = facts.features.dims3()?;
        let dim = lines.dim(1)?;
        let column = |x: Tensor| x.unsqueeze(2);
        let mut nodes = (self.node.forward(&facts.select(&facts.phrases, phrases)?)? + self.feature.forward(&facts.features)?)?;
        for (layer, indices) in self.names.iter().zip(&facts.names) {
            nodes = (nodes + facts.select(indices, &layer.forward(names)?)?)?;
        }
        let nodes = self.graph.forward(&nodes, facts)?;
        let by_node = self.pointer_key.forward(&nodes)?.matmul(&column(self.pointer_query.forward(lines)?)?)?;
        let by_meaning = facts.select(&facts.phrases, relations)?.matmul(&column(questions.clone())?)?;
        let by_both = ((by_node + by_meaning)? * (dim as f64).powf(-0.5))?;
        let by_features = facts.features.matmul(&column(self.feature_query.forward(lines)?)?)?;
        let mut scores = (by_both + by_features)?.squeeze(2)?;
        let taken = softmax(steps)?.narrow(1, 0, count)?.unsqueeze(1)?;
        let reach = self.reach.forward(lines)?;
        for (end, links) in facts.links.iter().enumerate() {
            let reached = taken.matmul(links)?.squeeze(1)?;
            scores = (scores + reached.broadcast_mul(&reach.narrow(1, end, 1)?)?)?;
        }
        facts.with_none(&scores, &self.none.forward(lines)?)
    }
}

impl FactBatch {
    /// What facts gain and none loses by plain words, `[batch, facts + 1]`: for the most that a line says of any part of a fact.
    fn by_words(&self) -> Result<Tensor> {
        let strengths = self.features.narrow(2, FEATURES - 3, 3)?.max(2)?;
        Tensor::cat(&[&(strengths * BY_WORDS)?, &Tensor::full(-LESS_NONE, (self.counts.len(), 1), &Device::Cpu)?], 1)
    }

    /// Rows of `x` by index, `[batch, facts, dim]`.
    fn select(&self, indices: &Tensor, x: &Tensor) -> Result<Tensor> {
        x.index_select(indices, 0)?.reshape((self.counts.len(), (), x.dim(1)?))
    }

    /// Scores `[batch, facts]` with a last column for none; what is no fact is hidden.
    fn with_none(&self, scores: &Tensor, none: &Tensor) -> Result<Tensor> {
        let (batch, count) = scores.dims2()?;
        let hidden = self.counts.iter().flat_map(|n| (0..count).map(move |i| if i < *n { 0.0f32 } else { -1e9 }));
        let scores = (scores + Tensor::from_iter(hidden, &Device::Cpu)?.reshape((batch, count))?)?;
        Tensor::cat(&[&scores, none], 1)
    }
}
