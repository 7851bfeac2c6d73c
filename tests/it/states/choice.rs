//! Choice: the rule that is taken, the default, and what happens without one.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rule_that_holds_is_taken() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = r#"{"StartAt": "C", "States": {
        "C": {"Type": "Choice", "InputPath": "$.in", "OutputPath": "$.out", "Default": "Other", "Choices": [
            {"Not": {"Variable": "$.n", "IsPresent": true}, "Next": "Absent"},
            {"And": [{"Variable": "$.n", "IsNumeric": true}, {"Variable": "$.n", "NumericGreaterThan": 10}], "Next": "Big"},
            {"Or": [{"Variable": "$.n", "NumericEqualsPath": "$.m"}, {"Variable": "$.n", "NumericEquals": 3}], "Next": "Equal"},
            {"Variable": "$.n", "StringMatches": "a*z", "Next": "Word"},
            {"Variable": "$.n", "TimestampLessThan": "2026-01-01T00:00:00Z", "Next": "Old"}]},
        "Big": {"Type": "Succeed"}, "Equal": {"Type": "Succeed"}, "Absent": {"Type": "Succeed"}, "Word": {"Type": "Succeed"},
        "Old": {"Type": "Succeed"}, "Other": {"Type": "Succeed"}}}"#;
    for (value, next) in [
        (r#"{"n":11,"out":1}"#, "Big"),
        (r#"{"n":2,"m":2,"out":1}"#, "Equal"),
        (r#"{"n":3,"m":4,"out":1}"#, "Equal"),
        (r#"{"m":1,"out":1}"#, "Absent"),
        (r#"{"n":"abcz","m":1,"out":1}"#, "Word"),
        (r#"{"n":"2025-12-31T23:59:59.999Z","m":1,"out":1}"#, "Old"),
        (r#"{"n":"2026-01-01T00:00:00Z","m":1,"out":1}"#, "Other"),
        (r#"{"n":null,"m":1,"out":1}"#, "Other"),
    ] {
        let input = format!(r#"{{"in":{value}}}"#);
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 ChoiceStateEntered name=C input={input}
             3 <2 ChoiceStateExited name=C output=1
             4 <3 SucceedStateEntered name={next} input=1
             5 <4 SucceedStateExited name={next} output=1
             6 <5 ExecutionSucceeded output=1"
        );
        stage.check(definition, &input, Succeeded, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rule_that_holds_the_execution_fails() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = r#"{"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "S"}]}, "S": {"Type": "Succeed"}}}"#;
    for (input, cause) in [
        (r#"{"n":2}"#, "Failed to transition out of the state. The state does not point to a next state."),
        ("{}", "Invalid path '$.n': The choice state's condition path references an invalid value."),
    ] {
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 ChoiceStateEntered name=C input={input}
             3 <2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'C' (entered at the event id #2). {cause}"
        );
        stage.check(definition, input, Failed, &expected).await?;
    }
    Ok(())
}
