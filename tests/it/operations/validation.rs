//! ValidateStateMachineDefinition.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{
    StateMachineType, ValidateStateMachineDefinitionResultCode, ValidateStateMachineDefinitionSeverity,
};

use super::{PASS, assert_refused, server};

/// An unsaid severity is ERROR, an unsaid number of results 100.
#[derive(Default)]
struct Asked {
    definition: String,
    kind: Option<StateMachineType>,
    severity: Option<ValidateStateMachineDefinitionSeverity>,
    results_max: Option<i32>,
}

/// Whether the definition is fine, each diagnostic as `SEVERITY CODE: MESSAGE at LOCATION`, and whether there is more.
async fn validate(client: &Client, asked: Asked) -> anyhow::Result<(bool, Vec<String>, bool)> {
    let answer = client
        .validate_state_machine_definition()
        .definition(asked.definition)
        .set_type(asked.kind)
        .set_severity(asked.severity)
        .set_max_results(asked.results_max)
        .send()
        .await?;
    let shown = answer.diagnostics.iter().map(|diagnostic| {
        let at = diagnostic.location.as_deref().unwrap_or("nowhere");
        format!("{} {}: {} at {at}", diagnostic.severity, diagnostic.code, diagnostic.message)
    });
    let is_ok = answer.result == ValidateStateMachineDefinitionResultCode::Ok;
    Ok((is_ok, shown.collect(), answer.truncated.unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_judged_without_a_state_machine() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let doubtful = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":"$.a","Next":"B"},"B":{"Type":"Fail","Cause":"$.c"}}}"#;
    let waits = r#"{"StartAt":"A","States":{"A":{"Type":"Task","End":true,"Parameters":{"FunctionName":"f"},
                    "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken"}}}"#;
    let static_result = "WARNING PASS_RESULT_IS_STATIC: Attempt to use a path in the result of a pass state. at /States/A/Result";
    let no_path = "WARNING NO_PATH: Field value looks like a path, but field name does not end with 'Path'. at /States/B/Cause";
    let fields =
        |fields: &str| format!("ERROR SCHEMA_VALIDATION_FAILED: These fields are required: [{fields}] at /");
    let no_end = "ERROR MISSING_END_STATE: Workflow has no terminal state at nowhere";
    let in_express = "ERROR SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service \
                      integration  at /States/A/Resource";
    let warned = Some(ValidateStateMachineDefinitionSeverity::Warning);
    let said = |definition: &str| Asked { definition: definition.to_owned(), ..Asked::default() };
    for (asked, expected) in [
        (said(PASS), (true, vec![], false)),
        (said("{}"), (false, vec![fields("StartAt, States")], false)),
        (
            said(r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}"#),
            (false, vec![no_end.to_owned()], false),
        ),
        (said(doubtful), (true, vec![], false)),
        (
            Asked { severity: warned.clone(), ..said(doubtful) },
            (true, vec![static_result.to_owned(), no_path.to_owned()], false),
        ),
        (
            Asked { severity: warned.clone(), results_max: Some(1), ..said(doubtful) },
            (true, vec![static_result.to_owned()], true),
        ),
        (
            Asked { severity: warned, results_max: Some(0), ..said(doubtful) },
            (true, vec![static_result.to_owned(), no_path.to_owned()], false),
        ),
        (said(waits), (true, vec![], false)),
        (
            Asked { kind: Some(StateMachineType::Express), ..said(waits) },
            (false, vec![in_express.to_owned()], false),
        ),
    ] {
        let definition = asked.definition.clone();
        assert_eq!(validate(&client, asked).await?, expected, "{definition}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let ask = || client.validate_state_machine_definition().definition(PASS);
    assert_refused(
        ask().max_results(101).send().await,
        "ValidationException",
        "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    );
    assert_refused(
        ask().severity("INFO".into()).send().await,
        "ValidationException",
        "Value 'INFO' at 'severity' failed to satisfy constraint: Member must satisfy enum value set: [ERROR, WARNING]",
    );
    assert_refused(ask().definition("").send().await, "ValidationException", "'definition'");
    Ok(())
}
