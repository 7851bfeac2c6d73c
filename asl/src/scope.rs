//! What an expression may look at while one state is evaluated. Holds references only and never computes anything.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::Value;

/// The documents, the variables and the randomness that the JSONPath expressions of one state may use.
///
/// Cheap to copy; build a new one for each stage (`Parameters` sees the state's input, `ResultSelector` its result).
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The document that `$` stands for.
    pub input: &'a Value,
    /// The JSON text of `input` where it is as it came: AWS shows it with its own spacing.
    pub input_text: Option<&'a [u8]>,
    /// The context object, which `$$` stands for.
    pub context: &'a Value,
    /// The variables that `$name` stands for, by name without `$`: those of the branch and of the branches around it.
    pub variables: &'a IndexMap<String, Value>,
    /// Where `States.UUID` and `States.MathRandom` take their randomness from.
    pub entropy: &'a dyn Entropy,
}

static NO_VARIABLES: LazyLock<IndexMap<String, Value>> = LazyLock::new(IndexMap::new);

impl<'a> Scope<'a> {
    /// A scope without variables.
    pub fn new(input: &'a Value, context: &'a Value, entropy: &'a dyn Entropy) -> Scope<'a> {
        Scope { input, input_text: None, context, variables: &NO_VARIABLES, entropy }
    }

    /// The same scope with these variables.
    #[must_use]
    pub fn with_variables(self, variables: &'a IndexMap<String, Value>) -> Scope<'a> {
        Scope { variables, ..self }
    }

    /// The same scope looking at another document.
    #[must_use]
    pub fn with_input(self, input: &'a Value) -> Scope<'a> {
        Scope { input, input_text: None, ..self }
    }

    /// The same scope with the text that its input was read from.
    #[must_use]
    pub fn with_input_text(self, text: Option<&'a [u8]>) -> Scope<'a> {
        Scope { input_text: text, ..self }
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
