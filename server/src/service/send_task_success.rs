//! SendTaskSuccess.

use std::str;

use bytes::Bytes;
use keepstep_asl::jackson;
use keepstep_engine::record::outcome::{Answer, Done};
use keepstep_engine::{ApiError, Arrival, Stimulus};
use keepstep_proto::workflow::v1::{SendTaskSuccessRequest, SendTaskSuccessResponse};

use super::{WorkflowService, caller, task_token, unexpected};
use crate::leader::Failure;

pub(super) async fn call(
    service: WorkflowService,
    request: SendTaskSuccessRequest,
) -> Result<SendTaskSuccessResponse, Failure> {
    let (caller, id) = caller::of(request.caller)?;
    let token = task_token::open(&service, &caller, &request.task_token)?;
    check(&request.output, service.engine().limits().payload_bytes_max)?;
    let stimulus = Stimulus::TaskSucceeded { token, output: request.output };
    match service.engine().deliver(token.execution, Arrival { request: Some(id), stimulus }).await? {
        Answer::Done(Done {}) => Ok(SendTaskSuccessResponse {}),
        _ => Err(unexpected::answer()),
    }
}

/// Checks that an output is JSON within the limit.
fn check(output: &Bytes, most: usize) -> Result<(), ApiError> {
    if output.len() > most {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have length less than or equal to {most}"
        )));
    }
    let invalid = |detail: &str| ApiError::new("InvalidOutput", format!("Invalid Output: '{detail}'"));
    let text = str::from_utf8(output).map_err(|_| invalid("Invalid UTF-8"))?;
    jackson::check(text).map_err(|error| invalid(&error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_json_within_the_limit() {
        let check = |output: &'static str, expected: Result<(), &str>| {
            assert_eq!(super::check(&output.into(), 8).map_err(|error| error.code), expected, "{output}");
        };
        check("{}", Ok(()));
        check("\"abcdef\"", Ok(()));
        check("\"abcdefg\"", Err("ValidationException"));
        check("{", Err("InvalidOutput"));
        check("nope", Err("InvalidOutput"));
    }
}
