use super::CacheType;
use super::exact::ExactPage;
use crate::engine::kernel::{PAGE, Page};
use std::iter::repeat_with;
use std::sync::Arc;

/// Keys and values of one layer.
#[derive(Clone, Debug)]
pub(in crate::engine::decoder) enum Pages {
    F16(Stack<Page>),
    F32(Stack<ExactPage>),
}

/// Pages of [`PAGE`] tokens each; what the last one holds beyond the text is overwritten in time.
#[derive(Clone, Debug)]
pub(in crate::engine::decoder) struct Stack<P> {
    /// Heads of keys, and their width.
    heads: [usize; 2],
    pages: Vec<Arc<P>>,
}

/// Keys and values of [`PAGE`] tokens.
pub(in crate::engine::decoder) trait PageType: Clone {
    fn new(heads: [usize; 2]) -> Self;
    /// A page of bytes that [`PageType::store`] gave, as many as [`PageType::size`] says.
    fn restored(heads: [usize; 2], bytes: &[u8]) -> Self;
    fn size(heads: [usize; 2]) -> usize;
    fn store(&self, bytes: &mut Vec<u8>);
    /// Puts in one token's key and value.
    fn write(&mut self, slot: usize, key: &[f32], value: &[f32]);
}

impl Pages {
    pub fn new(kind: CacheType, heads: [usize; 2]) -> Self {
        match kind {
            CacheType::F16 => Self::F16(Stack::new(heads)),
            CacheType::F32 => Self::F32(Stack::new(heads)),
        }
    }

    /// Pages of bytes that [`Pages::store`] gave, as many as [`Pages::size`] says.
    pub fn restored(kind: CacheType, heads: [usize; 2], bytes: &[u8]) -> Self {
        match kind {
            CacheType::F16 => Self::F16(Stack::restored(heads, bytes)),
            CacheType::F32 => Self::F32(Stack::restored(heads, bytes)),
        }
    }

    /// Bytes of `len` tokens.
    pub fn size(kind: CacheType, heads: [usize; 2], len: usize) -> usize {
        let page = match kind {
            CacheType::F16 => Page::size(heads),
            CacheType::F32 => ExactPage::size(heads),
        };
        len.div_ceil(PAGE).saturating_mul(page)
    }

    pub fn store(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::F16(stack) => stack.pages.iter().for_each(|page| page.store(bytes)),
            Self::F32(stack) => stack.pages.iter().for_each(|page| page.store(bytes)),
        }
    }

    pub fn truncate(&mut self, len: usize) {
        match self {
            Self::F16(stack) => stack.pages.truncate(len.div_ceil(PAGE)),
            Self::F32(stack) => stack.pages.truncate(len.div_ceil(PAGE)),
        }
    }

    pub fn bytes(&self, divisor: fn(usize) -> usize) -> usize {
        match self {
            Self::F16(stack) => stack.bytes(divisor),
            Self::F32(stack) => stack.bytes(divisor),
        }
    }

    /// Puts keys and values, `[tokens, kv_heads, head_dim]`, where the first stands in the text.
    pub fn write(&mut self, start: usize, keys: &[f32], values: &[f32]) {
        match self {
            Self::F16(stack) => stack.write(start, keys, values),
            Self::F32(stack) => stack.write(start, keys, values),
        }
    }
}

impl<P: PageType> Stack<P> {
    fn new(heads: [usize; 2]) -> Self {
        Self { heads, pages: Vec::new() }
    }

    fn restored(heads: [usize; 2], bytes: &[u8]) -> Self {
        let pages = bytes.chunks_exact(P::size(heads)).map(|bytes| Arc::new(P::restored(heads, bytes)));
        Self { heads, pages: pages.collect() }
    }

    /// Heads of keys, and their width.
    pub fn heads(&self) -> [usize; 2] {
        self.heads
    }

    pub fn pages(&self) -> &[Arc<P>] {
        &self.pages
    }

    fn write(&mut self, start: usize, keys: &[f32], values: &[f32]) {
        let width: usize = self.heads.iter().product();
        let missing = (start + keys.len() / width).div_ceil(PAGE).saturating_sub(self.pages.len());
        self.pages.extend(repeat_with(|| Arc::new(P::new(self.heads))).take(missing));
        for (at, (key, value)) in (start..).zip(keys.chunks_exact(width).zip(values.chunks_exact(width))) {
            Arc::make_mut(&mut self.pages[at / PAGE]).write(at % PAGE, key, value);
        }
    }

    fn bytes(&self, divisor: fn(usize) -> usize) -> usize {
        let size = P::size(self.heads);
        self.pages.iter().map(|page| size / divisor(Arc::strong_count(page))).sum()
    }
}

impl PageType for Page {
    fn new([kv_heads, head_dim]: [usize; 2]) -> Self {
        Self::new(kv_heads, head_dim)
    }

    fn restored([kv_heads, head_dim]: [usize; 2], bytes: &[u8]) -> Self {
        Self::from_bytes(kv_heads, head_dim, bytes)
    }

    fn size([kv_heads, head_dim]: [usize; 2]) -> usize {
        2 * size_of::<u16>() * PAGE * kv_heads * head_dim
    }

    fn store(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_bytes());
    }

    fn write(&mut self, slot: usize, key: &[f32], value: &[f32]) {
        Self::write(self, slot, key, value);
    }
}
