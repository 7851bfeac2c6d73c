//! Which `Parameters` (or `Arguments`) a call to a service takes, and what `Credentials` hold. Their values are only known at
//! run time; their names are checked here.

use super::QueryLanguage;
use super::fields::Fields;
use crate::resource::Resource;
use crate::wording;

/// `StartExecution`'s members in the API model, in the spelling of `Parameters`.
const START_EXECUTION: [&str; 4] = ["StateMachineArn", "Name", "Input", "TraceHeader"];

/// The Lambda `Invoke` API's members, in the spelling of `Parameters`.
const LAMBDA_INVOKE: [&str; 6] =
    ["FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"];

pub(super) fn check(fields: &Fields<'_>, resource: &Resource) {
    let (required, known): (&str, &[&str]) = match resource {
        Resource::Activity { .. } | Resource::LambdaFunction { .. } => return,
        Resource::LambdaInvoke { .. } => ("FunctionName", &LAMBDA_INVOKE),
        Resource::StartExecution { .. } => ("StateMachineArn", &START_EXECUTION),
    };
    let field = match fields.language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    };
    if fields.has(field) {
        check_names(fields, field, required, known);
    } else {
        fields.report(wording::required_for_resource(field, fields.text("Resource").unwrap_or_default()));
    }
}

/// `Credentials` name the role that the task assumes.
pub(super) fn check_credentials(fields: &Fields<'_>, resource: Option<&Resource>) {
    if fields.has("Credentials") && matches!(resource, Some(Resource::Activity { .. })) {
        fields.report_at("Credentials", wording::CREDENTIALS_FOR_ACTIVITY);
        return;
    }
    check_names(fields, "Credentials", "RoleArn", &["RoleArn"]);
}

fn check_names(fields: &Fields<'_>, field: &str, required: &str, known: &[&str]) {
    let Some(value) = fields.get(field) else { return };
    if fields.is_expression(field) {
        return;
    }
    let at = fields.at.field(field);
    let Some(object) = value.as_object() else {
        fields.problems.schema(at, wording::expected("Object"));
        return;
    };
    let mut has_required = false;
    for key in object.keys() {
        let name = match fields.language {
            QueryLanguage::JsonPath => key.strip_suffix(".$").unwrap_or(key),
            QueryLanguage::Jsonata => key,
        };
        has_required |= name == required;
        if !known.contains(&name) {
            fields.problems.schema(at, wording::parameter_not_supported(name));
        }
    }
    if !has_required {
        fields.problems.schema(at, wording::required_but_missing(required));
    }
}
