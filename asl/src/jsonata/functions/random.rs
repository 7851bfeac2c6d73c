//! `$random()` and `$random(seed)`: a number from 0 up to, not including, 1; and the random bytes of an evaluation.

use std::cell::Cell;

use jsonata_core::{evaluator::EvaluatorError, value::JValue};
use sha2::{Digest as _, Sha256};

use super::Arguments;
use crate::Entropy;

/// Random bytes for one evaluation, all from one seed.
pub(in crate::jsonata) struct RandomBytes {
    seed: [u8; 32],
    drawn: Cell<u64>,
}

impl RandomBytes {
    pub(in crate::jsonata) fn new(entropy: &dyn Entropy) -> Self {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        RandomBytes { seed, drawn: Cell::new(0) }
    }

    /// 128 random bits: those of SHA-256 over the seed and a counter.
    fn bits(&self) -> u128 {
        let drawn = self.drawn.get();
        self.drawn.set(drawn.wrapping_add(1));
        let digest = Sha256::new_with_prefix(self.seed).chain_update(drawn.to_be_bytes()).finalize();
        digest.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    }

    /// A number from 0 up to, not including, 1.
    fn fraction(&self) -> f64 {
        // 53 bits: what a double holds.
        (self.bits() >> 75) as f64 / (1_u64 << 53) as f64
    }

    /// A number from 0 up to, not including, `end`.
    pub(super) fn below(&self, end: usize) -> usize {
        // Scaling 64 random bits favours no number by more than one part in 2^64 / `end`.
        (((self.bits() >> 64) * end as u128) >> 64) as usize
    }

    /// A UUID, version 4.
    pub(super) fn uuid(&self) -> String {
        let hexadecimal = hex::encode(
            ((self.bits() & !(0xF << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62)).to_be_bytes(),
        );
        let mut text = String::with_capacity(36);
        for (index, digit) in hexadecimal.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }
}

pub(super) fn call(random: &RandomBytes, mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let seed = arguments.whole()?;
    arguments.end()?;
    Ok(JValue::Number(seed.map_or_else(|| random.fraction(), seeded)))
}

/// The first `nextDouble` of `java.util.Random(seed)`: AWS gives 0.7275636800328681 for the seed 42.
fn seeded(seed: i64) -> f64 {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;
    let mut state = (seed as u64 ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        state >> (48 - bits)
    };
    let high = next(26);
    let low = next(27);
    ((high << 27) + low) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::NoEntropy;

    #[test]
    fn random_values_keep_their_form() {
        let random = RandomBytes::new(&NoEntropy);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&random.fraction()));
            assert!(random.below(7) < 7);
            let uuid = random.uuid();
            let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12], "{uuid}");
            assert!(uuid.chars().nth(14) == Some('4') && "89ab".contains(&uuid[19..20]), "{uuid}");
        }
        assert_ne!(random.uuid(), random.uuid());
    }
}
