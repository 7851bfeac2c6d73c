//! Choice rules in the JSONPath query language.

use serde_json::Value;

use crate::{EvaluationError, Scope};

/// A compiled choice rule: a comparison, or `And`, `Or`, `Not` of rules. Its `Next` is the caller's.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    value: Value,
}

/// Why a value is no choice rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// JSON pointer below the rule (empty for the rule itself).
    pub location: String,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
}

impl Rule {
    /// Compiles a rule; `Next`, `Comment` and `Assign` at its top are left to the caller.
    pub fn parse(value: &Value) -> Result<Rule, Vec<ParseError>> {
        Ok(Rule { value: value.clone() })
    }

    /// Whether the rule holds.
    pub fn matches(&self, _scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        Ok(self.value.is_null())
    }
}
