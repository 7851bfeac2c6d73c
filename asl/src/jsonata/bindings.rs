//! What an expression may look at while one state is evaluated. Holds references only and never computes anything.

use indexmap::IndexMap;
use serde_json::Value;

use crate::Entropy;

/// The documents, variables, randomness and time of one stage of a state.
///
/// Cheap to copy. Only what an expression names is converted for it, so that large documents cost nothing to offer.
#[derive(Clone, Copy)]
pub struct Bindings<'a> {
    /// `$states.input`: the state's raw input.
    pub input: &'a Value,
    /// `$states.result`: what the task, branches or iterations gave; only after they succeeded.
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`: the error that is being caught; only in a catcher.
    pub error_output: Option<&'a Value>,
    /// `$states.context`: the context object.
    pub context: &'a Value,
    /// The variables in scope, by name without `$`.
    pub variables: &'a IndexMap<String, Value>,
    /// Where `$uuid`, `$random` and `$shuffle` take their randomness from.
    pub entropy: &'a dyn Entropy,
    /// What `$now` and `$millis` give: milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
}
