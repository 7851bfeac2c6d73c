//! Choice rules in the JSONPath query language: comparisons, and `And`, `Or`, `Not` of rules. Where a rule leads
//! (`Next`) and what it assigns is the caller's.

mod comparison;
mod parser;
mod wildcard;

use serde_json::Value;

use self::comparison::Comparison;
use crate::{EvaluationError, Scope, budget::Budget, path::Path};

/// A compiled choice rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    node: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Test { variable: Path, comparison: Comparison },
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
    /// Compiles a rule. `Next`, `Comment` and `Assign` may stand at its top and are not looked at.
    ///
    /// # Errors
    /// All that is wrong with the rule, in the order of its fields; rules that nest more than 32 levels deep.
    pub fn parse(value: &Value) -> Result<Rule, Vec<ParseError>> {
        parser::parse(value).map(|node| Rule { node })
    }

    /// Whether a field of this name compares, or combines rules.
    pub(crate) fn is_operator(name: &str) -> bool {
        parser::operator(name).is_some()
    }

    /// Whether the rule holds. `And` and `Or` stop at the first rule that decides.
    ///
    /// # Errors
    /// `States.Runtime` if a path of a comparison (other than `IsPresent`) leads nowhere, or if it costs too much.
    pub fn matches(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        matches(&self.node, scope, &Budget::default())
    }
}

impl Rule {
    /// Calls `visit` with each variable that the rule refers to, in the order of the text.
    pub(crate) fn each_variable(&self, visit: &mut dyn FnMut(&str)) {
        each_variable(&self.node, visit);
    }
}

fn each_variable(node: &Node, visit: &mut dyn FnMut(&str)) {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| each_variable(node, visit)),
        Node::Not(node) => each_variable(node, visit),
        Node::Test { variable, comparison } => {
            variable.variable().into_iter().chain(comparison.variable()).for_each(visit);
        }
    }
}

fn matches(node: &Node, scope: &Scope<'_>, budget: &Budget) -> Result<bool, EvaluationError> {
    budget.visit(1)?;
    match node {
        Node::And(nodes) => {
            for node in nodes {
                if !matches(node, scope, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Node::Or(nodes) => {
            for node in nodes {
                if matches(node, scope, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Node::Not(node) => Ok(!matches(node, scope, budget)?),
        Node::Test { variable, comparison } => comparison.holds(variable, scope, budget),
    }
}

#[cfg(test)]
mod tests;
