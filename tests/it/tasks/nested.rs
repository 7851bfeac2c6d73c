//! Executions that start executions, in the four patterns.

use aws_sdk_sfn::types::ExecutionStatus::{Aborted, Failed, Succeeded};
use aws_sdk_sfn::types::RoutingConfigurationListItem;
use keepstep_tests::stage::Stage;

use super::STARTED;

const CHILD: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:child";
const CHILD_EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:child:c";
const PASS: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;
const FAIL: &str = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "why"}}}"#;
const WAIT: &str = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#;
/// What differs each time.
const MASKS: [&str; 12] = [
    r#""StartDate":"#,
    r#""StopDate":"#,
    r#""RequestId":""#,
    r#""x-amzn-RequestId":[""#,
    r#""x-amzn-RequestId":""#,
    r#""Date":[""#,
    r#""Date":""#,
    r#""Content-Length":[""#,
    r#""Content-Length":""#,
    r#""t":""#,
    "\\\"t\\\":\\\"",
    "Request ID: ",
];

fn parent(pattern: &str, parameters: &str) -> String {
    format!(
        r#"{{"StartAt": "N", "States": {{"N": {{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution{pattern}",
            "Parameters": {{"StateMachineArn": "{CHILD}", "Name": "c", {parameters}}}, "End": true}}}}}}"#
    )
}

/// The history up to the event that the child's start leaves.
fn begins(resource: &str, input: &str, submitted: &str) -> String {
    format!(
        r#"{STARTED}
        2 <0 TaskStateEntered name=N input={{}}
        3 <2 TaskScheduled resourceType=states resource={resource} region=us-east-1 parameters={{"StateMachineArn":"{CHILD}","Name":"c","Input":{input}}}
        4 <3 TaskStarted resourceType=states resource={resource}
        5 <4 {submitted} resourceType=states resource={resource} output={}
        "#,
        start_answer()
    )
}

