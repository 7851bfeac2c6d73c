//! What an expression may look at while one state is evaluated. Holds references only and never computes anything.

use serde_json::Value;

/// The documents and the randomness that the expressions of one state may use.
///
/// Cheap to copy; build a new one for each stage (`Parameters` sees the state's input, `ResultSelector` its result).
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The document that `$` stands for.
    pub input: &'a Value,
    /// The context object, which `$$` stands for.
    pub context: &'a Value,
    /// Where `States.UUID` and `States.MathRandom` take their randomness from.
    pub entropy: &'a dyn Entropy,
}

impl<'a> Scope<'a> {
    /// The same scope looking at another document.
    pub fn with_input(self, input: &'a Value) -> Scope<'a> {
        Scope { input, ..self }
    }
}

/// A source of random bytes. The crate has none of its own, so that evaluation can be repeated in tests.
pub trait Entropy {
    /// Fills all of `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Entropy for tests that need none: zeros.
#[cfg(test)]
pub(crate) struct NoEntropy;

#[cfg(test)]
impl Entropy for NoEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}
