//! Pass: Result, Parameters and the paths.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_reshapes_its_input() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let input = r#"{"a": {"b": [1, 2]}}"#;
    for (fields, output) in [
        ("", input),
        (r#""Result": {"r": 1},"#, r#"{"r":1}"#),
        (r#""Result": "text", "ResultPath": "$.a.c","#, r#"{"a":{"b":[1,2],"c":"text"}}"#),
        (r#""Result": 7, "ResultPath": null,"#, input),
        (r#""InputPath": "$.a.b","#, "[1,2]"),
        (r#""InputPath": null,"#, "{}"),
        (r#""InputPath": null, "ResultPath": "$.n","#, r#"{"a":{"b":[1,2]},"n":{}}"#),
        (r#""OutputPath": "$.a.b[1]","#, "2"),
        (r#""OutputPath": null,"#, "{}"),
        (
            r#""InputPath": "$.a", "Parameters": {"first.$": "$.b[0]", "sum.$": "States.MathAdd($.b[0], $.b[1])", "$": "kept"},"#,
            r#"{"first":1,"sum":3,"$":"kept"}"#,
        ),
        (
            r#""Parameters": {"state.$": "$$.State.Name"}, "ResultPath": "$.a.p", "OutputPath": "$.a","#,
            r#"{"b":[1,2],"p":{"state":"A"}}"#,
        ),
    ] {
        let definition =
            format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", {fields} "End": true}}}}}}"#);
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 PassStateEntered name=A input={input}
             3 <2 PassStateExited name=A output={output}
             4 <3 ExecutionSucceeded output={output}"
        );
        stage.check(&definition, input, Succeeded, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_to_nothing_fails_the_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    for (fields, cause) in [
        (r#""InputPath": "$.x","#, "Invalid path '$.x' : No results for path: $['x']"),
        (r#""OutputPath": "$.x.y","#, "Invalid path '$.x.y' : Missing property in path $['x']"),
        (
            r#""Parameters": {"p.$": "$.x"},"#,
            "The JSONPath '$.x' specified for the field 'p.$' could not be found in the input '{ \"a\": 1 }'",
        ),
    ] {
        let definition =
            format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", {fields} "End": true}}}}}}"#);
        let expected = format!(
            r#"1 <0 ExecutionStarted input={{ "a": 1 }} roleArn=arn:aws:iam::000000000000:role/test
               2 <0 PassStateEntered name=A input={{ "a": 1 }}
               3 <2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'A' (entered at the event id #2). {cause}"#
        );
        stage.check(&definition, r#"{ "a": 1 }"#, Failed, &expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn states_follow_each_other() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage
        .check(
            r#"{"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Result": 1, "ResultPath": "$.a", "Next": "B"},
                "B": {"Type": "Pass", "Result": 2, "ResultPath": "$.b", "Next": "C"},
                "C": {"Type": "Succeed"}}}"#,
            "{}",
            Succeeded,
            r#"
            1 <0 ExecutionStarted input={} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 PassStateEntered name=A input={}
            3 <2 PassStateExited name=A output={"a":1}
            4 <3 PassStateEntered name=B input={"a":1}
            5 <4 PassStateExited name=B output={"a":1,"b":2}
            6 <5 SucceedStateEntered name=C input={"a":1,"b":2}
            7 <6 SucceedStateExited name=C output={"a":1,"b":2}
            8 <7 ExecutionSucceeded output={"a":1,"b":2}
            "#,
        )
        .await
}