/// StartExecution's answer as a task shows it.
fn start_answer() -> String {
    let all = r#""x-amzn-RequestId":["*"],"connection":["keep-alive"],"Content-Length":["*"],"Date":["*"],"Content-Type":["application/x-amz-json-1.0"]"#;
    let single = r#""connection":"keep-alive","Content-Length":"*","Content-Type":"application/x-amz-json-1.0","Date":"*","x-amzn-RequestId":"*""#;
    format!(
        r#"{{"ExecutionArn":"{CHILD_EXECUTION}","SdkHttpMetadata":{{"AllHttpHeaders":{{{all}}},"HttpHeaders":{{{single}}},"HttpStatusCode":200}},"SdkResponseMetadata":{{"RequestId":"*"}},"StartDate":*}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_done_when_the_child_has_started() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", WAIT).await?;
    let execution = stage.begin(&parent("", r#""Input": {"k": 1}"#), "{}").await?;
    let answer = start_answer();
    let expected = format!(
        "{}
         6 <5 TaskStateExited name=N output={answer}
         7 <6 ExecutionSucceeded output={answer}",
        begins("startExecution", r#"{"k":1}"#, "TaskSucceeded")
    );
    stage.assert_masked(&execution, Succeeded, &MASKS, &expected).await?;
    let child = stage.client.describe_execution().execution_arn(CHILD_EXECUTION).send().await?;
    assert_eq!((child.status.as_str(), child.input.as_deref()), ("RUNNING", Some(r#"{"k":1}"#)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_waits_for_the_childs_end() -> anyhow::Result<()> {
    for (pattern, resource, payload) in [
        (".sync", "startExecution.sync", r#""{\"k\":1}""#),
        (".sync:2", "startExecution.sync:2", r#"{"k":1}"#),
    ] {
        let stage = Stage::start().await?;
        stage.create("child", PASS).await?;
        let execution = stage.begin(&parent(pattern, r#""Input": {"k": 1}"#), "{}").await?;
        let output = format!(
            r#"{{"ExecutionArn":"{CHILD_EXECUTION}","Input":{payload},"InputDetails":{{"Included":true}},"Name":"c","Output":{payload},"OutputDetails":{{"Included":true}},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":*,"StateMachineArn":"{CHILD}","Status":"SUCCEEDED","StopDate":*}}"#
        );
        let expected = format!(
            "{}
             6 <5 TaskSucceeded resourceType=states resource={resource} output={output}
             7 <6 TaskStateExited name=N output={output}
             8 <7 ExecutionSucceeded output={output}",
            begins(resource, r#"{"k":1}"#, "TaskSubmitted")
        );
        stage.assert_masked(&execution, Succeeded, &MASKS, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_is_started_by_a_version_or_an_alias() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", PASS).await?;
    let published = stage.client.publish_state_machine_version().state_machine_arn(CHILD).send().await?;
    let version = published.state_machine_version_arn;
    let route = RoutingConfigurationListItem::builder().state_machine_version_arn(&version).weight(100);
    let alias = stage.client.create_state_machine_alias().name("PROD").routing_configuration(route.build()?);
    let alias = alias.send().await?.state_machine_alias_arn;
    for (number, target, shown) in [
        (1, &version, format!(r#""StateMachineArn":"{CHILD}","StateMachineVersionArn":"{version}","#)),
        (
            2,
            &alias,
            format!(
                r#""StateMachineAliasArn":"{alias}","StateMachineArn":"{CHILD}","StateMachineVersionArn":"{version}","#
            ),
        ),
    ] {
        let definition = format!(
            r#"{{"StartAt": "N", "States": {{"N": {{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": {{"StateMachineArn": "{target}", "Name": "c{number}"}}, "End": true}}}}}}"#
        );
        let execution = stage.begin(&definition, "{}").await?;
        let ended = stage.ended(&execution).await?;
        let output = ended.output.unwrap_or_default();
        assert!(output.contains(&shown), "{output}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_fails_fails_the_task() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", FAIL).await?;
    let execution = stage.begin(&parent(".sync:2", r#""Input": {"k": 1}"#), "{}").await?;
    let failed = format!(
        r#"error=States.TaskFailed cause={{"Cause":"why","Error":"E","ExecutionArn":"{CHILD_EXECUTION}","Input":{{"k":1}},"InputDetails":{{"Included":true}},"Name":"c","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":*,"StateMachineArn":"{CHILD}","Status":"FAILED","StopDate":*}}"#
    );
    let expected = format!(
        "{}
         6 <5 TaskFailed resourceType=states resource=startExecution.sync:2 {failed}
         7 <6 ExecutionFailed {failed}",
        begins("startExecution.sync:2", r#"{"k":1}"#, "TaskSubmitted")
    );
    stage.assert_masked(&execution, Failed, &MASKS, &expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_parent_stops_its_child() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", WAIT).await?;
    let execution = stage.begin(&parent(".sync", r#""Input": {}"#), "{}").await?;
    stage.reached(&execution, "TaskSubmitted").await?;
    stage.client.stop_execution().execution_arn(&execution).cause("enough").send().await?;
    let expected =
        format!("{}6 <0 ExecutionAborted cause=enough", begins("startExecution.sync", "{}", "TaskSubmitted"));
    stage.assert_masked(&execution, Aborted, &MASKS, &expected).await?;
    stage
        .assert_ended(
            CHILD_EXECUTION,
            Aborted,
            &format!(
                "{STARTED}
                 2 <0 WaitStateEntered name=W input={{}}
                 3 <0 ExecutionAborted"
            ),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_stopped_fails_the_task() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", WAIT).await?;
    let execution = stage.begin(&parent(".sync", r#""Input": {}"#), "{}").await?;
    stage.reached(&execution, "TaskSubmitted").await?;
    stage.client.stop_execution().execution_arn(CHILD_EXECUTION).error("Enough").send().await?;
    let failed = format!(
        r#"error=States.TaskFailed cause={{"Error":"Enough","ExecutionArn":"{CHILD_EXECUTION}","Input":"{{}}","InputDetails":{{"Included":true}},"Name":"c","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":*,"StateMachineArn":"{CHILD}","Status":"ABORTED","StopDate":*}}"#
    );
    let expected = format!(
        "{}
         6 <5 TaskFailed resourceType=states resource=startExecution.sync {failed}
         7 <6 ExecutionFailed {failed}",
        begins("startExecution.sync", "{}", "TaskSubmitted")
    );
    stage.assert_masked(&execution, Failed, &MASKS, &expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_takes_too_long_is_stopped() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.create("child", WAIT).await?;
    let definition = parent(".sync", r#""Input": {}"#).replace(r#""End""#, r#""TimeoutSeconds": 3, "End""#);
    let execution = stage.begin(&definition, "{}").await?;
    let expected = format!(
        "{}
         6 <5 TaskTimedOut resourceType=states resource=startExecution.sync error=States.Timeout
         7 <6 ExecutionFailed error=States.Timeout",
        begins("startExecution.sync", "{}", "TaskSubmitted")
            .replace(r#""Input":{}}"#, r#""Input":{}} timeoutInSeconds=3"#)
    );
    stage.assert_masked(&execution, Failed, &MASKS, &expected).await?;
    assert_eq!(stage.ended(CHILD_EXECUTION).await?.status, Aborted);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_refused_fails_the_task() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let refused = |code: &str, message: &str| {
        format!(
            "error=StepFunctions.{code}Exception cause={message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: *; Proxy: null)"
        )
    };
    let missing = refused("StateMachineDoesNotExist", &format!("State Machine Does Not Exist: '{CHILD}'"));
    let exists = refused("ExecutionAlreadyExists", &format!("Execution Already Exists: '{CHILD_EXECUTION}'"));
    for (pattern, kind, failed) in [
        ("", "TaskFailed", &missing),
        (".sync", "TaskSubmitFailed", &missing),
        ("", "TaskFailed", &exists),
        (".sync:2", "TaskSubmitFailed", &exists),
    ] {
        if std::ptr::eq(failed, &raw const exists) {
            let child = stage.create("child", PASS).await?;
            let start = stage.client.start_execution().state_machine_arn(child).name("c").input("7");
            // The second time the name is taken already.
            let _ = start.send().await;
            stage.ended(CHILD_EXECUTION).await?;
        }
        let execution = stage.begin(&parent(pattern, r#""Input": {}"#), "{}").await?;
        let cause = stage.ended(&execution).await?.cause.unwrap_or_default();
        let id = cause.split("Request ID: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or("?");
        let resource = format!("startExecution{pattern}");
        let expected = format!(
            r#"{STARTED}
            2 <0 TaskStateEntered name=N input={{}}
            3 <2 TaskScheduled resourceType=states resource={resource} region=us-east-1 parameters={{"StateMachineArn":"{CHILD}","Name":"c","Input":{{}}}}
            4 <3 TaskStarted resourceType=states resource={resource}
            5 <4 {kind} resourceType=states resource={resource} {failed}
            6 <5 ExecutionFailed {failed}"#
        );
        stage.assert_ended(&execution, Failed, &expected.replace('*', id)).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_answers_with_its_parents_token() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let activity = stage.activity("work").await?;
    let child = format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{activity}", "InputPath": "$.t", "End": true}}}}}}"#
    );
    stage.create("child", &child).await?;
    let definition = parent(".waitForTaskToken", r#""Input": {"t.$": "$$.Task.Token"}"#);
    let execution = stage.begin(&definition, "{}").await?;
    stage.reached(&execution, "TaskSubmitted").await?;
    let task = stage.take(&activity).await?;
    let token: String = serde_json::from_str(&task.input)?;
    stage.client.send_task_success().task_token(token).output(r#"{"from": "the child"}"#).send().await?;
    let resource = "startExecution.waitForTaskToken";
    let expected = format!(
        r#"{}
        6 <5 TaskSucceeded resourceType=states resource={resource} output={{"from": "the child"}}
        7 <6 TaskStateExited name=N output={{"from": "the child"}}
        8 <7 ExecutionSucceeded output={{"from": "the child"}}"#,
        begins(resource, r#"{"t":"*"}"#, "TaskSubmitted")
    );
    stage.assert_masked(&execution, Succeeded, &MASKS, &expected).await
}
