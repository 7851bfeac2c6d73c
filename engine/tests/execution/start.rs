//! StartExecution: what it accepts, and what it does when the name exists.

use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, RequestId};
use keepstep_engine::record::NameHold;
use keepstep_engine::{Refusal, key};

use crate::harness::{Do, EXECUTION_ARN, World};

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#;

fn refusal(world: &mut World, request: &StartExecution) -> (String, String) {
    match world.start(request) {
        Err(Refusal::Api(error)) => (error.code.to_owned(), error.message),
        other => panic!("a refusal is expected: {other:?}"),
    }
}

#[test]
fn a_name_stands_for_one_execution() {
    let mut world = World::with(WAIT);
    let request = world.request("e", "{}");
    let first = world.start(&request).expect("it starts");
    let commits = world.transactions.len();
    world.now.0 += 1_000;
    let other_call = StartExecution { request: RequestId::from_bytes([2; 16]), ..request.clone() };
    let other_input = StartExecution { input: "{ }".into(), ..other_call.clone() };
    let exists =
        ("ExecutionAlreadyExists".to_owned(), format!("Execution Already Exists: '{EXECUTION_ARN}'"));
    assert_eq!(world.start(&request).expect("the same call"), first);
    assert_eq!(world.start(&other_call).expect("the same input while it runs"), first);
    assert_eq!(refusal(&mut world, &other_input), exists);
    let execution = ExecutionId::of_arn(&first.arn);
    world.act(execution, &Do::Pass(5_000));
    assert_eq!(world.start(&request).expect("the same call, whatever came of it"), first);
    assert_eq!(refusal(&mut world, &other_call), exists);
    assert_eq!(world.transactions.len(), commits + 1, "nothing was written but the end of the Wait");
}

#[test]
fn a_deleted_executions_name_is_held() {
    let mut world = World::with(WAIT);
    let hold = NameHold { until_ms: world.now.0 + 10 };
    let key = key::name_hold(ExecutionId::of_arn(EXECUTION_ARN));
    world.write(|draft| draft.put(key.clone(), &hold));
    let request = world.request("e", "{}");
    assert_eq!(refusal(&mut world, &request).0, "ExecutionAlreadyExists");
    world.write(|draft| draft.delete(key));
    assert!(world.start(&request).is_ok());
}

#[test]
fn inputs_are_checked_in_awss_words() {
    let mut world = World::with(WAIT);
    let large = format!("\"{}\"", "x".repeat(262_144));
    for (input, code, message) in [
        (
            "not some json",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
        ),
        (
            "{'not': 'json'",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name'",
        ),
        ("", "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'"),
        (
            large.as_str(),
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144",
        ),
    ] {
        let request = world.request("e", input);
        assert_eq!(refusal(&mut world, &request), (code.to_owned(), message.to_owned()));
    }
}

#[test]
fn state_machines_must_be_there() {
    let mut world = World::with(WAIT);
    let request = world.request("e", "{}");
    let arn = |arn: &str| StartExecution { state_machine_arn: arn.to_owned(), ..request.clone() };
    let nobody = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody";
    let expected =
        ("StateMachineDoesNotExist".to_owned(), format!("State Machine Does Not Exist: '{nobody}'"));
    assert_eq!(refusal(&mut world, &arn(nobody)), expected);
    assert_eq!(refusal(&mut world, &arn("x")).0, "InvalidArn");
    world.act(ExecutionId::of_arn(EXECUTION_ARN), &Do::Delete);
    assert_eq!(refusal(&mut world, &request).0, "StateMachineDeleting");
}
