//! The Parallel state: runs several flows on the same input and waits for all of them.

use super::fields::Fields;
use super::{Catcher, Flow, Machine, Retrier, Transition, catcher, flow, retrier, state, transition};
use crate::jsonata;
use crate::payload_io::ResultPath;
use crate::template::Template;
use crate::wording;

/// A Parallel state.
#[derive(Debug, Clone, PartialEq)]
pub struct Parallel {
    /// `Branches`, at least one.
    pub branches: Vec<Flow>,
    /// `Parameters`
    pub parameters: Option<Template>,
    /// `Arguments`: what `Parameters` is in JSONPath.
    pub arguments: Option<jsonata::Template>,
    /// `ResultSelector`
    pub result_selector: Option<Template>,
    /// `ResultPath`
    pub result_path: ResultPath,
    /// `Retry`
    pub retry: Vec<Retrier>,
    /// `Catch`
    pub catch: Vec<Catcher>,
    /// `Next` or `End`
    pub transition: Transition,
}

const FIELDS: [&str; 10] = [
    "Arguments",
    "Assign",
    "Branches",
    "Parameters",
    "ResultSelector",
    "ResultPath",
    "Retry",
    "Catch",
    "Next",
    "End",
];

pub(super) fn read(fields: &Fields<'_>, machine: Machine) -> Option<Parallel> {
    state::allow(fields, &FIELDS);
    fields.require(&["Branches"]);
    let parameters = fields.template("Parameters");
    let arguments = fields.jsonata("Arguments");
    let branches = read_branches(fields, machine);
    let result_selector = fields.template("ResultSelector");
    let result_path = fields.result_path();
    let retry = retrier::read_list(fields);
    let catch = catcher::read_list(fields);
    let transition = transition::read(fields)?;
    Some(Parallel {
        branches: branches?,
        parameters,
        arguments,
        result_selector,
        result_path,
        retry,
        catch,
        transition,
    })
}

fn read_branches(fields: &Fields<'_>, machine: Machine) -> Option<Vec<Flow>> {
    let list = fields.list("Branches")?;
    if list.is_empty() {
        fields.report_at("Branches", wording::EMPTY_LIST);
    }
    let at = fields.at.field("Branches");
    let mut branches = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        if let Some(branch) = fields.inner(value, at.index(index)) {
            branch.allow(&["Comment", "StartAt", "States"]);
            branches.extend(flow::read(&branch, machine));
        }
    }
    Some(branches)
}
