//! Definitions with everything that AWS accepts, and what AWS says of those that it refuses, below the refusal of what
//! this version can't run.

mod distributed;
mod jsonata;
mod recorded;
mod variable_references;
mod variables;
mod warnings;

use serde_json::{Value, json};

use super::{Definition, Kind, ParseOptions, State, read};
use crate::diagnostic::{Diagnostic, Problems, Severity};

/// What is wrong with a definition, or the definition.
fn read_kind(definition: &Value, kind: Kind) -> Result<Definition, Vec<String>> {
    let problems = Problems::default();
    let definition = read(&definition.to_string(), &ParseOptions { kind }, &problems);
    let (diagnostics, _) = problems.into_list();
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    definition.ok_or_else(|| errors.map(Diagnostic::to_string).collect())
}

fn valid(definition: &Value) -> Definition {
    read_kind(definition, Kind::Standard).expect("valid")
}

/// A definition whose first state is `X`, beside states that `Next` can name.
fn with_state(state: &Value) -> Value {
    let mut state = state.clone();
    let has_end = !matches!(state["Type"].as_str(), Some("Succeed" | "Fail" | "Choice"));
    if let (true, Value::Object(fields)) = (has_end, &mut state) {
        fields.entry("Next").or_insert(json!("Y"));
    }
    json!({"StartAt": "X", "States": {"X": state, "Y": {"Type": "Succeed"}, "Z": {
        "Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "Y"}], "Default": "Z"}}})
}

fn valid_state(state: &Value) -> State {
    valid(&with_state(state)).flow.states.swap_remove("X").expect("X is there")
}

/// `expected`: each error as `CODE: MESSAGE at PLACE`; `@` stands for the place of the state.
#[track_caller]
fn check_state(state: &Value, expected: &[&str]) {
    let errors = read_kind(&with_state(state), Kind::Standard).err().unwrap_or_default();
    let expected: Vec<String> =
        expected.iter().map(|error| error.replace(" at @", " at /States/X")).collect();
    assert_eq!(errors, expected, "{state}");
}
