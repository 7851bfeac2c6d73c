//! State machines of the type EXPRESS.

mod asynchronous;
mod node_lost;
mod synchronous;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::StateMachineType;

const ROLE: &str = "arn:aws:iam::000000000000:role/test";

/// A state machine of the type EXPRESS; its ARN.
async fn express(client: &Client, name: &str, definition: &str) -> anyhow::Result<String> {
    let request = client
        .create_state_machine()
        .name(name)
        .definition(definition)
        .role_arn(ROLE)
        .r#type(StateMachineType::Express);
    Ok(request.send().await?.state_machine_arn)
}

/// Waits `seconds`, then starts an execution of the STANDARD state machine `child`, named as the input says: what can be seen of an
/// Express execution, of which nothing is kept.
fn leaves_a_trace(seconds: u32) -> String {
    let child = "arn:aws:states:us-east-1:000000000000:stateMachine:child";
    format!(
        r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":{seconds},"Next":"S"}},
            "S":{{"Type":"Task","Resource":"arn:aws:states:::states:startExecution",
                "Parameters":{{"StateMachineArn":"{child}","Name.$":"$.name","Input.$":"$"}},"End":true}}}}}}"#
    )
}
