//! The definition of one state without a state machine around it, as `TestState` takes it.

use indexmap::IndexMap;

use super::{Definition, Flow, Invalid, Machine, ParseOptions, QueryLanguage, duplicates, state};
use crate::diagnostic::{Code, Problems};
use crate::location::Location;
use crate::{jackson, validation};

/// Reads the definition of one state, and returns it as a state machine of that state alone, by the name that it is given here. The
/// states that it leads to are not there.
///
/// # Errors
///
/// As [`super::parse`].
pub fn parse_state(text: &str, name: &str, options: &ParseOptions) -> Result<Definition, Invalid> {
    let problems = Problems::default();
    match read_state(text, name, options, &problems) {
        Some(definition) if problems.is_empty() => Ok(definition),
        _ => Err(Invalid { diagnostics: problems.into_list().0 }),
    }
}

fn read_state(text: &str, name: &str, options: &ParseOptions, problems: &Problems) -> Option<Definition> {
    let value = match jackson::parse(text) {
        Ok(value) => value,
        Err(error) => {
            problems.report(Code::InvalidJsonDescription, Some(&error.place(text)), error.to_string());
            return None;
        }
    };
    let machine = Machine { kind: options.kind, language: QueryLanguage::JsonPath };
    let state =
        state::read(name, &value, Location::Root, problems, machine).filter(|_| problems.is_empty())?;
    let flow = Flow { start_at: name.to_owned(), states: IndexMap::from([(name.to_owned(), state)]) };
    let definition = Definition {
        comment: None,
        version: None,
        query_language: QueryLanguage::JsonPath,
        timeout_seconds: None,
        flow,
    };
    duplicates::check(text, problems);
    validation::check_one_state(&definition, problems);
    Some(definition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::FlowPath;

    #[test]
    fn a_state_alone_is_read_with_its_problems_at_its_own_root() {
        for (text, expected) in [
            (r#"{"Type":"Pass","Next":"elsewhere"}"#, Ok("Pass")),
            (r#"{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"x"}]}"#, Ok("Choice")),
            (r#"{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% 1 %}","End":true}"#, Ok("Pass")),
            ("{}", Err("'SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /'")),
            (
                r#"{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}]}"#,
                Err("'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /Branches[0]/States/A/Next, \
                 MISSING_END_STATE: Workflow has no terminal state at null'"),
            ),
        ] {
            let parsed = parse_state(text, "S", &ParseOptions::default());
            let found = match &parsed {
                Ok(definition) => Ok(definition.flow.states["S"].kind.type_name()),
                Err(invalid) => Err(invalid.to_string()),
            };
            let expected = expected.map_err(|text| format!("Invalid State Machine Definition: {text}"));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_distributed_map_may_stand_beside_the_state_that_is_tested() {
        let text = r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{
            "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
            "StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}}}}"#;
        let definition = crate::definition::parse(text, &ParseOptions::default()).expect("valid");
        let path = definition.path_to("A").expect("A is there");
        assert_eq!(path, FlowPath::root().child("M", 0));
        assert_eq!(definition.path_to("M"), Some(FlowPath::root()));
        assert_eq!(definition.path_to("B"), None);
        assert_eq!(definition.state("A").map(|state| state.name.as_str()), Some("A"));
    }
}
