//! Every definition that was recorded on AWS: accepted or refused as there, with the same variable references and the
//! same diagnostics. Passes where the recordings are not installed.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::{Kind, ParseOptions, validate};
use super::read_kind;

/// As the whole-server tests look for it: `KEEPSTEP_RECORDED`, or beside the repository.
fn cases() -> Vec<Value> {
    let folder = std::env::var_os("KEEPSTEP_RECORDED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded"));
    let Ok(entries) = std::fs::read_dir(folder.join("cases")) else { return Vec::new() };
    let texts = entries.flatten().filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    texts.filter_map(|text| serde_json::from_str(&text).ok()).collect()
}

fn kind(request: &Value) -> Kind {
    if request["type"] == "EXPRESS" { Kind::Express } else { Kind::Standard }
}

#[test]
fn definitions_are_read_as_on_aws() {
    for case in cases() {
        let id = case["id"].as_str().unwrap_or_default();
        let mut references = json!({});
        for step in case["steps"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let (operation, request) = (step["operation"].as_str().unwrap_or_default(), &step["request"]);
            let text = request["definition"].as_str();
            match (operation, text) {
                ("CreateStateMachine" | "UpdateStateMachine", Some(text)) if step["fails"] != true => {
                    let value = serde_json::from_str(text).expect(id);
                    match read_kind(&value, kind(request)) {
                        Ok(definition) => references = json!(definition.variable_references()),
                        Err(errors) => panic!("{id}: {errors:?}"),
                    }
                }
                ("ValidateStateMachineDefinition", Some(text)) => check_diagnostics(id, step, text),
                ("DescribeStateMachine", _) => {
                    if let Some(expected) = step["expect"]["*"].as_object() {
                        let none = json!({});
                        let expected = expected.get("variableReferences").unwrap_or(&none);
                        assert_eq!(&references, expected, "{id}");
                    }
                }
                _ => {}
            }
        }
    }
}

fn check_diagnostics(id: &str, step: &Value, text: &str) {
    let validation = validate(text, &ParseOptions { kind: kind(&step["request"]) });
    // The definitions that AWS accepts use what this version refuses.
    let is_refused = |message: &str| message.starts_with("This version of the server");
    let diagnostics = validation.diagnostics.iter().filter(|diagnostic| !is_refused(&diagnostic.message));
    let diagnostics: Vec<Value> = diagnostics
        .map(|diagnostic| {
            let mut members = Map::new();
            members.insert("severity".to_owned(), json!(diagnostic.severity.as_str()));
            members.insert("code".to_owned(), json!(diagnostic.code.as_str()));
            members.insert("message".to_owned(), json!(diagnostic.message));
            members.extend(diagnostic.location.iter().map(|at| ("location".to_owned(), json!(at))));
            Value::Object(members)
        })
        .collect();
    assert_eq!(json!(diagnostics), step["expect"]["*"]["diagnostics"], "{id}");
}
