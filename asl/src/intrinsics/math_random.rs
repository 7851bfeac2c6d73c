//! `States.MathRandom(start, end)` and `States.MathRandom(start, end, seed)`: a whole number from `start` up to, not
//! including, `end`. The same seed gives the same number (AWS documents no more than that about seeds).

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Arguments,
    arguments::{Refusal, rounded},
};
use crate::Entropy;

pub(super) fn apply(mut arguments: Arguments, entropy: &dyn Entropy) -> Result<Value, Refusal> {
    let (start, end) = (arguments.integer()?, arguments.integer()?);
    let Some(range) = i128::from(end).checked_sub(i128::from(start)).filter(|range| *range > 0) else {
        return Err(format!("The end ({end}) must be greater than the start ({start})"));
    };
    let mut random = [0_u8; 8];
    match arguments.optional() {
        None => entropy.fill(&mut random),
        Some(seed) => {
            let seed = rounded(&seed).ok_or_else(|| arguments.unexpected("a number", &seed))?;
            let digest = Sha256::digest(seed.to_be_bytes());
            random.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
        }
    }
    // Scaling 64 random bits into the range favours no number by more than one part in 2^64 / range.
    let offset = (u128::from(u64::from_be_bytes(random)) * range.unsigned_abs()) >> 64;
    let number =
        i128::try_from(offset).ok().and_then(|offset| i64::try_from(i128::from(start) + offset).ok());
    Ok(number.unwrap_or(start).into())
}
