//! Errors of the AWS API that a decision may end in, with AWS's texts.

use crate::desk::Caller;
use crate::view::ViewError;

/// A modelled error: nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The name in AWS's API model, such as `StateMachineDoesNotExist`.
    pub code: &'static str,
    /// AWS's text.
    pub message: String,
    /// Of ValidationException only: its `reason` member.
    pub reason: Option<&'static str>,
    /// Of ResourceNotFound and TooManyTags only: their `resourceName` member.
    pub resource_name: Option<String>,
}

impl ApiError {
    /// An error with a message and nothing else.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), reason: None, resource_name: None }
    }

    /// There is no such state machine, or it is another region's.
    pub fn state_machine_does_not_exist(arn: &str) -> Self {
        Self::new("StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"))
    }

    /// The name is taken by a state machine that differs.
    pub fn state_machine_already_exists(arn: &str) -> Self {
        Self::new("StateMachineAlreadyExists", format!("State Machine Already Exists: '{arn}'"))
    }

    /// The state machine is in the status DELETING.
    pub fn state_machine_deleting(arn: &str) -> Self {
        Self::new("StateMachineDeleting", format!("State Machine is being deleted: '{arn}'"))
    }

    /// The state machine is of the other type.
    pub fn type_not_supported() -> Self {
        let text = "This operation is not supported by this type of state machine";
        Self::new("StateMachineTypeNotSupported", text)
    }

    /// There is no such execution (any more), or it is another region's.
    pub fn execution_does_not_exist(arn: &str) -> Self {
        Self::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
    }

    /// There is no such activity, or it is another region's.
    pub fn activity_does_not_exist(arn: &str) -> Self {
        Self::new("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
    }

    /// Neither a state machine nor an activity of that ARN can be tagged.
    pub fn resource_not_found(arn: &str) -> Self {
        Self {
            resource_name: Some(arn.to_owned()),
            ..Self::new("ResourceNotFound", format!("Resource not found: '{arn}'"))
        }
    }

    /// There is no such alias, or no such version for an alias to refer to.
    pub fn resource_does_not_exist(arn: &str) -> Self {
        Self {
            resource_name: Some(arn.to_owned()),
            ..Self::new("ResourceNotFound", "Request references a resource that does not exist.")
        }
    }

    /// The change would leave, or follows from, a state that is not the one at hand.
    pub fn conflict(detail: impl std::fmt::Display) -> Self {
        Self::new("ConflictException", detail.to_string())
    }

    /// There would be more than is allowed.
    pub fn service_quota_exceeded(detail: impl std::fmt::Display) -> Self {
        Self::new("ServiceQuotaExceededException", detail.to_string())
    }

    /// A text that is no ARN, or no ARN of what the operation is about.
    pub fn invalid_arn(detail: impl std::fmt::Display) -> Self {
        Self::new("InvalidArn", format!("Invalid Arn: '{detail}'"))
    }

    /// A name with characters that AWS does not allow.
    pub fn invalid_name(name: &str) -> Self {
        Self::new("InvalidName", format!("Invalid Name: '{name}'"))
    }

    /// A page token or a task token that this service did not give for this purpose, or too long ago.
    pub fn invalid_token() -> Self {
        Self::new("InvalidToken", "Invalid Token: 'Invalid token'")
    }

    /// The resource belongs to another account.
    pub fn access_denied(caller: &Caller) -> Self {
        Self::new(
            "AccessDeniedException",
            format!(
                "User: arn:{}:iam::{}:root is not authorized to access this resource",
                caller.partition, caller.account
            ),
        )
    }

    /// A request that the service's model allows and the service does not.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}

/// Why a decision was not made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is told so.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}
