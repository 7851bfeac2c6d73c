//! The predicates of filter steps, `[?(@.price < 10 && @.name == 'x')]`, with Jayway's comparisons.

use std::{borrow::Cow, cmp::Ordering};

use regex::Regex;
use serde_json::{Number, Value};

use super::{
    evaluator::{Failure, evaluate},
    segment::Segment,
};
use crate::{budget::Budget, java_text, number};

/// A predicate over one node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// `@.a`: the path leads somewhere, even to `null`. An indefinite path always leads to a list, even to an empty one.
    Exists(Query),
    Compare(Operand, Operator, Operand),
}

/// A path inside a filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// Starts at the filtered node (`@`), not at the document (`$`).
    pub(super) relative: bool,
    pub(super) segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Value),
    Query(Query),
    /// `/pattern/flags`
    Pattern(Regex),
}

impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Operand::Literal(a), Operand::Literal(b)) => a == b,
            (Operand::Query(a), Operand::Query(b)) => a == b,
            (Operand::Pattern(a), Operand::Pattern(b)) => a.as_str() == b.as_str(),
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    /// `===`: numbers and strings are never equal.
    SameTypeEqual,
    /// `!==`
    SameTypeNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    AllOf,
    Size,
    Empty,
    Contains,
}

/// The operators as written, longer ones before those they start with.
pub(super) const SYMBOLS: &[(&str, Operator)] = &[
    ("===", Operator::SameTypeEqual),
    ("!==", Operator::SameTypeNotEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=~", Operator::Matches),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// The operators that are words, in any case.
pub(super) const WORDS: &[(&str, Operator)] = &[
    ("in", Operator::In),
    ("nin", Operator::NotIn),
    ("subsetof", Operator::SubsetOf),
    ("anyof", Operator::AnyOf),
    ("noneof", Operator::NoneOf),
    ("all", Operator::AllOf),
    ("size", Operator::Size),
    ("empty", Operator::Empty),
    ("contains", Operator::Contains),
];

impl Filter {
    /// Whether `node` passes. `root` is the document that `$` stands for.
    pub(super) fn accepts(&self, node: &Value, root: &Value, budget: &Budget) -> Result<bool, Failure> {
        budget.visit(1)?;
        match self {
            Filter::All(filters) => {
                for filter in filters {
                    if !filter.accepts(node, root, budget)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Any(filters) => {
                for filter in filters {
                    if filter.accepts(node, root, budget)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::Not(filter) => Ok(!filter.accepts(node, root, budget)?),
            Filter::Exists(query) => Ok(query.value(node, root, budget)?.is_some()),
            Filter::Compare(left, operator, right) => match (left, operator, right) {
                (text, Operator::Matches, Operand::Pattern(pattern))
                | (Operand::Pattern(pattern), Operator::Matches, text) => {
                    matches(text.value(node, root, budget)?.as_deref(), pattern, budget)
                }
                _ => compare(
                    left.value(node, root, budget)?.as_deref(),
                    *operator,
                    right.value(node, root, budget)?.as_deref(),
                    budget,
                ),
            },
        }
    }
}

impl Query {
    fn value<'v>(
        &self,
        node: &'v Value,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Option<Cow<'v, Value>>, Failure> {
        let start = if self.relative { node } else { root };
        match evaluate(&self.segments, start, root, budget) {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Nowhere(_)) => Ok(None),
            Err(stopped) => Err(stopped),
        }
    }
}

/// Whether these steps lead to one value rather than a list.
pub(super) fn is_definite(segments: &[Segment]) -> bool {
    let last = segments.len().saturating_sub(1);
    segments.iter().enumerate().all(|(at, segment)| segment.is_definite(at == last))
}

impl Operand {
    fn value<'v>(
        &'v self,
        node: &'v Value,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Option<Cow<'v, Value>>, Failure> {
        match self {
            Operand::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            Operand::Query(query) => query.value(node, root, budget),
            Operand::Pattern(_) => Ok(None),
        }
    }
}

/// Jayway's `=~`: of an array, any item may match. What has no text of its own, an absent value included, is the empty
/// text.
fn matches(value: Option<&Value>, pattern: &Regex, budget: &Budget) -> Result<bool, Failure> {
    match value {
        Some(Value::Array(items)) => {
            for item in items {
                if is_match(Some(item), pattern, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        value => is_match(value, pattern, budget),
    }
}

fn is_match(value: Option<&Value>, pattern: &Regex, budget: &Budget) -> Result<bool, Failure> {
    let text = match value {
        Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Cow::Owned(java_text::display(value)),
        _ => Cow::Borrowed(""),
    };
    // Each byte may cost as much as the pattern is long, so each is charged.
    budget.visit(text.len())?;
    Ok(pattern.is_match(&text))
}

fn compare(
    left: Option<&Value>,
    operator: Operator,
    right: Option<&Value>,
    budget: &Budget,
) -> Result<bool, Failure> {
    // What one comparison looks at is charged like visited nodes, so that a filter cannot hide its cost.
    budget.visit(left.map_or(0, width) + right.map_or(0, width))?;
    Ok(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::SameTypeEqual => same_type(left, right) && equal(left, right),
        Operator::SameTypeNotEqual => !(same_type(left, right) && equal(left, right)),
        Operator::Less => ordering(left, right).is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => ordering(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => ordering(left, right).is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => ordering(left, right).is_some_and(Ordering::is_ge),
        Operator::Matches => false,
        Operator::In => right.and_then(Value::as_array).is_some_and(|list| holds(list, left)),
        Operator::NotIn => !right.and_then(Value::as_array).is_some_and(|list| holds(list, left)),
        Operator::SubsetOf | Operator::AnyOf | Operator::NoneOf => match lists(left, right) {
            Some((left, right)) => {
                budget.visit(left.len().saturating_mul(right.len()))?;
                let mut held = left.iter().map(|item| holds(right, Some(item)));
                match operator {
                    Operator::SubsetOf => held.all(|held| held),
                    Operator::AnyOf => held.any(|held| held),
                    _ => !held.any(|held| held),
                }
            }
            None => false,
        },
        // Jayway reads `all`, but its evaluation of it always fails.
        Operator::AllOf => false,
        Operator::Size => {
            let length = match left {
                Some(Value::Array(items)) => items.len(),
                Some(Value::String(text)) => text.encode_utf16().count(),
                _ => return Ok(false),
            };
            // Jayway cuts a fraction off.
            right.and_then(Value::as_f64).is_some_and(|size| size.trunc() == length as f64)
        }
        Operator::Empty => {
            let empty = match left {
                Some(Value::Array(items)) => items.is_empty(),
                Some(Value::String(text)) => text.is_empty(),
                _ => return Ok(false),
            };
            right.and_then(Value::as_bool) == Some(empty)
        }
        Operator::Contains => match (left, right) {
            (Some(Value::Array(items)), right) => holds(items, right),
            (Some(Value::String(text)), Some(Value::String(part))) => text.contains(part.as_str()),
            _ => false,
        },
    })
}

/// How many nodes (and blocks of 64 bytes of text) a comparison may have to look at.
fn width(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(width).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(width).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// Jayway's `==`: a number equals a string that reads as that number. Nothing equals an absent value.
fn equal(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => number::compare(left, right).is_eq(),
        (Some(Value::Number(number)), Some(Value::String(text)))
        | (Some(Value::String(text)), Some(Value::Number(number))) => {
            text.parse::<Number>().is_ok_and(|parsed| number::compare(number, &parsed).is_eq())
        }
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

fn same_type(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => std::mem::discriminant(left) == std::mem::discriminant(right),
        _ => false,
    }
}

fn ordering(left: Option<&Value>, right: Option<&Value>) -> Option<Ordering> {
    match (left?, right?) {
        (Value::Number(left), Value::Number(right)) => Some(number::compare(left, right)),
        (Value::String(left), Value::String(right)) => Some(number::compare_utf16(left, right)),
        _ => None,
    }
}

fn holds(list: &[Value], value: Option<&Value>) -> bool {
    list.iter().any(|item| equal(Some(item), value))
}

fn lists<'v>(left: Option<&'v Value>, right: Option<&'v Value>) -> Option<(&'v [Value], &'v [Value])> {
    Some((left?.as_array()?, right?.as_array()?))
}
