//! The context object.

use aws_sdk_sfn::types::ExecutionStatus::Succeeded;
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_context_object_tells_where_a_state_runs() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"all.$": "$$"}, "OutputPath": "$.all", "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"state.$": "$$.State.Name", "execution.$": "$$.Execution.Name"}, "End": true}}}"#;
    let execution = stage.begin(definition, r#"{"i": 0}"#).await?;
    let context = r#"{"Execution":{"Id":"arn:aws:states:us-east-1:000000000000:execution:m1:e","Input":{"i":0},"StartTime":"*","Name":"e","RoleArn":"arn:aws:iam::000000000000:role/test","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:000000000000:stateMachine:m1","Name":"m1"},"State":{"Name":"A","EnteredTime":"*"}}"#;
    let expected = format!(
        r#"1 <0 ExecutionStarted input={{"i": 0}} roleArn=arn:aws:iam::000000000000:role/test
           2 <0 PassStateEntered name=A input={{"i": 0}}
           3 <2 PassStateExited name=A output={context}
           4 <3 PassStateEntered name=B input={context}
           5 <4 PassStateExited name=B output={{"state":"B","execution":"e"}}
           6 <5 ExecutionSucceeded output={{"state":"B","execution":"e"}}"#
    );
    let times = [r#""StartTime":""#, r#""EnteredTime":""#];
    stage.assert_masked(&execution, Succeeded, &times, &expected).await?;
    let described = stage.ended(&execution).await?;
    let events = stage.history(&execution).await?;
    let output = events[2]["stateExitedEventDetails"]["output"].as_str().unwrap_or_default();
    let context: serde_json::Value = serde_json::from_str(output)?;
    let started = described.start_date.fmt(aws_sdk_sfn::primitives::DateTimeFormat::DateTime)?;
    let said = context["Execution"]["StartTime"].as_str().unwrap_or_default();
    assert_eq!(said.len(), "2026-01-01T00:00:00.000Z".len());
    assert!(said.starts_with(started.get(..19).unwrap_or("?")), "{said} is not {started}");
    Ok(())
}
