//! One account for several expressions that look at the same values: the conditions of one Choice state.

use std::rc::Rc;

use serde_json::Value;

use super::{Bindings, Expression, FieldFailure, Limits, ResultType, meter::Meter};

/// What several expressions may cost together: thousands of them take no longer than one.
pub struct Account<'a> {
    bindings: Bindings<'a>,
    meter: Rc<Meter>,
}

impl<'a> Account<'a> {
    /// An account that nothing has been charged to.
    pub fn new(bindings: Bindings<'a>, limits: &Limits) -> Account<'a> {
        Account { bindings, meter: Rc::new(Meter::new(*limits)) }
    }

    /// As [`Expression::evaluate_field`], within what the expressions before have left.
    ///
    /// # Errors
    /// `States.QueryEvaluationError`, also if the value is undefined or of another type.
    pub fn evaluate_field(
        &self,
        expression: &Expression,
        field: &str,
        result_type: ResultType,
    ) -> Result<Value, FieldFailure> {
        expression.evaluate_field_metered(field, result_type, &self.bindings, &self.meter)
    }
}
