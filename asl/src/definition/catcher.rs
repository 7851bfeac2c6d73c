//! `Catch`: where a flow goes on after an error that wasn't, or could not be, retried.

use serde_json::Value;

use super::fields::Fields;
use super::{Assign, assign, retrier};
use crate::jsonata;
use crate::location::Location;
use crate::payload_io::ResultPath;

/// One entry of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catcher {
    /// `ErrorEquals`: the names of errors, at least one; `States.ALL` stands alone and in the last entry.
    pub error_equals: Vec<String>,
    /// `ResultPath`: where the error goes in the state's input.
    pub result_path: ResultPath,
    /// `Assign`: variables of the scope that the state lies in.
    pub assign: Option<Assign>,
    /// `Output` of a JSONata state; without it, the error is the output.
    pub output: Option<jsonata::Template>,
    /// `Next`: the name of a state of the same flow.
    pub next: String,
}

pub(super) fn read_list(fields: &Fields<'_>) -> Vec<Catcher> {
    let Some(list) = fields.list("Catch") else { return Vec::new() };
    let at = fields.at.field("Catch");
    let last = list.len().saturating_sub(1);
    let entries = list.iter().enumerate();
    entries.filter_map(|(index, value)| read(fields, value, at.index(index), index == last)).collect()
}

fn read(state: &Fields<'_>, value: &Value, at: Location<'_>, is_last: bool) -> Option<Catcher> {
    let fields = state.inner(value, at)?.of_catcher();
    fields.allow(&["ErrorEquals", "ResultPath", "Assign", "Output", "Next", "Comment"]);
    let error_equals = retrier::read_error_equals(&fields, is_last);
    let result_path = fields.result_path();
    let assign = assign::read(&fields);
    let output = fields.jsonata("Output");
    fields.require(&["Next"]);
    let next = fields.text("Next")?.to_owned();
    Some(Catcher { error_equals: error_equals?, result_path, assign, output, next })
}
