//! AWS's texts for what is wrong with a field, each with where AWS was seen to say it. Those without a source
//! are ours, in the same manner: no public record of AWS's own text is known.

use crate::limits::STATE_NAME_CHARACTERS_MAX;

/// Recorded from `ValidateStateMachineDefinition` and `CreateStateMachine` (missing `StartAt`, `States`);
/// quoted for a choice rule's `Next` in github.com/aws-cloudformation/cfn-lint/issues/4077 and for `Choices`
/// in github.com/CloudSnorkel/cdk-github-runners/issues/434.
pub(crate) fn required(names: &[&str]) -> String {
    format!("These fields are required: [{}]", names.join(", "))
}

/// github.com/aws-cloudformation/cfn-lint/issues/4078 (`OutputPath`).
pub(crate) const NO_JSON_PATH: &str = "Value must be a valid JSONPath.";

/// github.com/aws-cloudformation/cfn-lint/issues/4075 (`Seconds` of a Wait).
pub(crate) fn maximum(value: impl std::fmt::Display) -> String {
    format!("Maximum value is {value}")
}

/// After [`maximum`].
pub(crate) fn minimum(value: impl std::fmt::Display) -> String {
    format!("Minimum value is {value}")
}

/// github.com/aws/aws-cdk/issues/10530 (`Retry` and `Catch`).
pub(crate) const STATES_ALL_NOT_ALONE: &str = "States.ALL must appear alone and at end of list";

/// github.com/aws-cloudformation/cfn-lint/issues/4074. AWS says 'Next' for `StartAt` and `Default` as well.
pub(crate) fn missing_target(name: &str) -> String {
    format!("Missing 'Next' target: {name}")
}

/// github.com/aws-cloudformation/cfn-lint/issues/4073.
pub(crate) fn unreachable(name: &str) -> String {
    format!("State \"{name}\" is not reachable.")
}

/// github.com/aws-cloudformation/cfn-lint/issues/3616.
pub(crate) fn duplicate_state_name(name: &str) -> String {
    format!("Duplicate State name: {name}")
}

/// github.com/ChristopheBougere/asl-validator/issues/69 and
/// github.com/aws-cloudformation/cfn-lint/issues/4079.
pub(crate) fn state_name_too_long(name: &str) -> String {
    format!(
        "Invalid State name: State '{name}' exceeds the {STATE_NAME_CHARACTERS_MAX}-character limit allowed by the service"
    )
}

pub(crate) const STATE_NAME_EMPTY: &str = "Invalid State name: The name of a state must not be empty";

/// github.com/aws-cloudformation/cfn-lint/issues/4076 (`Variable` of a choice rule).
pub(crate) fn no_reference_path(error: impl std::fmt::Display) -> String {
    format!("Value is not a Reference Path: {error}")
}

pub(crate) fn expected(kind: &str) -> String {
    format!("Expected value of type {kind}")
}

/// github.com/sam-goodwin/functionless/issues/308 (`ResultPath` of a Wait).
pub(crate) fn not_supported(name: &str) -> String {
    format!("Field '{name}' is not supported")
}

pub(crate) fn one_of(values: &[&str]) -> String {
    format!("Value must be one of [{}]", values.join(", "))
}

pub(crate) fn exactly_one_of(names: &[&str]) -> String {
    format!("Exactly one of these fields is required: [{}]", names.join(", "))
}

pub(crate) fn at_most_one_of(names: &[&str]) -> String {
    format!("Only one of these fields can be given: [{}]", names.join(", "))
}

pub(crate) const EMPTY_LIST: &str = "List must not be empty";
pub(crate) const NO_TIMESTAMP: &str = "Value is not a valid timestamp";

/// As AWS was seen to answer for a loop; it comes without a location and in place of unreachable states.
pub(crate) const NO_TERMINAL_STATE: &str = "Workflow has no terminal state";

pub(crate) const HEARTBEAT_NOT_BELOW_TIMEOUT: &str = "HeartbeatSeconds must be smaller than TimeoutSeconds";
pub(crate) const MAX_DELAY_NOT_ABOVE_INTERVAL: &str = "MaxDelaySeconds must be greater than IntervalSeconds";
pub(crate) const ACTIVITY_IN_EXPRESS: &str = "Express state machine does not support activities";
pub(crate) const NO_EXPRESSION: &str = "Value must be a valid JSONPath or a valid intrinsic function call";

/// The two spaces that come to stand before `at` are AWS's own (recorded for `.waitForTaskToken`).
pub(crate) fn not_in_express(suffix: &str) -> String {
    format!("Express state machine does not support '{suffix}' service integration ")
}

/// github.com/aws/aws-cdk/issues/29968.
pub(crate) fn parameter_not_supported(name: &str) -> String {
    format!("The field \"{name}\" is not supported by Step Functions")
}
