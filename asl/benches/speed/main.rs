//! How long typical definitions and expressions take: reading them, as happens once for each revision of a state
//! machine, and evaluating them, as happens whenever a state runs. `cargo bench -p keepstep-asl`.

mod choices;
mod definitions;
mod documents;
mod intrinsics;
mod jsonata;
mod paths;
mod templates;

use keepstep_asl::{Entropy, Scope};
use serde_json::Value;

fn main() {
    divan::main();
}

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
