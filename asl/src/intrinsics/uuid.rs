//! `States.UUID()`: a random UUID, version 4.

use serde_json::Value;

use crate::Entropy;

pub(super) fn apply(entropy: &dyn Entropy) -> Value {
    let mut bytes = [0_u8; 16];
    entropy.fill(&mut bytes);
    let bits = u128::from_be_bytes(bytes);
    const VERSION: u128 = 0xF << 76;
    const VARIANT: u128 = 0b11 << 62;
    let bits = (bits & !VERSION & !VARIANT) | (4 << 76) | (0b10 << 62);
    let group = |shift: u32, digits: usize| {
        let mask = (1_u128 << (digits * 4)) - 1;
        format!("{:0digits$x}", (bits >> shift) & mask)
    };
    [group(96, 8), group(80, 4), group(64, 4), group(48, 4), group(0, 12)].join("-").into()
}
