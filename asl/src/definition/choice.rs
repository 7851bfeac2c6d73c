//! The Choice state: the first rule that holds says where the flow goes on.

use serde_json::Value;

use super::fields::{Fields, pointed};
use super::{state, unsupported};
use crate::choice::Rule;
use crate::location::Location;
use crate::wording;

/// A Choice state.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// `Choices`, in the order in which they are tried.
    pub rules: Vec<ChoiceRule>,
    /// `Default`: the next state if no rule holds. Without it the execution then fails with
    /// `States.NoChoiceMatched`.
    pub default: Option<String>,
}

/// One of `Choices`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// When it holds.
    pub rule: Rule,
    /// `Next`: the name of a state of the same flow.
    pub next: String,
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Choice> {
    state::allow(fields, &["Choices", "Default"]);
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
    let fields = Fields::new(value, at, state.problems)?;
    unsupported::refuse_in_choice_rule(&fields);
    fields.require(&["Next"]);
    let next = fields.text("Next").map(str::to_owned);
    let rule = match Rule::parse(value) {
        Ok(rule) => Some(rule),
        Err(errors) => {
            for error in errors {
                fields.problems.schema(at.below(&pointed(value, &error.location)), error.message);
            }
            None
        }
    };
    Some(ChoiceRule { rule: rule?, next: next? })
}
