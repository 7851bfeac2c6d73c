//! Wait in its four forms.

use aws_sdk_sfn::types::ExecutionStatus::{Failed, Succeeded};
use keepstep_tests::history::seconds_between;
use keepstep_tests::stage::Stage;

fn wait(fields: &str) -> String {
    format!(r#"{{"StartAt": "W", "States": {{"W": {{"Type": "Wait", {fields}, "End": true}}}}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_passes_its_input_on_and_is_never_early() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let cases = [
        (r#""Seconds": 1"#, "{}", 1.0),
        (r#""SecondsPath": "$.s""#, r#"{"s":2}"#, 2.0),
        (r#""SecondsPath": "$.s""#, r#"{"s":0}"#, 0.0),
        (r#""Timestamp": "2016-03-14T01:59:00Z""#, "[1]", 0.0),
        (r#""TimestampPath": "$.t""#, r#"{"t":"2016-03-14T01:59:00.123Z"}"#, 0.0),
    ];
    let mut begun = Vec::new();
    for (fields, input, seconds) in cases {
        begun.push((stage.begin(&wait(fields), input).await?, fields, input, seconds));
    }
    for (execution, fields, input, seconds) in begun {
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 WaitStateEntered name=W input={input}
             3 <2 WaitStateExited name=W output={input}
             4 <3 ExecutionSucceeded output={input}"
        );
        stage.assert_ended(&execution, Succeeded, &expected).await?;
        let waited = seconds_between(&stage.history(&execution).await?, 2, 3);
        assert!(waited.is_some_and(|waited| waited > seconds - 0.0005), "{fields}: {waited:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_to_no_time_fails_the_execution() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    for (fields, input, cause) in [
        (
            r#""SecondsPath": "$.s""#,
            r#"{"s":-1}"#,
            "The SecondsPath parameter references a negative value: $.s == -1",
        ),
        (
            r#""TimestampPath": "$.t""#,
            r#"{"t":"tomorrow"}"#,
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == tomorrow",
        ),
    ] {
        let expected = format!(
            "1 <0 ExecutionStarted input={input} roleArn=arn:aws:iam::000000000000:role/test
             2 <0 WaitStateEntered name=W input={input}
             3 <2 ExecutionFailed error=States.Runtime cause=An error occurred while executing the state 'W' (entered at the event id #2). {cause}"
        );
        stage.check(&wait(fields), input, Failed, &expected).await?;
    }
    Ok(())
}
