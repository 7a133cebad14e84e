//! How likely given continuations of a text are, for ranking them.

use super::decoder::{Cache, Decoder, Input, Piece, Rows};
use super::sampler::likelihood;
use candle_core::{Error, Result};

/// The natural logarithm of the likelihood of each token of each continuation; all are computed together.
///
/// `text` is the text so far, of which `cache` holds all tokens, or all but the last; it stays as it is.
///
/// # Errors
/// If `text` is empty, `cache` holds another number of tokens, or an id is out of range.
pub fn likelihoods(decoder: &Decoder, text: &[u32], cache: &Cache, continuations: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
    let known = text.len().checked_sub(1).filter(|known| (*known..=text.len()).contains(&cache.len()));
    let Some(known) = known else {
        return Err(Error::Msg(format!(
            "a cache of all or all but one of {} tokens expected, found {}",
            text.len(),
            cache.len()
        )));
    };
    let mut caches: Vec<Cache> = vec![cache.clone(); continuations.len()];
    // The last token is computed again with each, for what follows it; convolutions may have to go back further.
    let inputs: Vec<Vec<u32>> = caches
        .iter_mut()
        .zip(continuations)
        .map(|(cache, continuation)| {
            let kept = cache.truncate(known);
            text[kept..].iter().chain(continuation.split_last().map_or(&[][..], |(_, rest)| rest)).copied().collect()
        })
        .collect();
    let mut pieces: Vec<Piece> =
        caches.iter_mut().zip(&inputs).map(|(cache, ids)| Piece { input: Input::Ids(ids), rows: Rows::All, cache }).collect();
    let vocab = decoder.shape().vocab;
    let logits = decoder.step(&mut pieces)?;
    let each = |(logits, continuation): (&Vec<f32>, &&[u32])| {
        let skipped = logits.len() / vocab - continuation.len().max(1);
        let rows = logits.chunks_exact(vocab).skip(skipped);
        rows.zip(continuation.iter()).map(|(row, id)| likelihood(row, *id)).collect()
    };
    Ok(logits.iter().zip(continuations).map(each).collect())
}
