//! Every operation through the official SDK: happy paths and modelled errors.

mod activities;
mod aliases;
mod configuration;
mod executions;
mod map_runs;
mod protocol;
mod redrive;
mod refusals;
mod signatures;
mod state_machines;
mod tags;
mod tenancy;
mod test_state;
mod validation;
mod versions;

use std::fmt::Debug;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use keepstep_tests::process::Server;
use keepstep_tests::sdk;

/// A workflow that never waits.
pub(crate) const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
/// A workflow that waits for longer than any test.
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}"#;
const ROLE: &str = "arn:aws:iam::000000000000:role/test";

async fn server() -> anyhow::Result<(Server, Client)> {
    let server = Server::builder().account(sdk::ACCOUNT).start().await?;
    let client = sdk::client(&server.endpoint());
    Ok((server, client))
}

async fn state_machine(client: &Client, name: &str, definition: &str) -> anyhow::Result<String> {
    let created =
        client.create_state_machine().name(name).definition(definition).role_arn(ROLE).send().await?;
    Ok(created.state_machine_arn)
}

/// The error's code and message; fails if there is none.
fn refused<T: Debug, E: ProvideErrorMetadata + Debug, R>(
    result: Result<T, SdkError<E, R>>,
) -> (String, String) {
    match result {
        Ok(answer) => panic!("accepted: {answer:?}"),
        Err(error) => {
            let code = error.code().unwrap_or("no code").to_owned();
            (code, error.message().unwrap_or_default().to_owned())
        }
    }
}

/// Asserts the code, and that the message contains a text.
#[track_caller]
pub(crate) fn assert_refused<T: Debug, E: ProvideErrorMetadata + Debug, R>(
    result: Result<T, SdkError<E, R>>,
    code: &str,
    text: &str,
) {
    let (actual, message) = refused(result);
    assert_eq!(actual, code, "{message}");
    assert!(message.contains(text), "{code}: {message:?} does not contain {text:?}");
}
