//! Random numbers that are the same on every platform and in every version.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A seeded source of random numbers.
///
/// The bits are the ChaCha8 key stream for the key that holds the seed, little-endian, in its
/// first 8 bytes and zeros in the other 24. What is made of them is written out here, so that it
/// does not change with a library.
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The source for a seed.
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Rng(ChaCha8Rng::from_seed(key))
    }

    /// The source for a seed and one purpose among several: each stream has nothing to do with the
    /// others, so that a split, the noise of a data set and the first weights can share a seed.
    /// [`Rng::new`] is stream 0.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut rng = Rng::new(seed);
        rng.0.set_stream(stream);
        rng
    }

    /// How much of its stream was drawn, in words of 32 bits: with the seed, all there is to know of a
    /// source.
    pub fn position(&self) -> u128 {
        self.0.get_word_pos()
    }

    /// Goes to a [`position`](Rng::position) of its stream.
    pub fn set_position(&mut self, position: u128) {
        self.0.set_word_pos(position);
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1): the 53 high bits over 2^53.
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.bits() >> 11) as f64 * STEP
    }

    /// Uniform in [low, high), save that rounding can give `high` where the two are close to each other.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Normal with mean 0 and deviation 1, by the polar method (Marsaglia and Bray, 1964).
    ///
    /// The logarithm is that of libm, since platforms round theirs differently.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Shuffles in place, each order as likely as any other: Fisher and Yates, from the last
    /// place down, each swapped with one of the places up to itself.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1);
            items.swap(last, chosen as usize);
        }
    }

    /// Uniform among the whole numbers below `bound`, which is not 0: the high half of
    /// `bits * bound`, where bits that would favour some numbers are drawn again (Lemire 2019).
    fn below(&mut self, bound: u64) -> u64 {
        loop {
            let (high, low) = product(self.bits(), bound);
            // Fewer than `bound` are unfair: the quotient is seldom needed.
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return high;
            }
        }
    }
}

/// The two halves of a product. Where the second factor has 32 bits, by way of products of 64, for not every
/// machine has those of 128.
fn product(a: u64, b: u64) -> (u64, u64) {
    let Ok(narrow) = u32::try_from(b) else {
        let product = u128::from(a) * u128::from(b);
        return ((product >> 64) as u64, product as u64);
    };
    let b = u64::from(narrow);
    let high = (a >> 32) * b + (((a & 0xFFFF_FFFF) * b) >> 32);
    (high >> 32, a.wrapping_mul(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_the_halves_of_that_of_128_bits() {
        let mut rng = Rng::new(3);
        let some = [0, 1, 2, 250, u64::from(u32::MAX), 1 << 32, u64::MAX];
        for _ in 0..1000 {
            let a = [rng.bits(), u64::MAX, u64::from(u32::MAX), 0][rng.below(4) as usize];
            let b = some[rng.below(some.len() as u64) as usize];
            let right = u128::from(a) * u128::from(b);
            assert_eq!(product(a, b), ((right >> 64) as u64, right as u64), "{a} {b}");
        }
    }
}
