//! A small deterministic source of chance, and the few curves that the pictures need.
//!
//! Nothing here asks the machine: no clock, no thread, no `sin` of the C library, whose last bit differs between
//! systems. The same seed gives the same papers everywhere.

/// xoshiro256++ seeded by splitmix64.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// A stream that depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        let mut s = seed;
        Self { state: std::array::from_fn(|_| splitmix(&mut s)) }
    }

    /// A stream of its own for one purpose, so that a change in one part leaves the others alone.
    pub fn for_purpose(seed: u64, purpose: &str) -> Self {
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::new(seed ^ hash)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let t = b << 17;
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ t, d.rotate_left(45)];
        result
    }

    /// A whole number from `low` to `high`, both included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high - low) + 1;
        low + u32::try_from(self.bits() % span).expect("the remainder is below a 32-bit span")
    }

    /// A number in `low..high`.
    pub fn real(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits fit a float exactly.
        let unit = (self.bits() >> 40) as f32 / (1u32 << 24) as f32;
        low + unit * (high - low)
    }

    /// A number around 0, nearly always within ±3 `spread`.
    pub fn around_zero(&mut self, spread: f32) -> f32 {
        let sum: f32 = (0..6).map(|_| self.real(-1.0, 1.0)).sum();
        sum * spread * 0.707
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.real(0.0, 1.0) < probability
    }

    /// One of `items`.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let last = u32::try_from(items.len() - 1).expect("lists are short");
        items[self.whole(0, last) as usize]
    }
}

/// Sine and cosine of an angle in radians, by additions and multiplications alone.
pub fn sine_cosine(angle: f32) -> (f32, f32) {
    const TURN: f64 = std::f64::consts::TAU;
    let mut x = f64::from(angle);
    x -= (x / TURN).floor() * TURN;
    // Halve until the series is short, then double back.
    let x = x / 16.0;
    let square = x * x;
    let mut sine = x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
    let mut cosine =
        1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
    for _ in 0..4 {
        (sine, cosine) = (2.0 * sine * cosine, cosine * cosine - sine * sine);
    }
    (sine as f32, cosine as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let mut a = Random::new(7);
        let mut b = Random::new(7);
        assert!((0..100).all(|_| a.bits() == b.bits()));
    }

    #[test]
    fn sine_and_cosine_agree_with_the_library_to_six_figures() {
        for step in -40..40_i16 {
            let angle = f32::from(step) * 0.31;
            let (sine, cosine) = sine_cosine(angle);
            assert!((sine - angle.sin()).abs() < 1e-5, "{angle}");
            assert!((cosine - angle.cos()).abs() < 1e-5, "{angle}");
        }
    }
}
