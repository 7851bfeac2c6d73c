//! The Choice state: the first rule that holds says where the flow goes on.

use serde_json::Value;

use super::fields::{Fields, pointed};
use super::{Assign, QueryLanguage, assign, lint, state};
use crate::choice::Rule;
use crate::jsonata;
use crate::location::Location;
use crate::wording;

/// A Choice state. Its own `Assign` and `Output` are for when no rule holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// `Choices`, in the order in which they are tried.
    pub rules: Vec<ChoiceRule>,
    /// `Default`: the next state if no rule holds. Without it the execution then fails, which the guide calls
    /// `States.NoChoiceMatched` and AWS reports as `States.Runtime`.
    pub default: Option<String>,
}

/// One of `Choices`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// When it holds.
    pub condition: Condition,
    /// `Assign`
    pub assign: Option<Assign>,
    /// `Output` of a JSONata state; without it, the state's input is the output.
    pub output: Option<jsonata::Template>,
    /// `Next`: the name of a state of the same flow.
    pub next: String,
}

/// When a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Comparisons, in a JSONPath state.
    Rule(Rule),
    /// `Condition` as it stands in the definition of a JSONata state.
    Fixed(bool),
    /// `Condition` of a JSONata state, computed: it must yield a boolean.
    Jsonata(jsonata::Expression),
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Choice> {
    state::allow(fields, &["Assign", "Choices", "Default"]);
    fields.require(&["Choices"]);
    let default = fields.text("Default").map(str::to_owned);
    let list = fields.list("Choices")?;
    if list.is_empty() {
        fields.report_at("Choices", wording::EMPTY_LIST);
    }
    let at = fields.at.field("Choices");
    let rules = list
        .iter()
        .enumerate()
        .filter_map(|(index, value)| read_rule(fields, value, at.index(index)))
        .collect();
    Some(Choice { rules, default })
}

fn read_rule(state: &Fields<'_>, value: &Value, at: Location<'_>) -> Option<ChoiceRule> {
    let fields = state.inner(value, at)?;
    fields.require(&["Next"]);
    let next = fields.text("Next").map(str::to_owned);
    let assign = assign::read(&fields);
    let condition = match fields.language {
        QueryLanguage::JsonPath => read_comparisons(&fields, value).map(Condition::Rule),
        QueryLanguage::Jsonata => read_condition(&fields),
    };
    let output = fields.jsonata("Output");
    Some(ChoiceRule { condition: condition?, assign, output, next: next? })
}

fn read_comparisons(fields: &Fields<'_>, value: &Value) -> Option<Rule> {
    lint::choice_rule(value, fields.at, fields.problems);
    if fields.has("Condition") || fields.has("Output") {
        let names: Vec<_> = fields.names().collect();
        fields.allow(&names);
        return None;
    }
    match Rule::parse(value) {
        Ok(rule) => Some(rule),
        Err(errors) => {
            for error in errors {
                fields.problems.schema(fields.at.below(&pointed(value, &error.location)), error.message);
            }
            None
        }
    }
}

fn read_condition(fields: &Fields<'_>) -> Option<Condition> {
    let mut names = vec!["Condition", "Variable", "Assign", "Output", "Next", "Comment"];
    names.extend(fields.names().filter(|name| Rule::is_operator(name)));
    fields.allow(&names);
    if !fields.has("Condition") {
        fields.report(wording::CHOICE_RULE_FORMS);
    }
    if fields.is_expression("Condition") {
        fields.expression("Condition").map(Condition::Jsonata)
    } else {
        fields.boolean("Condition").map(Condition::Fixed)
    }
}
