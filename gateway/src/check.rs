//! A request's body judged by the API model alone: the door through which every request's members come, and one for
//! tools that judge requests without a node. Asks nobody.

use crate::Limits;
use crate::decode::{Members, decode};
use crate::fault::Fault;
use crate::model;
use crate::operation::Operation;
use crate::validate::validate;

/// The members of a body, which satisfy the model.
pub(crate) fn members(operation: Operation, body: &[u8], limits: &Limits) -> Result<Members, Fault> {
    let structure = model::request(operation);
    let members = decode(structure, body)?;
    validate(structure, &members, limits)?;
    Ok(members)
}

/// Checks the body of a request whose `X-Amz-Target` is `target` against the API model, without asking a node.
///
/// # Errors
///
/// The JSON body of the answer that a client would get: UnknownOperationException, SerializationException or
/// ValidationException.
pub fn check_request(target: &str, body: &[u8], limits: &Limits) -> Result<(), Vec<u8>> {
    let checked = match Operation::from_target(target) {
        Some(operation) => members(operation, body, limits).map(drop),
        None => Err(Fault::unknown_operation()),
    };
    checked.map_err(|fault| fault.body())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn requests_are_judged_as_clients_see_it() {
        for (target, body, expected) in [
            ("AWSStepFunctions.CreateActivity", r#"{"name": "a"}"#, None),
            (
                "AWSStepFunctions.Nothing",
                "{}",
                Some(json!({"__type": "com.amazon.coral.service#UnknownOperationException"})),
            ),
            (
                "AWSStepFunctions.CreateActivity",
                "{",
                Some(json!({"__type": "com.amazon.coral.service#SerializationException"})),
            ),
            (
                "AWSStepFunctions.CreateActivity",
                "{}",
                Some(json!({
                    "__type": "com.amazon.coral.validate#ValidationException",
                    "message": "1 validation error detected: Value null at 'name' failed to satisfy constraint: \
                                Member must not be null",
                })),
            ),
        ] {
            let checked = check_request(target, body.as_bytes(), &Limits::default());
            let answer = checked.err().map(|answer| serde_json::from_slice::<Value>(&answer).expect("JSON"));
            assert_eq!(answer, expected, "{target} {body}");
        }
    }
}
