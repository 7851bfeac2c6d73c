//! Tasks of Lambda functions.

use keepstep_engine::Effect;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::CallKind;

use crate::harness::{Do, EXECUTION_ARN, check, play};

const FUNCTION: &str = r#"{"StartAt":"L","States":{"L":{"Type":"Task","TimeoutSeconds":5,
    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true,
    "Retry":[{"ErrorEquals":["Lambda.Unknown","States.Timeout"],"IntervalSeconds":1,"MaxAttempts":1}]}}}"#;

#[test]
fn a_function_by_its_arn() {
    check(
        FUNCTION,
        r#"{"a": 1}"#,
        &[Do::Refuse("Lambda.Unknown", "?"), Do::Pass(1_000), Do::Answer(r#"{"b": 2}"#)],
        r#"
        1<0 ExecutionStarted input={"a": 1}
        2<0 TaskStateEntered name=L input={"a": 1}
        3<2 LambdaFunctionScheduled resource=f timeout=5 input={"a": 1}
        4<3 LambdaFunctionStarted
        5<4 LambdaFunctionFailed error=Lambda.Unknown cause=?
        6<5 LambdaFunctionScheduled resource=f timeout=5 input={"a": 1}
        7<6 LambdaFunctionStarted
        8<7 LambdaFunctionSucceeded output={"b": 2}
        9<8 TaskStateExited name=L output={"b": 2}
        10<9 ExecutionSucceeded output={"b": 2}
        "#,
    );
}

#[test]
fn a_function_that_takes_too_long_is_abandoned() {
    let world = play(FUNCTION, "{}", &[]);
    let execution = ExecutionId::of_arn(EXECUTION_ARN);
    let history = world.history(execution);
    assert_eq!(history[4], "5<4 LambdaFunctionTimedOut error=States.Timeout");
    assert_eq!(history.last().map(String::as_str), Some("9<8 ExecutionFailed error=States.Timeout"));
    let calls: Vec<_> = world
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call { key, call } => Some((key.kind, call.attempt)),
            Effect::Abandon(key) => Some((key.kind, 0)),
            _ => None,
        })
        .collect();
    let lambda = CallKind::Lambda;
    assert_eq!(calls, [(lambda, 1), (lambda, 0), (lambda, 2), (lambda, 0)]);
}

#[test]
fn a_result_that_is_too_large_is_the_tasks_failure() {
    let large: &'static str = format!("\"{}\"", "x".repeat(262_143)).leak();
    let cause = |name: &str| {
        format!(
            "error=States.DataLimitExceeded cause=The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        )
    };
    let failed = cause("arn:aws:lambda:us-east-1:123456789012:function:f");
    check(
        FUNCTION,
        "{}",
        &[Do::Answer(large)],
        &format!(
            "1<0 ExecutionStarted input={{}}
             2<0 TaskStateEntered name=L input={{}}
             3<2 LambdaFunctionScheduled resource=f timeout=5 input={{}}
             4<3 LambdaFunctionStarted
             5<4 LambdaFunctionFailed {failed}
             6<5 ExecutionFailed {failed}"
        ),
    );
    for pattern in ["invoke", "invoke.waitForTaskToken"] {
        let definition = format!(
            r#"{{"StartAt":"L","States":{{"L":{{"Type":"Task","Resource":"arn:aws:states:::lambda:{pattern}",
                "Parameters":{{"FunctionName":"f"}},"End":true,
                "Catch":[{{"ErrorEquals":["States.DataLimitExceeded"],"ResultPath":null,"Next":"S"}}]}},
                "S":{{"Type":"Succeed"}}}}}}"#
        );
        check(
            &definition,
            "{}",
            &[Do::Answer(large)],
            &format!(
                r#"1<0 ExecutionStarted input={{}}
                2<0 TaskStateEntered name=L input={{}}
                3<2 TaskScheduled resource={pattern} type=lambda region=us-east-1 input={{"FunctionName":"f"}}
                4<3 TaskStarted resource={pattern} type=lambda
                5<4 TaskFailed resource={pattern} type=lambda {}
                6<5 TaskStateExited name=L output={{}}
                7<6 SucceedStateEntered name=S input={{}}
                8<7 SucceedStateExited name=S output={{}}
                9<8 ExecutionSucceeded output={{}}"#,
                cause("lambda")
            ),
        );
    }
}

#[test]
fn a_function_through_invoke() {
    check(
        r#"{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
            "Parameters":{"FunctionName":"f","Payload.$":"$"},"OutputPath":"$.Payload","End":true}}}"#,
        "{}",
        &[Do::Answer(r#"{"Payload":7,"StatusCode":200}"#)],
        r#"
        1<0 ExecutionStarted input={}
        2<0 TaskStateEntered name=L input={}
        3<2 TaskScheduled resource=invoke type=lambda region=us-east-1 input={"FunctionName":"f","Payload":{}}
        4<3 TaskStarted resource=invoke type=lambda
        5<4 TaskSucceeded resource=invoke type=lambda output={"Payload":7,"StatusCode":200}
        6<5 TaskStateExited name=L output=7
        7<6 ExecutionSucceeded output=7
        "#,
    );
}

#[test]
fn a_function_that_passes_a_token_on() {
    let definition = r#"{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
        "HeartbeatSeconds":3,"Parameters":{"FunctionName":"f","Payload":{"t.$":"$$.Task.Token"}},"End":true}}}"#;
    let mut world = crate::harness::World::with(definition);
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    let (_, call) = world.calls().remove(0);
    let payload = world.payload(execution, call.payload.expect("the function has a payload"));
    let token =
        payload.strip_prefix(r#"{"t":""#).and_then(|rest| rest.strip_suffix(r#""}"#)).expect("a token");
    world.token = keepstep_engine::task_token::TaskToken::decode(token);
    world.act(execution, &Do::Answer(r#"{"StatusCode":200}"#));
    assert_eq!(world.calls(), []);
    world.act(execution, &Do::Beat);
    world.act(execution, &Do::Succeed("[1]"));
    let history = world.history(execution);
    assert_eq!(
        history[3..],
        [
            "4<3 TaskStarted resource=invoke.waitForTaskToken type=lambda",
            r#"5<4 TaskSubmitted resource=invoke.waitForTaskToken type=lambda output={"StatusCode":200}"#,
            "6<5 TaskSucceeded resource=invoke.waitForTaskToken type=lambda output=[1]",
            "7<6 TaskStateExited name=L output=[1]",
            "8<7 ExecutionSucceeded output=[1]",
        ]
    );
}
