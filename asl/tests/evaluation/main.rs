//! Evaluation under random input: it agrees with RFC 9535 where Jayway's dialect does, and never panics.

mod against_jayway;
mod against_rfc9535;
mod never_panics;
mod variables;

use keepstep_asl::{Entropy, Scope};
use serde_json::Value;

/// Always the same bytes.
struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5A);
    }
}

fn scope<'a>(input: &'a Value, context: &'a Value) -> Scope<'a> {
    Scope::new(input, context, &Fixed)
}
