//! What is allowed but probably not meant: texts that look like expressions where nothing evaluates them. Warns only,
//! and only in JSONPath states, as `ValidateStateMachineDefinition` does.

use serde_json::Value;

use super::fields::Fields;
use crate::Expression;
use crate::choice::Rule;
use crate::diagnostic::{Code, Problems};
use crate::location::Location;
use crate::wording;

/// Fields of a payload template whose values look like expressions, without `.$` at the end of their names.
pub(super) fn template(value: &Value, at: Location<'_>, problems: &Problems) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !name.ends_with(".$")) {
                let at = at.field(name);
                if is_expression(value) {
                    problems.warn(Code::NoDollar, at, wording::NO_DOLLAR);
                }
                template(value, at, problems);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                template(item, at.index(index), problems);
            }
        }
        _ => {}
    }
}

/// The `Result` of a Pass state.
pub(super) fn result(fields: &Fields<'_>) {
    if fields.get("Result").is_some_and(holds_expression) {
        fields.problems.warn(
            Code::PassResultIsStatic,
            fields.at.field("Result"),
            wording::PASS_RESULT_IS_STATIC,
        );
    }
}

/// A field that has a `*Path` form for what its value looks like.
pub(super) fn literal(fields: &Fields<'_>, name: &str) {
    if fields.get(name).is_some_and(is_expression) {
        fields.problems.warn(Code::NoPath, fields.at.field(name), wording::NO_PATH);
    }
}

/// The comparisons of a choice rule.
pub(super) fn choice_rule(rule: &Value, at: Location<'_>, problems: &Problems) {
    match rule {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = at.field(name);
                match name.as_str() {
                    "And" | "Or" | "Not" => choice_rule(value, at, problems),
                    name if is_comparison(name) && is_expression(value) => {
                        problems.warn(Code::NoPath, at, wording::NO_PATH);
                    }
                    _ => {}
                }
            }
        }
        Value::Array(rules) => {
            for (index, rule) in rules.iter().enumerate() {
                choice_rule(rule, at.index(index), problems);
            }
        }
        _ => {}
    }
}

/// Whether an operator compares with what stands in the definition, and has a `*Path` form.
fn is_comparison(name: &str) -> bool {
    Rule::is_operator(name) && (name.ends_with("Equals") || name.ends_with("Than"))
}

/// Recursion is bounded by the depth of the JSON text, here as above.
fn holds_expression(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(holds_expression),
        Value::Array(items) => items.iter().any(holds_expression),
        value => is_expression(value),
    }
}

fn is_expression(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    (text.starts_with('$') || text.starts_with("States.")) && Expression::parse(text).is_ok()
}
