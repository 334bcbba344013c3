//! A set of places, a bit for each.

use std::ops::Range;

/// Places of a row; as long as its last place needs.
#[derive(Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    #[inline]
    pub(crate) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 != 0)
    }

    /// Whether it has one of these; a few of them, or it takes long.
    #[inline]
    pub(crate) fn any(&self, mut places: Range<usize>) -> bool {
        match places.start / 64 == places.end.saturating_sub(1) / 64 {
            true => self.0.get(places.start / 64).is_some_and(|bits| {
                let rest = u64::MAX.checked_shl(places.len() as u32).unwrap_or(0);
                bits >> (places.start % 64) & !rest != 0
            }),
            false => places.any(|place| self.has(place)),
        }
    }

    /// The greatest that it has.
    #[inline]
    pub(crate) fn last(&self) -> Option<usize> {
        let bits = self.0.last()?;
        Some(64 * self.0.len() - 1 - bits.leading_zeros() as usize)
    }

    #[inline]
    pub(crate) fn set(&mut self, place: usize) {
        if self.0.len() <= place / 64 {
            self.0.resize(place / 64 + 1, 0);
        }
        self.0[place / 64] |= 1 << (place % 64);
    }

    #[inline]
    pub(crate) fn clear(&mut self, place: usize) {
        if let Some(bits) = self.0.get_mut(place / 64) {
            *bits &= !(1 << (place % 64));
            self.trim();
        }
    }

    /// Takes out all but the first `count` places.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.0.truncate(count.div_ceil(64));
        if !count.is_multiple_of(64)
            && let Some(bits) = self.0.get_mut(count / 64)
        {
            *bits &= (1 << (count % 64)) - 1;
        }
        self.trim();
    }

    #[inline]
    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}
