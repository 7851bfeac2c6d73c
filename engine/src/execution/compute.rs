//! The fields of JSONata states: expressions, and JSON with expressions in it. What they see is the state's raw input, as there is no
//! InputPath.

use keepstep_asl::EvaluationError;
use keepstep_asl::definition::State;
use keepstep_asl::jsonata::{Expression, FieldFailure, Limits, ResultType, Template};
use serde_json::Value;

use super::interrupt::{Failure, Interrupt};
use super::run::{Active, Run};

impl Run<'_> {
    /// The value of an expression, which must have a certain type.
    pub(super) fn compute(
        &mut self,
        active: &Active,
        state: &State,
        field: &str,
        expected: ResultType,
        expression: &Expression,
    ) -> Result<Value, Interrupt> {
        let input = self.value(active.branch.input)?;
        let frame = self.frame(active, state, input)?;
        let value =
            expression.evaluate_field(field, expected, &frame.bindings(&self.desk), &Limits::default())?;
        self.done(frame);
        Ok(value)
    }

    /// The value of an expression, which must be a whole number that isn't negative.
    pub(super) fn compute_whole(
        &mut self,
        active: &Active,
        state: &State,
        field: &str,
        expression: &Expression,
    ) -> Result<u64, Interrupt> {
        let value = self.compute(active, state, field, ResultType::Number, expression)?;
        whole(&value).ok_or_else(|| refused(expression, field, "a whole number that is not negative", &value))
    }

    /// What a template makes of the state's input.
    pub(super) fn compute_all(
        &mut self,
        active: &Active,
        state: &State,
        field: &str,
        template: &Template,
    ) -> Result<Value, Interrupt> {
        let input = self.value(active.branch.input)?;
        let frame = self.frame(active, state, input)?;
        let value = template.evaluate(field, &frame.bindings(&self.desk), &Limits::default())?;
        self.done(frame);
        Ok(value)
    }

    /// The list of `Items`, or the object. It is no larger than any payload: all of it is written in one transaction.
    pub(super) fn compute_items(
        &mut self,
        active: &Active,
        state: &State,
        items: &Template,
    ) -> Result<Value, Interrupt> {
        let items = match items.as_expression() {
            Some(expression) => {
                self.compute(active, state, "Items", ResultType::ArrayOrObject, expression)?
            }
            None => self.compute_all(active, state, "Items", items)?,
        };
        if items.to_string().len() > self.desk.limits.payload_bytes_max {
            return Err(Failure::parameters_too_large(&state.name).into());
        }
        Ok(items)
    }
}

/// A number without a fraction. JSONata knows floating-point numbers only, and may yield one that is whole.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole, and to lie between 0 and 2^53"
)]
fn whole(value: &Value) -> Option<u64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let number =
            value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=EXACT_MAX).contains(number))?;
        Some(number as u64)
    })
}

/// A value of the right type that the field can't take. The words are ours: AWS's are not known.
pub(super) fn refused(expression: &Expression, field: &str, expected: &str, value: &Value) -> Interrupt {
    let text = expression.text();
    let cause = format!(
        "The JSONata expression '{text}' specified for the field '{field}' returned an unexpected result. Expected {expected}, but was: {value}"
    );
    let error = EvaluationError { error: "States.QueryEvaluationError".to_owned(), cause };
    FieldFailure { field: field.to_owned(), error }.into()
}
