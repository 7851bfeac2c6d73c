//! Parallel: ordered results, failing branches, Retry and Catch.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn results_are_in_the_order_of_the_branches() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage
        .check(
            r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "Parameters": {"v.$": "$.n"},
                "ResultSelector": {"late.$": "$[0]", "early.$": "$[1]"}, "ResultPath": "$.r", "Next": "S", "Branches": [
                    {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "A"}, "A": {"Type": "Pass", "Result": "a", "End": true}}},
                    {"StartAt": "B", "States": {"B": {"Type": "Pass", "OutputPath": "$.v", "End": true}}}]},
                "S": {"Type": "Succeed"}}}"#,
            r#"{"n": 5}"#,
            Succeeded,
            r#"
            1 <0 ExecutionStarted input={"n": 5} roleArn=arn:aws:iam::000000000000:role/test
            2 <0 ParallelStateEntered name=P input={"n": 5}
            3 <2 ParallelStateStarted
            4 <3 WaitStateEntered name=W input={"v":5}
            5 <3 PassStateEntered name=B input={"v":5}
            6 <5 PassStateExited name=B output=5
            7 <4 WaitStateExited name=W output={"v":5}
            8 <7 PassStateEntered name=A input={"v":5}
            9 <8 PassStateExited name=A output="a"
            10 <9 ParallelStateSucceeded
            11 <9 ParallelStateExited name=P output={"n":5,"r":{"late":"a","early":5}}
            12 <11 SucceedStateEntered name=S input={"n":5,"r":{"late":"a","early":5}}
            13 <12 SucceedStateExited name=S output={"n":5,"r":{"late":"a","early":5}}
            14 <13 ExecutionSucceeded output={"n":5,"r":{"late":"a","early":5}}
            "#,
        )
        .await
}

const FAILING: &str = r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", FIELDS "End": true, "Branches": [
    {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}},
    {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:idle", "End": true}}},
    {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}]}, "S": {"Type": "Succeed"}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_branch_ends_its_siblings() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    stage.activity("idle").await?;
    let begins = r#"
        1 <0 ExecutionStarted input={} roleArn=arn:aws:iam::000000000000:role/test
        2 <0 ParallelStateEntered name=P input={}
        3 <2 ParallelStateStarted
        4 <3 WaitStateEntered name=W input={}
        5 <3 TaskStateEntered name=T input={}
        6 <5 ActivityScheduled resource=arn:aws:states:us-east-1:000000000000:activity:idle input={}
        7 <3 FailStateEntered name=F input={}
        8 <4 WaitStateAborted
        9 <6 TaskStateAborted
        "#;
    let again = r#"
        10 <7 ParallelStateStarted
        11 <10 WaitStateEntered name=W input={}
        12 <10 TaskStateEntered name=T input={}
        13 <12 ActivityScheduled resource=arn:aws:states:us-east-1:000000000000:activity:idle input={}
        14 <10 FailStateEntered name=F input={}
        15 <11 WaitStateAborted
        16 <13 TaskStateAborted
        17 <14 ParallelStateFailed
        "#;
    let caught = |path: &str| format!(r#""Catch": [{{"ErrorEquals": ["States.ALL"], {path} "Next": "S"}}],"#);
    let retried = r#""Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 1}],"#;
    for (fields, status, ends) in [
        (
            String::new(),
            Failed,
            "10 <7 ParallelStateFailed
             11 <10 ExecutionFailed error=E cause=c"
                .to_owned(),
        ),
        (
            caught(r#""ResultPath": "$.error","#),
            Succeeded,
            r#"10 <7 ParallelStateFailed
               11 <10 ParallelStateExited name=P output={"error":{"Error":"E","Cause":"c"}}
               12 <11 SucceedStateEntered name=S input={"error":{"Error":"E","Cause":"c"}}
               13 <12 SucceedStateExited name=S output={"error":{"Error":"E","Cause":"c"}}
               14 <13 ExecutionSucceeded output={"error":{"Error":"E","Cause":"c"}}"#
                .to_owned(),
        ),
        (retried.to_owned(), Failed, format!("{again}\n18 <17 ExecutionFailed error=E cause=c")),
        (
            format!("{retried} {}", caught("")),
            Succeeded,
            format!(
                "{again}
                 {}",
                r#"18 <17 ParallelStateExited name=P output={"Error":"E","Cause":"c"}
                   19 <18 SucceedStateEntered name=S input={"Error":"E","Cause":"c"}
                   20 <19 SucceedStateExited name=S output={"Error":"E","Cause":"c"}
                   21 <20 ExecutionSucceeded output={"Error":"E","Cause":"c"}"#
            ),
        ),
    ] {
        let definition = if fields.contains("Catch") {
            FAILING.replace("FIELDS", &fields)
        } else {
            FAILING.replace("FIELDS", &fields).replace(r#", "S": {"Type": "Succeed"}"#, "")
        };
        stage.check(&definition, "{}", status, &format!("{begins}\n{ends}")).await?;
    }
    Ok(())
}
