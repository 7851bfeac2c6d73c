//! The arguments of Step Functions' own functions. Says what is wrong with them in JSONata's words.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

/// The arguments of one call, taken one by one.
pub(super) struct Arguments<'a> {
    function: &'static str,
    values: &'a [JValue],
    taken: usize,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(function: &'static str, values: &'a [JValue]) -> Self {
        Arguments { function, values, taken: 0 }
    }

    /// The next argument; undefined if there is none.
    pub(super) fn next(&mut self) -> &'a JValue {
        self.taken += 1;
        self.values.get(self.taken - 1).unwrap_or(&JValue::Undefined)
    }

    /// The next argument as a number without its fraction, as AWS has it (`$range(-1.7, 2, 1)` starts at -1); `None`
    /// if it is undefined.
    pub(super) fn whole(&mut self) -> Result<Option<i64>, EvaluatorError> {
        match self.next() {
            JValue::Undefined => Ok(None),
            // Saturates: numbers beyond i64 are beyond every bound anyway.
            JValue::Number(number) => Ok(Some(number.trunc() as i64)),
            _ => Err(self.refuse()),
        }
    }

    /// The next argument as a text; `None` if it is undefined.
    pub(super) fn text(&mut self) -> Result<Option<&'a str>, EvaluatorError> {
        match self.next() {
            JValue::Undefined => Ok(None),
            JValue::String(text) => Ok(Some(text)),
            _ => Err(self.refuse()),
        }
    }

    /// No argument may follow.
    pub(super) fn end(&mut self) -> Result<(), EvaluatorError> {
        self.taken += 1;
        if self.values.len() >= self.taken { Err(self.refuse()) } else { Ok(()) }
    }

    /// The argument taken last is not what the function takes.
    pub(super) fn refuse(&self) -> EvaluatorError {
        EvaluatorError::EvaluationError(format!(
            "T0410: Argument {} of function \"{}\" does not match function signature",
            self.taken, self.function
        ))
    }

    /// The function cannot work with its arguments.
    pub(super) fn fail(&self, problem: &str) -> EvaluatorError {
        EvaluatorError::EvaluationError(format!("Function \"{}\": {problem}", self.function))
    }
}
