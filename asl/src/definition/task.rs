//! The Task state: has work done by an activity's workers, a Lambda function or another service.

use super::fields::Fields;
use super::{
    Catcher, Kind, Machine, Payload, Retrier, Timeout, Transition, catcher, parameters, retrier, state,
    timeout, transition,
};
use crate::jsonata;
use crate::payload_io::ResultPath;
use crate::resource::{Pattern, Resource};
use crate::template::Template;
use crate::wording;

/// A Task state.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// `Resource`: who does the work.
    pub resource: Resource,
    /// `Resource` as the definition writes it.
    pub resource_arn: String,
    /// `Parameters`
    pub parameters: Option<Template>,
    /// `Arguments`: what `Parameters` is in JSONPath.
    pub arguments: Option<jsonata::Template>,
    /// `ResultSelector`
    pub result_selector: Option<Template>,
    /// `ResultPath`
    pub result_path: ResultPath,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`
    pub timeout: Option<Timeout>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`
    pub heartbeat: Option<Timeout>,
    /// `Credentials`: a template that yields `RoleArn`.
    pub credentials: Option<Payload>,
    /// `Retry`
    pub retry: Vec<Retrier>,
    /// `Catch`
    pub catch: Vec<Catcher>,
    /// `Next` or `End`
    pub transition: Transition,
}

const FIELDS: [&str; 15] = [
    "Resource",
    "Arguments",
    "Assign",
    "Parameters",
    "ResultSelector",
    "ResultPath",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "Credentials",
    "Retry",
    "Catch",
    "Next",
    "End",
];

pub(super) fn read(fields: &Fields<'_>, machine: Machine) -> Option<Task> {
    state::allow(fields, &FIELDS);
    fields.require(&["Resource"]);
    let resource = read_resource(fields, machine);
    let parameters = fields.template("Parameters");
    let arguments = fields.jsonata("Arguments");
    if let Some(resource) = &resource {
        parameters::check(fields, resource);
    }
    let result_selector = fields.template("ResultSelector");
    let result_path = fields.result_path();
    let (timeout, heartbeat) = timeout::read(fields);
    let credentials = fields.payload("Credentials");
    parameters::check_credentials(fields, resource.as_ref());
    let retry = retrier::read_list(fields);
    let catch = catcher::read_list(fields);
    let transition = transition::read(fields)?;
    Some(Task {
        resource: resource?,
        resource_arn: fields.text("Resource")?.to_owned(),
        parameters,
        arguments,
        result_selector,
        result_path,
        timeout,
        heartbeat,
        credentials,
        retry,
        catch,
        transition,
    })
}

fn read_resource(fields: &Fields<'_>, machine: Machine) -> Option<Resource> {
    match Resource::parse(fields.text("Resource")?) {
        Ok(resource) => {
            if machine.kind == Kind::Express {
                refuse_in_express(fields, &resource);
            }
            Some(resource)
        }
        Err(error) => {
            fields.report_at("Resource", error.to_string());
            None
        }
    }
}

/// An Express execution can't wait for anything that outlives it (developer guide, "Choosing workflow type").
fn refuse_in_express(fields: &Fields<'_>, resource: &Resource) {
    match resource.pattern() {
        Some(Pattern::RequestResponse) => {}
        Some(Pattern::Sync2) => fields.report_at("Resource", wording::not_in_express(Pattern::Sync.suffix())),
        Some(pattern) => fields.report_at("Resource", wording::not_in_express(pattern.suffix())),
        None if matches!(resource, Resource::Activity { .. }) => {
            fields.report_at("Resource", wording::ACTIVITY_IN_EXPRESS);
        }
        None => {}
    }
}
