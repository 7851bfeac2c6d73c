//! Lambda functions, by their ARN and through `lambda:invoke`, at an endpoint that the test serves.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::lambda::{Invocation, LambdaEndpoint, Reply};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;
use serde_json::json;

use super::STARTED;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function";
const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const IDEMPOTENCY_ID: &str = "x-keepstep-idempotency-id";
/// The header `Date` of the endpoint's answers, as tasks show it.
const DATES: [&str; 2] = [r#""Date":[""#, r#""Date":""#];

fn answer(call: &Invocation) -> Reply {
    let function = call.path.strip_prefix("/2015-03-31/functions/").and_then(|rest| rest.split('/').next());
    match function.unwrap_or_default() {
        "echo" => Reply::payload(call.payload.to_string()),
        "spaced" => Reply::payload(r#"{ "a": [1,  2] }"#),
        "text" => Reply::payload("\"done\""),
        "large" => Reply::payload(format!("\"{}\"", "x".repeat(262_143))),
        "broken" => Reply::function_error(r#"{ "errorMessage": "no luck",  "errorType": "Luck" }"#),
        "nameless" => Reply::function_error(r#"{"errorMessage": "RequestId: 1 Error: exit status 1"}"#),
        "silent" => Reply::never(),
        "slow" => Reply::service_error(429, "TooManyRequestsException", "Rate Exceeded."),
        "ill" => Reply::service_error(500, "ServiceException", "Try again."),
        "odd" => Reply::service_error(403, "AccessDeniedException", "Not you."),
        missing => Reply::service_error(
            404,
            "ResourceNotFoundException",
            &format!("Function not found: {FUNCTION}:{missing}"),
        ),
    }
}

async fn stage() -> anyhow::Result<(Stage, LambdaEndpoint)> {
    let functions = LambdaEndpoint::start(answer).await?;
    let stage = Stage::start_with(Server::builder().flag("--lambda-endpoint", functions.url())).await?;
    Ok((stage, functions))
}

fn by_arn(function: &str, fields: &str) -> String {
    format!(
        r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{FUNCTION}:{function}", {fields} "End": true}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_by_its_arn_gets_the_input_and_gives_its_payload() -> anyhow::Result<()> {
    let (stage, functions) = stage().await?;
    for (function, payload, output) in [
        ("echo", r#"{"n":1}"#, r#"{"n":1}"#),
        ("spaced", r#"{ "a": [1,  2] }"#, r#"{"a":[1,2]}"#),
        ("text:live", "\"done\"", "\"done\""),
    ] {
        let fields = r#""Parameters": {"n.$": "$.in"}, "TimeoutSeconds": 30, "ResultPath": "$.r", "OutputPath": "$.r","#;
        let expected = format!(
            r#"1 <0 ExecutionStarted input={{"in":1}} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 TaskStateEntered name=L input={{"in":1}}
            3 <2 LambdaFunctionScheduled resource={FUNCTION}:{function} input={{"n":1}} timeoutInSeconds=30
            4 <3 LambdaFunctionStarted
            5 <4 LambdaFunctionSucceeded output={payload}
            6 <5 TaskStateExited name=L output={output}
            7 <6 ExecutionSucceeded output={output}"#
        );
        stage.check(&by_arn(function, fields), r#"{"in":1}"#, Succeeded, &expected).await?;
    }
    let seen = functions.seen();
    let paths: Vec<_> = seen.iter().map(|call| call.path.as_str()).collect();
    let invocations = "/2015-03-31/functions";
    assert_eq!(
        paths,
        [
            format!("{invocations}/echo/invocations"),
            format!("{invocations}/spaced/invocations"),
            format!("{invocations}/text/invocations?Qualifier=live"),
        ]
    );
    assert!(seen.iter().all(|call| call.payload == json!({"n": 1})), "{seen:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_lambdas_names() -> anyhow::Result<()> {
    let (stage, _functions) = stage().await?;
    let service = |message: &str, status: u16, code: &str| {
        format!(
            "{message} (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: the-request; Proxy: null)"
        )
    };
    for (function, error, cause) in [
        ("broken", "Luck", r#"{ "errorMessage": "no luck",  "errorType": "Luck" }"#.to_owned()),
        (
            "nameless",
            "Lambda.Unknown",
            r#"The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage": "RequestId: 1 Error: exit status 1"}"#.to_owned(),
        ),
        ("slow", "Lambda.TooManyRequestsException", service("Rate Exceeded.", 429, "TooManyRequestsException")),
        ("ill", "Lambda.ServiceException", service("Try again.", 500, "ServiceException")),
        ("odd", "Lambda.AWSLambdaException", service("Not you.", 403, "AccessDeniedException")),
        (
            "gone",
            "Lambda.ResourceNotFoundException",
            service(&format!("Function not found: {FUNCTION}:gone:$LATEST"), 404, "ResourceNotFoundException"),
        ),
        (
            "large",
            "States.DataLimitExceeded",
            format!("The state/task '{FUNCTION}:large' returned a result with a size exceeding the maximum number of bytes service limit."),
        ),
    ] {
        let failed = format!("error={error} cause={cause}");
        let expected = format!(
            "{STARTED}
             2 <0 TaskStateEntered name=L input={{}}
             3 <2 LambdaFunctionScheduled resource={FUNCTION}:{function} input={{}}
             4 <3 LambdaFunctionStarted
             5 <4 LambdaFunctionFailed {failed}
             6 <5 ExecutionFailed {failed}"
        );
        stage.check(&by_arn(function, ""), "{}", Failed, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_the_failure_says_what_to_set() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let failed = format!(
        "error=Lambda.SdkClientException cause=No endpoint is configured for Lambda function {FUNCTION}:f: set --lambda-endpoint, \
         --lambda-function or AWS_ENDPOINT_URL_LAMBDA"
    );
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=L input={{}}
         3 <2 LambdaFunctionScheduled resource={FUNCTION}:f input={{}}
         4 <3 LambdaFunctionStarted
         5 <4 LambdaFunctionFailed {failed}
         6 <5 ExecutionFailed {failed}"
    );
    stage.check(&by_arn("f", ""), "{}", Failed, &expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_takes_too_long_times_out() -> anyhow::Result<()> {
    let (stage, _functions) = stage().await?;
    let expected = format!(
        "{STARTED}
         2 <0 TaskStateEntered name=L input={{}}
         3 <2 LambdaFunctionScheduled resource={FUNCTION}:silent input={{}} timeoutInSeconds=1
         4 <3 LambdaFunctionStarted
         5 <4 LambdaFunctionTimedOut error=States.Timeout
         6 <5 ExecutionFailed error=States.Timeout"
    );
    stage.check(&by_arn("silent", r#""TimeoutSeconds": 1,"#), "{}", Failed, &expected).await?;
    let definition = format!(
        r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{INVOKE}", "TimeoutSecondsPath": "$.t", "End": true,
            "Parameters": {{"FunctionName": "silent"}}}}}}}}"#
    );
    let expected = r#"
        1 <0 ExecutionStarted input={"t":1} roleArn=arn:aws:iam::000000000000:role/test
        2 <0 TaskStateEntered name=L input={"t":1}
        3 <2 TaskScheduled resourceType=lambda resource=invoke region=us-east-1 parameters={"FunctionName":"silent"} timeoutInSeconds=1
        4 <3 TaskStarted resourceType=lambda resource=invoke
        5 <4 TaskTimedOut resourceType=lambda resource=invoke error=States.Timeout
        6 <5 ExecutionFailed error=States.Timeout
        "#;
    stage.check(&definition, r#"{"t":1}"#, Failed, expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_can_have_endpoints_of_their_own() -> anyhow::Result<()> {
    let everywhere = LambdaEndpoint::start(|_| Reply::payload("\"everywhere\"")).await?;
    let own = LambdaEndpoint::start(|_| Reply::payload("\"own\"")).await?;
    let server = Server::builder()
        .env("AWS_ENDPOINT_URL_LAMBDA", everywhere.url())
        .flag("--lambda-function", format!("named={}", own.url()))
        .flag("--lambda-function", format!("{FUNCTION}:whole={}", own.url()));
    let stage = Stage::start_with(server).await?;
    for (function, output) in
        [("other", "\"everywhere\""), ("named", "\"own\""), ("named:live", "\"own\""), ("whole", "\"own\"")]
    {
        let execution = stage.begin(&by_arn(function, ""), "{}").await?;
        let described = stage.ended(&execution).await?;
        assert_eq!((described.status, described.output.as_deref()), (Succeeded, Some(output)), "{function}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_a_new_call() -> anyhow::Result<()> {
    let (stage, functions) = stage().await?;
    let retry = r#""Parameters": {"n.$": "$$.State.RetryCount"}, "Retry": [{"ErrorEquals": ["Luck"], "IntervalSeconds": 1, "MaxAttempts": 1}],"#;
    let failed = r#"error=Luck cause={ "errorMessage": "no luck",  "errorType": "Luck" }"#;
    let expected = format!(
        r#"{STARTED}
        2 <0 TaskStateEntered name=L input={{}}
        3 <2 LambdaFunctionScheduled resource={FUNCTION}:broken input={{"n":0}}
        4 <3 LambdaFunctionStarted
        5 <4 LambdaFunctionFailed {failed}
        6 <5 LambdaFunctionScheduled resource={FUNCTION}:broken input={{"n":1}}
        7 <6 LambdaFunctionStarted
        8 <7 LambdaFunctionFailed {failed}
        9 <8 ExecutionFailed {failed}"#
    );
    stage.check(&by_arn("broken", retry), "{}", Failed, &expected).await?;
    let seen = functions.seen();
    let ids: Vec<_> = seen.iter().map(|call| call.header(IDEMPOTENCY_ID)).collect();
    assert!(matches!(ids[..], [Some(first), Some(second)] if first != second), "{ids:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn invoke_gives_the_whole_answer() -> anyhow::Result<()> {
    let (stage, functions) = stage().await?;
    let definition = format!(
        r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{INVOKE}", "OutputPath": "$.Payload", "End": true,
            "Parameters": {{"FunctionName": "{FUNCTION}:echo:3", "Payload.$": "$", "LogType": "Tail", "ClientContext": "e30="}}}}}}}}"#
    );
    let execution = stage.begin(&definition, r#"{"n":1}"#).await?;
    let headers = r#""X-Amz-Executed-Version":["$LATEST"],"Content-Length":["7"],"Date":["*"]"#;
    let header = r#""X-Amz-Executed-Version":"$LATEST","Content-Length":"7","Date":"*""#;
    let expected = format!(
        r#"1 <0 ExecutionStarted input={{"n":1}} roleArn=arn:aws:iam::000000000000:role/test
        2 <0 TaskStateEntered name=L input={{"n":1}}
        3 <2 TaskScheduled resourceType=lambda resource=invoke region=us-east-1 parameters={{"FunctionName":"{FUNCTION}:echo:3","Payload":{{"n":1}},"LogType":"Tail","ClientContext":"e30="}}
        4 <3 TaskStarted resourceType=lambda resource=invoke
        5 <4 TaskSucceeded resourceType=lambda resource=invoke output={{"ExecutedVersion":"$LATEST","Payload":{{"n":1}},"SdkHttpMetadata":{{"AllHttpHeaders":{{{headers}}},"HttpHeaders":{{{header}}},"HttpStatusCode":200}},"SdkResponseMetadata":{{"RequestId":"null"}},"StatusCode":200}}
        6 <5 TaskStateExited name=L output={{"n":1}}
        7 <6 ExecutionSucceeded output={{"n":1}}"#
    );
    stage.assert_masked(&execution, Succeeded, &DATES, &expected).await?;
    let [call] = &functions.seen()[..] else { panic!("one call") };
    assert_eq!(call.path, "/2015-03-31/functions/echo/invocations?Qualifier=3");
    assert_eq!(
        (call.header("x-amz-log-type"), call.header("x-amz-client-context"), &call.payload),
        (Some("Tail"), Some("e30="), &json!({"n": 1}))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_through_invoke() -> anyhow::Result<()> {
    let (stage, _functions) = stage().await?;
    for (function, failed) in [
        ("broken", r#"error=Luck cause={"errorMessage":"no luck","errorType":"Luck"}"#),
        (
            "slow",
            "error=Lambda.TooManyRequestsException cause=Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: the-request; Proxy: null)",
        ),
    ] {
        let definition = format!(
            r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{INVOKE}", "TimeoutSeconds": 60, "End": true,
                "Parameters": {{"FunctionName": "{function}"}}}}}}}}"#
        );
        let expected = format!(
            r#"{STARTED}
            2 <0 TaskStateEntered name=L input={{}}
            3 <2 TaskScheduled resourceType=lambda resource=invoke region=us-east-1 parameters={{"FunctionName":"{function}"}} timeoutInSeconds=60
            4 <3 TaskStarted resourceType=lambda resource=invoke
            5 <4 TaskFailed resourceType=lambda resource=invoke {failed}
            6 <5 ExecutionFailed {failed}"#
        );
        stage.check(&definition, "{}", Failed, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_passes_its_token_on() -> anyhow::Result<()> {
    let (stage, functions) = stage().await?;
    let definition = format!(
        r#"{{"StartAt": "L", "States": {{"L": {{"Type": "Task", "Resource": "{INVOKE}.waitForTaskToken", "HeartbeatSeconds": 600, "End": true,
            "Parameters": {{"FunctionName": "text", "Payload": {{"token.$": "$$.Task.Token"}}}}}}}}}}"#
    );
    let names = "resourceType=lambda resource=invoke.waitForTaskToken";
    let headers = r#""X-Amz-Executed-Version":["$LATEST"],"Content-Length":["6"],"Date":["*"]"#;
    let header = r#""X-Amz-Executed-Version":"$LATEST","Content-Length":"6","Date":"*""#;
    for (succeeds, ends) in [
        (
            true,
            format!(
                "6 <5 TaskSucceeded {names} output=[1,  2]
                 7 <6 TaskStateExited name=L output=[1,  2]
                 8 <7 ExecutionSucceeded output=[1,  2]"
            ),
        ),
        (
            false,
            format!(
                "6 <5 TaskFailed {names} error=Broken cause=it broke
                 7 <6 ExecutionFailed error=Broken cause=it broke"
            ),
        ),
    ] {
        let calls = functions.seen().len();
        let execution = stage.begin(&definition, "{}").await?;
        let call =
            wait::until("the function is called", || async { functions.seen().get(calls).cloned() }).await?;
        stage.reached(&execution, "TaskSubmitted").await?;
        let token = call.payload["token"].as_str().unwrap_or_default();
        stage.client.send_task_heartbeat().task_token(token).send().await?;
        if succeeds {
            stage.client.send_task_success().task_token(token).output("[1,  2]").send().await?;
        } else {
            stage
                .client
                .send_task_failure()
                .task_token(token)
                .error("Broken")
                .cause("it broke")
                .send()
                .await?;
        }
        let status = if succeeds { Succeeded } else { Failed };
        let expected = format!(
            r#"{STARTED}
            2 <0 TaskStateEntered name=L input={{}}
            3 <2 TaskScheduled {names} region=us-east-1 parameters={{"FunctionName":"text","Payload":{{"token":"*"}}}} heartbeatInSeconds=600
            4 <3 TaskStarted {names}
            5 <4 TaskSubmitted {names} output={{"ExecutedVersion":"$LATEST","Payload":"done","SdkHttpMetadata":{{"AllHttpHeaders":{{{headers}}},"HttpHeaders":{{{header}}},"HttpStatusCode":200}},"SdkResponseMetadata":{{"RequestId":"null"}},"StatusCode":200}}
            {ends}"#
        );
        let masks = [&[r#""token":""#][..], &DATES].concat();
        stage.assert_masked(&execution, status, &masks, &expected).await?;
    }
    Ok(())
}
