//! The comparison operators of choice rules. Values of another type than the operator's never match and are never
//! converted.

use std::{borrow::Cow, cmp::Ordering};

use jiff::Timestamp;
use serde_json::{Number, Value};

use super::wildcard::Wildcard;
use crate::{EvaluationError, Scope, budget::Budget, number, path::Path, timestamp};

/// A compiled comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparison {
    /// `IsPresent`
    Present(bool),
    /// `IsNull`, `IsString`, ...
    Is(Kind, bool),
    /// `StringMatches`
    Matches(Wildcard),
    /// `StringEquals`, `NumericLessThan`, ...
    With(Relation, Constant),
    /// `StringEqualsPath`, `NumericLessThanPath`, ...
    WithPath(Relation, Family, Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// A value of one family.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    String(String),
    Numeric(Number),
    Boolean(bool),
    Timestamp(Timestamp),
}

impl Constant {
    /// The value as one of this family, if it is.
    pub(super) fn of(family: Family, value: &Value) -> Option<Constant> {
        match (family, value) {
            (Family::String, Value::String(text)) => Some(Constant::String(text.clone())),
            (Family::Numeric, Value::Number(number)) => Some(Constant::Numeric(number.clone())),
            (Family::Boolean, Value::Bool(flag)) => Some(Constant::Boolean(*flag)),
            (Family::Timestamp, Value::String(text)) => timestamp::parse(text).map(Constant::Timestamp),
            _ => None,
        }
    }

    /// How `value` compares with this constant; `None` if it is of another family.
    fn order_of(&self, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Constant::String(constant), Value::String(text)) => Some(number::compare_utf16(text, constant)),
            (Constant::Numeric(constant), Value::Number(number)) => Some(number::compare(number, constant)),
            (Constant::Boolean(constant), Value::Bool(flag)) => Some(flag.cmp(constant)),
            (Constant::Timestamp(constant), Value::String(text)) => {
                timestamp::parse(text).map(|time| time.cmp(constant))
            }
            _ => None,
        }
    }
}

impl Relation {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Relation::Equals => order.is_eq(),
            Relation::LessThan => order.is_lt(),
            Relation::LessThanEquals => order.is_le(),
            Relation::GreaterThan => order.is_gt(),
            Relation::GreaterThanEquals => order.is_ge(),
        }
    }
}

impl Kind {
    fn includes(self, value: &Value) -> bool {
        match (self, value) {
            (Kind::Null, value) => value.is_null(),
            (Kind::String, value) => value.is_string(),
            (Kind::Numeric, value) => value.is_number(),
            (Kind::Boolean, value) => value.is_boolean(),
            (Kind::Timestamp, Value::String(text)) => timestamp::parse(text).is_some(),
            (Kind::Timestamp, _) => false,
        }
    }
}

impl Comparison {
    /// The variable that a `*Path` operator compares with.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Comparison::WithPath(_, _, path) => path.variable(),
            _ => None,
        }
    }

    /// Whether the comparison holds for what `variable` leads to.
    pub(super) fn holds(
        &self,
        variable: &Path,
        scope: &Scope<'_>,
        budget: &Budget,
    ) -> Result<bool, EvaluationError> {
        if let Comparison::Present(expected) = self {
            return Ok(variable.find_borrowed(scope, budget)?.is_some() == *expected);
        }
        let value = required(variable, scope, budget)?;
        Ok(match self {
            // Answered above.
            Comparison::Present(expected) => *expected,
            Comparison::Is(kind, expected) => kind.includes(&value) == *expected,
            Comparison::Matches(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
            Comparison::With(relation, constant) => {
                constant.order_of(&value).is_some_and(|order| relation.accepts(order))
            }
            Comparison::WithPath(relation, family, path) => {
                let other = required(path, scope, budget)?;
                Constant::of(*family, &other)
                    .and_then(|constant| constant.order_of(&value))
                    .is_some_and(|order| relation.accepts(order))
            }
        })
    }
}

fn required<'a>(path: &Path, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, EvaluationError> {
    path.find_borrowed(scope, budget)?.ok_or_else(|| {
        EvaluationError::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.text()
        ))
    })
}
