//! The intrinsic functions (`States.Format('{}', $.a)`): one file each, a parser for calls, and this door.
//! The functions see argument values only, never paths or scopes.

mod arguments;
mod array;
mod array_contains;
mod array_get_item;
mod array_length;
mod array_partition;
mod array_range;
mod array_unique;
mod base64_decode;
mod base64_encode;
mod format;
mod function;
mod hash;
mod json_merge;
mod json_to_string;
mod math_add;
mod math_random;
mod parser;
mod string_split;
mod string_to_json;
mod uuid;

use serde_json::Value;

use self::{arguments::Arguments, function::Function};
use crate::{EvaluationError, Scope, budget::Budget, path::Path};

/// A compiled call of an intrinsic function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The call as written, which AWS repeats in errors.
    text: String,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
enum Argument {
    /// A number, `true`, `false` or `null`.
    Literal(Value),
    /// A text in single quotes.
    Text {
        /// Escapes undone.
        value: String,
        /// Escapes kept: in a template of `States.Format`, `\{` differs from `{`.
        raw: String,
    },
    Path(Path),
    Call(Call),
}

/// Why a text is no call of an intrinsic function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, and where in the text.
    pub message: String,
}

impl Call {
    /// Compiles a call such as `States.Format('{}', $.a)`.
    ///
    /// # Errors
    /// If the text is no call, the function is unknown or takes another number of arguments, an argument is no path,
    /// or calls nest more than 10 levels deep.
    pub fn parse(text: &str) -> Result<Call, ParseError> {
        parser::parse(text)
    }

    /// Evaluates the arguments, then the function.
    ///
    /// # Errors
    /// `States.Runtime` if a path among the arguments leads nowhere, or it costs too much;
    /// `States.IntrinsicFailure` if a function refuses its arguments.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        self.evaluate_within(scope, &Budget::default())
    }

    /// Calls `visit` with each variable that the arguments refer to, in the order of the text.
    pub(crate) fn each_variable(&self, visit: &mut dyn FnMut(&str)) {
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => path.variable().into_iter().for_each(&mut *visit),
                Argument::Call(call) => call.each_variable(visit),
                Argument::Literal(_) | Argument::Text { .. } => {}
            }
        }
    }

    /// The call as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn evaluate_within(
        &self,
        scope: &Scope<'_>,
        budget: &Budget,
    ) -> Result<Value, EvaluationError> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Literal(value) => value.clone(),
                Argument::Text { raw, .. } if self.function == Function::Format && values.is_empty() => {
                    Value::String(raw.clone())
                }
                Argument::Text { value, .. } => Value::String(value.clone()),
                Argument::Path(path) => {
                    path.find_within(scope, budget)?.ok_or_else(|| missing(path, scope))?
                }
                Argument::Call(call) => call.evaluate_within(scope, budget)?,
            });
        }
        let result = self.function.apply(Arguments::new(values), scope.entropy).map_err(|refusal| {
            EvaluationError::intrinsic_failure(format!(
                "The function '{}' had the following error: {refusal}",
                self.text
            ))
        })?;
        budget.produce(&result)?;
        Ok(result)
    }
}

fn missing(path: &Path, scope: &Scope<'_>) -> EvaluationError {
    EvaluationError::runtime(format!(
        "The JsonPath argument for the field '{}' could not be found in the input '{}'",
        path.text(),
        path.document_text(scope),
    ))
}

#[cfg(test)]
mod tests;
