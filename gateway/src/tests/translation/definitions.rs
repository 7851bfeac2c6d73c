//! ValidateStateMachineDefinition.

use super::*;

#[tokio::test]
async fn definitions_are_validated() {
    let asked = |definition: &'static str, kind: StateMachineType, include_warnings, max_results| {
        move |caller| ValidateStateMachineDefinitionRequest {
            caller,
            definition: Bytes::from_static(definition.as_bytes()),
            r#type: kind.into(),
            include_warnings,
            max_results,
        }
    };
    check(
        "ValidateStateMachineDefinition",
        json!({"definition": "d"}),
        asked("d", StateMachineType::Standard, false, 0),
        ValidateStateMachineDefinitionResponse { valid: true, ..Default::default() },
        json!({"result": "OK", "diagnostics": [], "truncated": false}),
    )
    .await;
    let diagnostic = |severity: &str, location: Option<&str>| Diagnostic {
        severity: text(severity),
        code: text("C"),
        message: text("m"),
        location: location.map(text),
    };
    check(
        "ValidateStateMachineDefinition",
        json!({"definition": "é", "type": "EXPRESS", "severity": "WARNING", "maxResults": 2}),
        asked("é", StateMachineType::Express, true, 2),
        ValidateStateMachineDefinitionResponse {
            valid: false,
            diagnostics: vec![diagnostic("ERROR", None), diagnostic("WARNING", Some("/States/A"))],
            truncated: true,
        },
        json!({"result": "FAIL", "truncated": true, "diagnostics": [
            {"severity": "ERROR", "code": "C", "message": "m"},
            {"severity": "WARNING", "code": "C", "message": "m", "location": "/States/A"},
        ]}),
    )
    .await;
}
