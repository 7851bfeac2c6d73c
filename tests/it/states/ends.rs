//! Succeed and Fail.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_succeed_filters_its_input() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    for (fields, output) in [
        ("", r#"{"a": {"b": 1}}"#),
        (r#", "InputPath": "$.a""#, r#"{"b":1}"#),
        (r#", "InputPath": "$.a", "OutputPath": "$.b""#, "1"),
        (r#", "OutputPath": null"#, "{}"),
    ] {
        let definition = format!(r#"{{"StartAt": "S", "States": {{"S": {{"Type": "Succeed"{fields}}}}}}}"#);
        let expected = format!(
            r#"1 <0 ExecutionStarted input={{"a": {{"b": 1}}}} roleArn=arn:aws:iam::000000000000:role/test
               2 <0 SucceedStateEntered name=S input={{"a": {{"b": 1}}}}
               3 <2 SucceedStateExited name=S output={output}
               4 <3 ExecutionSucceeded output={output}"#
        );
        stage.check(&definition, r#"{"a": {"b": 1}}"#, Succeeded, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fail_says_why() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    for (fields, details) in [
        ("", ""),
        (r#", "Error": "E""#, " error=E"),
        (r#", "Cause": "because""#, " cause=because"),
        (r#", "Error": "E", "Cause": "because""#, " error=E cause=because"),
        (r#", "ErrorPath": "$.e", "CausePath": "$.c""#, " error=Given cause=by the input"),
        (
            r#", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{} of {}', $.e, States.UUID())""#,
            " error=F cause=Given of *",
        ),
        (
            r#", "Error": "E", "CausePath": "$.n""#,
            " error=States.Runtime cause=An error occurred while executing the state 'F' (entered at the event id #2). The CausePath parameter does not reference a string value: $.n == 1",
        ),
    ] {
        let definition = format!(r#"{{"StartAt": "F", "States": {{"F": {{"Type": "Fail"{fields}}}}}}}"#);
        let input = r#"{"e":"Given","c":"by the input","n":1}"#;
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 FailStateEntered name=F input={input}
             3 <2 ExecutionFailed{details}"
        );
        let execution = stage.begin(&definition, input).await?;
        let cause = stage.ended(&execution).await?.cause.unwrap_or_default();
        let uuid = cause.strip_prefix("Given of ").unwrap_or("*");
        stage.assert_ended(&execution, Failed, &expected.replace('*', uuid)).await?;
    }
    Ok(())
}
