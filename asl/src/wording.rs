//! AWS's texts for what is wrong with a field, each with where AWS was seen to say it. Those without a source
//! are ours, in the same manner: no public record of AWS's own text is known.
//!
//! 'Measured' means: as github.com/badmintoncryer/cdk-preflight, whose rules for definitions were held against
//! `ValidateStateMachineDefinition` in September 2026, quotes AWS.

use crate::limits::{LABEL_CHARACTERS_MAX, STATE_NAME_CHARACTERS_MAX, VARIABLE_NAME_CHARACTERS_MAX};

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

/// Measured; also github.com/floci-io/floci/issues/3733 (`MaxItems` and `MaxItemsPath`).
pub(crate) fn at_most_one_of(names: &[&str]) -> String {
    format!("There should only be one of the following fields: [{}]", names.join(", "))
}

/// github.com/floci-io/floci/issues/2968 and 3733 (`Output`, `MaxItemsPerBatchPath`).
pub(crate) fn other_language(language: &str, name: &str, needed: &str) -> String {
    format!(
        "The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{needed}' QueryLanguage"
    )
}

/// Recorded from `ValidateStateMachineDefinition`.
pub(crate) const QUERY_LANGUAGE_DOWNGRADE: &str =
    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";

/// github.com/floci-io/floci/issues/2670 (a name at the start of an expression).
pub(crate) fn top_level_reference(name: &str) -> String {
    format!("Reference to '{name}' at the top level is not supported.")
}

/// github.com/floci-io/floci/pull/2786 says that AWS refuses this outside of catchers, but not in which words.
pub(crate) const ERROR_OUTPUT_OUTSIDE_CATCH: &str =
    "Reference to '$states.errorOutput' is only supported in 'Assign' and 'Output' of a catcher.";

/// The developer guide's rule ("Variable scope"); AWS's own text isn't known.
pub(crate) fn assigned_outside(name: &str) -> String {
    format!("Variable '{name}' is already assigned in an outer scope")
}

/// Measured.
pub(crate) fn duplicate_label(label: &str) -> String {
    format!("Duplicate Label name: {label}")
}

pub(crate) fn invalid_label(label: &str) -> String {
    format!("Invalid Label name: {label}")
}

/// Measured in its second half; the first is as for a state's name.
pub(crate) fn label_too_long(label: &str) -> String {
    format!(
        "Invalid Label name: Label '{label}' exceeds the {LABEL_CHARACTERS_MAX}-character limit allowed by the service"
    )
}

/// Measured (`Resource` of an `ItemReader`).
pub(crate) fn not_an_allowed_value(name: &str) -> String {
    format!("The field '{name}' does not match any of the allowed values")
}

/// Measured (`RoleArn` of `Credentials`, members of `Parameters`, `CSVHeaderLocation`).
pub(crate) fn required_but_missing(name: &str) -> String {
    format!("The field '{name}' is required but was missing")
}

/// Measured, for `Parameters` and `Arguments`.
pub(crate) fn required_for_resource(name: &str, arn: &str) -> String {
    format!("{name} field is required for resource ARN: {arn}")
}

/// Measured.
pub(crate) const CREDENTIALS_FOR_ACTIVITY: &str = "The field 'Credentials' is not supported for activities";

/// Measured.
pub(crate) fn variable_name_reserved(name: &str) -> String {
    format!("Cannot assign to reserved variable '${name}'.")
}

/// Measured.
pub(crate) fn variable_name_invalid(name: &str) -> String {
    format!("Invalid variable name '{name}': the variable name contains invalid characters.")
}

pub(crate) fn variable_name_too_long(name: &str) -> String {
    format!(
        "Invalid variable name '{name}': the variable name exceeds the {VARIABLE_NAME_CHARACTERS_MAX}-character limit."
    )
}

/// Measured: of a text that begins as an expression and doesn't end as one.
pub(crate) const JSONATA_NOT_CLOSED: &str = "JSONata string must start with {% and end with %}";

/// Measured: of a choice rule, with this comma.
pub(crate) const CHOICE_RULE_FORMS: &str =
    "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";

pub(crate) fn not_inline(name: &str) -> String {
    format!("Field '{name}' is only supported if 'Mode' is 'DISTRIBUTED'")
}

pub(crate) fn at_least_one_of(names: &[&str]) -> String {
    format!("At least one of these fields is required: [{}]", names.join(", "))
}

/// The three texts are the API reference's own ("ValidateStateMachineDefinitionDiagnostic", "List of warning codes").
pub(crate) const NO_DOLLAR: &str = "No .$ on a field that appears to be a JSONPath or Intrinsic Function.";
pub(crate) const NO_PATH: &str = "Field value looks like a path, but field name does not end with 'Path'.";
pub(crate) const PASS_RESULT_IS_STATIC: &str = "Attempt to use a path in the result of a pass state.";

/// Measured.
pub(crate) const DISTRIBUTED_IN_EXPRESS: &str =
    "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines";
pub(crate) const CONTEXT_NOT_ALLOWED: &str = "the context object can't be referred to here";

/// Measured (Integer).
pub(crate) fn expected(kind: &str) -> String {
    format!("Expected value of type {kind}")
}

/// Measured; also github.com/sam-goodwin/functionless/issues/308 (`ResultPath` of a Wait).
pub(crate) fn not_supported(name: &str) -> String {
    format!("Field '{name}' is not supported")
}

/// Measured.
pub(crate) fn one_of(values: &[&str]) -> String {
    format!("Value should be one of the following: [{}]", values.join(", "))
}

/// Measured, for when none of them is there. For more than one: [`at_most_one_of`].
pub(crate) fn exactly_one_of(names: &[&str]) -> String {
    format!("This object should have only one of the following fields: [{}]", names.join(", "))
}

/// Measured (`ErrorEquals`, `Choices`).
pub(crate) const EMPTY_LIST: &str = "Value cannot be empty";

/// Measured.
pub(crate) const NO_TIMESTAMP: &str = "String does not match RFC3339 timestamp";

/// As AWS was seen to answer for a loop; it comes without a location and in place of unreachable states.
pub(crate) const NO_TERMINAL_STATE: &str = "Workflow has no terminal state";

pub(crate) const HEARTBEAT_NOT_BELOW_TIMEOUT: &str = "HeartbeatSeconds must be smaller than TimeoutSeconds";
pub(crate) const MAX_DELAY_NOT_ABOVE_INTERVAL: &str = "MaxDelaySeconds must be greater than IntervalSeconds";
/// Measured.
pub(crate) const ACTIVITY_IN_EXPRESS: &str = "Express state machine does not support Activity ARN";
pub(crate) const NO_EXPRESSION: &str = "Value must be a valid JSONPath or a valid intrinsic function call";

/// The two spaces that come to stand before `at` are AWS's own (recorded for `.waitForTaskToken`).
pub(crate) fn not_in_express(suffix: &str) -> String {
    format!("Express state machine does not support '{suffix}' service integration ")
}

/// github.com/aws/aws-cdk/issues/29968.
pub(crate) fn parameter_not_supported(name: &str) -> String {
    format!("The field \"{name}\" is not supported by Step Functions")
}
