//! Reads the fields that hold expressions: templates of JSONPath states, and texts between `{%` and `%}` of JSONata
//! states, wherever they stand. Reports what is no expression, or looks at what it can't see.

use serde_json::Value;

use super::fields::{Fields, pointed};
use super::{Payload, QueryLanguage, lint};
use crate::diagnostic::Code;
use crate::jsonata;
use crate::location::Location;
use crate::template::Template;
use crate::wording;

/// Fields of a state whose texts are no expressions of its own.
const UNSEARCHED: [&str; 4] = ["Branches", "Comment", "ItemProcessor", "Iterator"];

impl Fields<'_> {
    /// A template in the state's language.
    pub(super) fn payload(&self, name: &str) -> Option<Payload> {
        match self.language {
            QueryLanguage::JsonPath => self.template(name).map(Payload::JsonPath),
            QueryLanguage::Jsonata => self.jsonata(name).map(Payload::Jsonata),
        }
    }

    /// A template of a JSONPath state; absent in a JSONata state.
    pub(super) fn template(&self, name: &str) -> Option<Template> {
        if self.language != QueryLanguage::JsonPath {
            return None;
        }
        let value = self.get(name)?;
        let field = self.at.field(name);
        lint::template(value, field, self.problems);
        match Template::parse(value) {
            Ok(template) => Some(template),
            Err(error) => {
                // AWS says where the object is, and names its field in the message.
                let object = error.location.rsplit_once('/').map_or("", |(object, _)| object);
                self.problems.schema(field.below(&pointed(value, object)), error.message);
                None
            }
        }
    }

    /// A template of a JSONata state; absent in a JSONPath state.
    pub(super) fn jsonata(&self, name: &str) -> Option<jsonata::Template> {
        if self.language != QueryLanguage::Jsonata {
            return None;
        }
        let value = self.get(name)?;
        let field = self.at.field(name);
        match jsonata::Template::parse(value) {
            Ok(template) => {
                let mut expressions = template.expressions().into_iter();
                each_string(value, field, &mut |text, at| {
                    if jsonata::Expression::delimited(text).is_some()
                        && let Some(expression) = expressions.next()
                    {
                        self.check(expression, at);
                    }
                });
                Some(template)
            }
            Err(errors) => {
                for error in errors {
                    let place = pointed(value, &error.location);
                    let at = field.below(&place);
                    self.problems.report(Code::InvalidJsonataExpression, Some(&at), error.error.message);
                }
                None
            }
        }
    }

    /// Reports the texts in a JSONata state that begin as expressions and don't end as such: they would stand for
    /// themselves, which nobody means. What lies in the flows inside the state is theirs.
    pub(super) fn check_delimiters(&self) {
        if self.language != QueryLanguage::Jsonata {
            return;
        }
        for name in self.names().filter(|name| !UNSEARCHED.contains(name)) {
            let Some(value) = self.get(name) else { continue };
            each_string(value, self.at.field(name), &mut |text, at| {
                if text.starts_with("{%") && !text.ends_with("%}") {
                    self.problems.schema(at, wording::JSONATA_NOT_CLOSED);
                }
            });
        }
    }

    /// Whether a field of a JSONata state holds an expression.
    pub(super) fn is_expression(&self, name: &str) -> bool {
        let text = self.get(name).and_then(Value::as_str);
        self.language == QueryLanguage::Jsonata && text.and_then(jsonata::Expression::delimited).is_some()
    }

    /// The expression in a field for which [`Fields::is_expression`] holds.
    pub(super) fn expression(&self, name: &str) -> Option<jsonata::Expression> {
        let text = jsonata::Expression::delimited(self.text(name)?)?;
        let at = self.at.field(name);
        match jsonata::Expression::parse(text) {
            Ok(expression) => {
                self.check(&expression, at);
                Some(expression)
            }
            Err(error) => {
                self.problems.report(Code::InvalidJsonataExpression, Some(&at), error.message);
                None
            }
        }
    }

    /// AWS evaluates expressions without a context item, and gives the error output to catchers only.
    fn check(&self, expression: &jsonata::Expression, at: Location<'_>) {
        let refuse = |message| self.problems.report(Code::UnsupportedJsonataExpression, Some(&at), message);
        for name in expression.top_level_references() {
            refuse(wording::top_level_reference(name));
        }
        if expression.states_members().error_output && !self.catches {
            refuse(wording::ERROR_OUTPUT_OUTSIDE_CATCH.to_owned());
        }
    }
}

/// Calls `visit` with each text of a value, without the names of fields, in their order. Recursion is bounded by the depth
/// of the JSON text.
fn each_string(value: &Value, at: Location<'_>, visit: &mut dyn FnMut(&str, Location<'_>)) {
    match value {
        Value::String(text) => visit(text, at),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                each_string(item, at.index(index), visit);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                each_string(member, at.field(name), visit);
            }
        }
        _ => {}
    }
}
