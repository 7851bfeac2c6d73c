//! Map (inline): items, concurrency, failing iterations, and the older names of its fields.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn items_one_by_one() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let expected = r#"
        1 <0 ExecutionStarted input={"l": ["x", "y"], "k": 1} roleArn=arn:aws:iam::000000000000:role/test
        2 <0 MapStateEntered name=M input={"l": ["x", "y"], "k": 1}
        3 <2 MapStateStarted length=2
        4 <3 MapIterationStarted name=M index=0
        5 <4 PassStateEntered name=I input={"v":"x","i":0,"k":1}
        6 <5 PassStateExited name=I output={"v":"x","i":0,"k":1}
        7 <6 MapIterationSucceeded name=M index=0
        8 <6 MapIterationStarted name=M index=1
        9 <8 PassStateEntered name=I input={"v":"y","i":1,"k":1}
        10 <9 PassStateExited name=I output={"v":"y","i":1,"k":1}
        11 <10 MapIterationSucceeded name=M index=1
        12 <11 MapStateSucceeded
        13 <11 MapStateExited name=M output=[{"v":"x","i":0,"k":1},{"v":"y","i":1,"k":1}]
        14 <13 ExecutionSucceeded output=[{"v":"x","i":0,"k":1},{"v":"y","i":1,"k":1}]
        "#;
    for (selector, processor, mode) in [
        ("ItemSelector", "ItemProcessor", r#""ProcessorConfig": {"Mode": "INLINE"},"#),
        ("ItemSelector", "ItemProcessor", ""),
        ("Parameters", "Iterator", ""),
    ] {
        let definition = format!(
            r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.l", "End": true,
                "{selector}": {{"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "k.$": "$.k"}},
                "{processor}": {{{mode} "StartAt": "I", "States": {{"I": {{"Type": "Pass", "End": true}}}}}}}}}}}}"#
        );
        stage.check(&definition, r#"{"l": ["x", "y"], "k": 1}"#, Succeeded, expected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn items_side_by_side_and_none_at_all() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "ResultSelector": {"all.$": "$"}, "End": true,
        "ItemProcessor": {"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "End": true}}}}}}"#;
    stage
        .check(
            definition,
            "[2,1]",
            Succeeded,
            r#"
            1 <0 ExecutionStarted input=[2,1] roleArn=arn:aws:iam::000000000000:role/test
            2 <0 MapStateEntered name=M input=[2,1]
            3 <2 MapStateStarted length=2
            4 <3 MapIterationStarted name=M index=0
            5 <4 WaitStateEntered name=W input=2
            6 <3 MapIterationStarted name=M index=1
            7 <6 WaitStateEntered name=W input=1
            8 <7 WaitStateExited name=W output=1
            9 <8 MapIterationSucceeded name=M index=1
            10 <5 WaitStateExited name=W output=2
            11 <10 MapIterationSucceeded name=M index=0
            12 <11 MapStateSucceeded
            13 <11 MapStateExited name=M output={"all":[2,1]}
            14 <13 ExecutionSucceeded output={"all":[2,1]}
            "#,
        )
        .await?;
    stage
        .check(
            definition,
            "[]",
            Succeeded,
            r#"
            1 <0 ExecutionStarted input=[] roleArn=arn:aws:iam::000000000000:role/test
            2 <0 MapStateEntered name=M input=[]
            3 <2 MapStateStarted length=0
            4 <3 MapStateSucceeded
            5 <3 MapStateExited name=M output={"all":[]}
            6 <5 ExecutionSucceeded output={"all":[]}
            "#,
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_iteration_ends_the_others() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let begins = r#"
        1 <0 ExecutionStarted input=[1,2,3] roleArn=arn:aws:iam::000000000000:role/test
        2 <0 MapStateEntered name=M input=[1,2,3]
        3 <2 MapStateStarted length=3
        4 <3 MapIterationStarted name=M index=0
        5 <4 ChoiceStateEntered name=C input=1
        6 <5 ChoiceStateExited name=C output=1
        7 <6 WaitStateEntered name=W input=1
        8 <3 MapIterationStarted name=M index=1
        9 <8 ChoiceStateEntered name=C input=2
        10 <9 ChoiceStateExited name=C output=2
        11 <10 FailStateEntered name=F input=2
        12 <11 MapIterationFailed name=M index=1
        13 <7 WaitStateAborted
        14 <13 MapIterationAborted name=M index=0
        15 <11 MapStateFailed
        "#;
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 2, FIELDS "End": true,
        "ItemProcessor": {"StartAt": "C", "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "W"},
            "W": {"Type": "Wait", "Seconds": 3600, "End": true},
            "F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}}MORE}}"#;
    stage
        .check(
            &definition.replace("FIELDS", "").replace("MORE", ""),
            "[1,2,3]",
            Failed,
            &format!("{begins}\n16 <15 ExecutionFailed error=E cause=c"),
        )
        .await?;
    let caught = r#""Catch": [{"ErrorEquals": ["Other"], "Next": "O"}, {"ErrorEquals": ["E"], "ResultPath": null, "Next": "S"}],"#;
    let more = r#", "S": {"Type": "Succeed"}, "O": {"Type": "Fail"}"#;
    let ends = "16 <15 MapStateExited name=M output=[1,2,3]
                17 <16 SucceedStateEntered name=S input=[1,2,3]
                18 <17 SucceedStateExited name=S output=[1,2,3]
                19 <18 ExecutionSucceeded output=[1,2,3]";
    stage
        .check(
            &definition.replace("FIELDS", caught).replace("MORE", more),
            "[1,2,3]",
            Succeeded,
            &format!("{begins}\n{ends}"),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_refused() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage
        .check(
            r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.l", "End": true,
                "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}}"#,
            r#"{"l":1}"#,
            Failed,
            r#"
            1 <0 ExecutionStarted input={"l":1} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 MapStateEntered name=M input={"l":1}
            3 <2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'M' (entered at the event id #2). Reference path "$.l" must point to array.
            "#,
        )
        .await
}
