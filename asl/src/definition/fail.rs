//! The Fail state: ends the execution with an error and a cause, from the definition or computed from the state's
//! input.

use super::fields::Fields;
use super::{QueryLanguage, lint};
use crate::wording;
use crate::{Expression, jsonata};

/// A Fail state.
#[derive(Debug, Clone, PartialEq)]
pub struct Fail {
    /// `Error` or `ErrorPath`
    pub error: Option<FailText>,
    /// `Cause` or `CausePath`
    pub cause: Option<FailText>,
}

/// Where the text of an error or a cause comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum FailText {
    /// It stands in the definition.
    Literal(String),
    /// `ErrorPath`, `CausePath`: a path or an intrinsic function, which must yield a string.
    Computed(Expression),
    /// An expression of a JSONata state, which must yield a string.
    Jsonata(jsonata::Expression),
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Fail> {
    fields.allow(&["Type", "Comment", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"]);
    fields.exclude(&["Error", "ErrorPath"]);
    fields.exclude(&["Cause", "CausePath"]);
    Some(Fail { error: text(fields, "Error", "ErrorPath"), cause: text(fields, "Cause", "CausePath") })
}

fn text(fields: &Fields<'_>, literal: &str, computed: &str) -> Option<FailText> {
    if fields.is_expression(literal) {
        return fields.expression(literal).map(FailText::Jsonata);
    }
    if let Some(text) = fields.text(literal) {
        if fields.language == QueryLanguage::JsonPath {
            lint::literal(fields, literal);
        }
        return Some(FailText::Literal(text.to_owned()));
    }
    if fields.language == QueryLanguage::Jsonata {
        return None;
    }
    let expression = Expression::parse(fields.text(computed)?).ok();
    if expression.is_none() {
        fields.report_at(computed, wording::NO_EXPRESSION);
    }
    expression.map(FailText::Computed)
}
