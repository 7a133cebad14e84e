//! One step of several texts.

use super::batch::{Batch, Part};
use super::rope::Turns;
use super::scratch::Scratch;
use super::{Decoder, Input, Piece, Rows};
use candle_core::{Error, Result};
use std::sync::PoisonError;

/// Rows that go through the layers at once; it bounds the memory of a step.
const MAX_ROWS: usize = 512;
/// Rows of logits that are computed at once.
const MAX_LOGITS: usize = 64;

/// An input that can be computed.
enum Checked<'a> {
    Ids(&'a [u32]),
    /// Embeddings, `[tokens, dim]`, and their number.
    Soft(Vec<f32>, usize),
}

impl Checked<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Soft(_, tokens) => *tokens,
        }
    }
}

impl Decoder {
    /// Computes what follows the tokens of each piece, adds it to its cache, and gives each piece's logits: `[vocab]`, or
    /// `[tokens, vocab]` row by row.
    ///
    /// # Errors
    /// If a piece has no input, or soft input of another width, an id is out of range, a text outgrows learned positions,
    /// or a cache is another model's; all caches are then as they were.
    pub fn step(&self, pieces: &mut [Piece]) -> Result<Vec<Vec<f32>>> {
        let inputs = pieces.iter().map(|piece| self.checked(piece)).collect::<Result<Vec<_>>>()?;
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut logits = vec![Vec::new(); pieces.len()];
        let mut done = vec![0; pieces.len()];
        loop {
            let (mut parts, mut rows) = (Vec::new(), 0);
            for (i, (piece, input)) in pieces.iter_mut().zip(&inputs).enumerate() {
                let take = (input.len() - done[i]).min(MAX_ROWS - rows);
                if take > 0 {
                    let wanted = match piece.rows {
                        Rows::None => 0,
                        Rows::Last => usize::from(done[i] + take == input.len()),
                        Rows::All => take,
                    };
                    parts.push(Part { piece: i, rows: rows..rows + take, wanted, cache: &mut *piece.cache });
                    (rows, done[i]) = (rows + take, done[i] + take);
                }
            }
            if parts.is_empty() {
                return Ok(logits);
            }
            let stream = scratch.stream.sized(rows * self.shape.dim);
            for part in &parts {
                let end = done[part.piece];
                let stream = &mut stream[part.rows.start * self.shape.dim..part.rows.end * self.shape.dim];
                self.place(&inputs[part.piece], end - part.rows.len(), part.cache.len(), stream);
            }
            self.pass(&mut Batch { parts: &mut parts, rows, pool: &self.pool }, &mut scratch, &mut logits);
        }
    }

    /// The piece's input, if it can be computed.
    fn checked<'a>(&self, piece: &Piece<'a>) -> Result<Checked<'a>> {
        let input = match piece.input {
            Input::Ids(ids) => {
                self.check_ids(ids)?;
                Checked::Ids(ids)
            }
            Input::Soft(x) => {
                let (tokens, dim) = x.dims2()?;
                if dim != self.shape.dim {
                    let message = format!("input of shape [1.., {}] expected, found [{tokens}, {dim}]", self.shape.dim);
                    return Err(Error::Msg(message));
                }
                Checked::Soft(x.flatten_all()?.to_vec1()?, tokens)
            }
        };
        if input.len() == 0 {
            return Err(Error::Msg("at least one token expected, found none".into()));
        }
        if piece.cache.fingerprint() != self.fingerprint() {
            return Err(Error::Msg("a cache of this model expected, found another model's".into()));
        }
        let (most, end) = (self.shape.positions.unwrap_or(u32::MAX as usize), piece.cache.len() + input.len());
        if end > most {
            return Err(Error::Msg(format!("a text of at most {most} tokens expected, found {end}")));
        }
        Ok(input)
    }

    pub(super) fn check_ids(&self, ids: &[u32]) -> Result<()> {
        match ids.iter().find(|id| **id as usize >= self.shape.vocab) {
            Some(id) => Err(Error::Msg(format!("token ids below {} expected, found {id}", self.shape.vocab))),
            None => Ok(()),
        }
    }

    /// The embeddings of ids, all in range.
    pub(super) fn embed_into(&self, ids: &[u32], rows: &mut [f32]) {
        for (id, row) in ids.iter().zip(rows.chunks_exact_mut(self.shape.dim)) {
            self.embed.row(*id as usize, row);
            if self.shape.embedding_scale != 1.0 {
                row.iter_mut().for_each(|x| *x *= self.shape.embedding_scale);
            }
        }
    }

    /// The input's embeddings from token `first` on, which stands at `position` in the text.
    fn place(&self, input: &Checked, first: usize, position: usize, rows: &mut [f32]) {
        let dim = self.shape.dim;
        match input {
            Checked::Ids(ids) => self.embed_into(&ids[first..], rows),
            Checked::Soft(x, _) => rows.copy_from_slice(&x[first * dim..][..rows.len()]),
        }
        if let Some(table) = &self.positions {
            let mut place = vec![0.0; dim];
            for (i, row) in rows.chunks_exact_mut(dim).enumerate() {
                table.row(position + i, &mut place);
                row.iter_mut().zip(&place).for_each(|(x, place)| *x += place);
            }
        }
    }

    /// All layers, from the stream on, and the logits that are wanted.
    fn pass(&self, batch: &mut Batch, scratch: &mut Scratch, logits: &mut [Vec<f32>]) {
        let turns: Vec<Turns> = self.shape.ropes.iter().map(|rope| Turns::new(rope, batch.parts)).collect();
        for (layer, block) in self.blocks.iter().enumerate() {
            block.forward(batch, &turns, scratch, layer);
        }
        batch.parts.iter_mut().for_each(|part| part.cache.advance(part.rows.len()));
        let Scratch { stream, inputs, mixed, fused, .. } = scratch;
        let (dim, vocab) = (self.shape.dim, self.shape.vocab);
        let wanted = |part: &Part| part.rows.end - part.wanted..part.rows.end;
        let mut owners = Vec::new();
        mixed.clear();
        for part in batch.parts.iter() {
            owners.resize(owners.len() + part.wanted, part.piece);
            mixed.extend(&stream.get()[wanted(part).start * dim..wanted(part).end * dim]);
        }
        self.norm.apply(mixed.get_mut(), batch.pool);
        for (rows, owners) in mixed.get().chunks(MAX_LOGITS * dim).zip(owners.chunks(MAX_LOGITS)) {
            inputs.set(rows, dim);
            let found = fused.sized(owners.len() * vocab);
            self.head.as_ref().unwrap_or(&self.embed).times(inputs, found, batch.pool);
            for (row, owner) in found.chunks_exact(vocab).zip(owners) {
                logits[*owner].extend_from_slice(row);
            }
        }
    }
}
