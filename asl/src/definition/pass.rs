//! The Pass state: passes its input on, reshaped, or a result that stands in the definition.

use serde_json::Value;

use super::fields::Fields;
use super::{Transition, lint, state, transition};
use crate::payload_io::ResultPath;
use crate::template::Template;

/// A Pass state. In JSONata it has nothing but `Output` and `Assign`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// `Parameters`
    pub parameters: Option<Template>,
    /// `Result`: the state's result as it stands, never evaluated; without it, the effective input is the
    /// result.
    pub result: Option<Value>,
    /// `ResultPath`
    pub result_path: ResultPath,
    /// `Next` or `End`
    pub transition: Transition,
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Pass> {
    state::allow(fields, &["Assign", "Parameters", "Result", "ResultPath", "Next", "End"]);
    let parameters = fields.template("Parameters");
    lint::result(fields);
    let result = fields.get("Result").cloned();
    let result_path = fields.result_path();
    let transition = transition::read(fields)?;
    Some(Pass { parameters, result, result_path, transition })
}
