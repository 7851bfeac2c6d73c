//! `Assign`: the variables that a state, a choice rule or a catcher sets. Never evaluates their values.

use super::fields::Fields;
use super::{Payload, QueryLanguage};
use crate::variable_name;
use crate::wording;

/// The value of an `Assign` field. Every value sees the variables as they were when the state was entered.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The variables, by name without `$`, in the order of the text.
    pub names: Vec<String>,
    /// Yields an object that holds each of `names`.
    pub values: Payload,
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Assign> {
    let value = fields.get("Assign")?;
    let at = fields.at.field("Assign");
    let Some(object) = value.as_object() else {
        fields.problems.schema(at, wording::expected("Object"));
        return None;
    };
    let mut names = Vec::with_capacity(object.len());
    for key in object.keys() {
        let name = match fields.language {
            QueryLanguage::JsonPath => key.strip_suffix(".$").unwrap_or(key),
            QueryLanguage::Jsonata => key,
        };
        if let Some((code, message)) = variable_name::problem(name) {
            fields.problems.report(code, Some(&at.field(key)), message);
        }
        names.push(name.to_owned());
    }
    Some(Assign { names, values: fields.payload("Assign")? })
}
