//! Failures as gRPC statuses, as the contract in `workflow.proto` says. Never the other way round: statuses of the leader are passed on
//! as they are.

use keepstep_engine::ApiError;
use keepstep_proto::workflow::v1 as proto;
use prost::Message;
use tonic::{Code, Status};

use crate::leader::Failure;

/// The status of a failure.
pub(super) fn of(failure: Failure) -> Status {
    match failure {
        Failure::Api(error) => of_api_error(error),
        Failure::NotLeader => Status::unavailable("no leader is known"),
        Failure::Unavailable(message) => Status::unavailable(message),
        Failure::Unknown(message) => Status::unknown(message),
        Failure::Overloaded => Status::resource_exhausted("overloaded"),
        Failure::Internal(message) => {
            tracing::error!(message, "a call failed");
            Status::internal(message)
        }
    }
}

fn of_api_error(error: ApiError) -> Status {
    let text = error.to_string();
    let details = proto::ApiError {
        code: error.code.to_owned(),
        message: error.message,
        reason: error.reason.unwrap_or_default().to_owned(),
        resource_name: error.resource_name.unwrap_or_default(),
    };
    Status::with_details(Code::FailedPrecondition, text, details.encode_to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_the_code_of_the_contract() {
        let check = |failure: Failure, code: Code| assert_eq!(of(failure).code(), code);
        check(Failure::NotLeader, Code::Unavailable);
        check(Failure::Unavailable("x".into()), Code::Unavailable);
        check(Failure::Unknown("x".into()), Code::Unknown);
        check(Failure::Overloaded, Code::ResourceExhausted);
        check(Failure::Internal("x".into()), Code::Internal);
        check(Failure::Api(ApiError::invalid_token()), Code::FailedPrecondition);
    }

    #[test]
    fn an_api_error_travels_whole() {
        let error = ApiError { reason: Some("R"), ..ApiError::resource_not_found("arn") };
        let details = of(Failure::Api(error)).details().to_vec();
        let expected = proto::ApiError {
            code: "ResourceNotFound".into(),
            message: "Resource not found: 'arn'".into(),
            reason: "R".into(),
            resource_name: "arn".into(),
        };
        assert_eq!(proto::ApiError::decode(details.as_slice()), Ok(expected));
    }
}
