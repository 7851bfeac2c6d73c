//! Holds decoded members against the API model's constraints and words what is broken as AWS does. Needs no state: what depends on
//! what exists is the nodes' to judge.

use std::fmt::Write;

use crate::Limits;
use crate::decode::{Members, Value};
use crate::fault::Fault;
use crate::model::{Max, Shape, Structure, Text};

/// Broken constraints that are told at most; a request of 1 MiB could break tens of thousands.
const ERRORS_MAX: usize = 32;
/// Characters of a value that are quoted at most.
const QUOTED_MAX: usize = 1_024;

/// Checks the members of a request.
///
/// # Errors
///
/// ValidationException that lists what is broken, in the model's order.
pub(crate) fn validate(structure: &Structure, members: &Members, limits: &Limits) -> Result<(), Fault> {
    let mut findings = Findings { limits, errors: Vec::new() };
    findings.structure(structure, members, "");
    let count = findings.errors.len();
    if count == 0 {
        return Ok(());
    }
    let plural = if count == 1 { "" } else { "s" };
    Err(Fault::validation(format!(
        "{count} validation error{plural} detected: {}",
        findings.errors.join("; ")
    )))
}

struct Findings<'a> {
    limits: &'a Limits,
    errors: Vec<String>,
}

impl Findings<'_> {
    fn add(&mut self, value: Option<&str>, path: &str, constraint: &str) {
        if self.errors.len() == ERRORS_MAX {
            return;
        }
        let mut error = "Value ".to_owned();
        if let Some(value) = value {
            let quoted = value
                .char_indices()
                .nth(QUOTED_MAX)
                .map_or(value, |(end, _)| value.get(..end).unwrap_or(value));
            let _ = write!(error, "'{quoted}' ");
        }
        let _ = write!(error, "at '{path}' failed to satisfy constraint: {constraint}");
        self.errors.push(error);
    }

    fn structure(&mut self, structure: &Structure, members: &Members, path: &str) {
        for member in &structure.members {
            let path = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
            match members.get(&member.name) {
                Some(value) => self.value(&member.shape, value, &path),
                None if member.required && self.errors.len() < ERRORS_MAX => self.errors.push(format!(
                    "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                )),
                None => {}
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) {
        match (shape, value) {
            (Shape::Text(shape), Value::Text(text)) => self.text(shape, text, path),
            (Shape::Integer { min, max }, Value::Integer(integer)) => {
                let integer = i64::from(*integer);
                let beyond = (min.filter(|min| integer < *min), max.filter(|max| integer > *max));
                self.bounds(&integer.to_string(), beyond, path);
            }
            (Shape::Long { min, max }, Value::Long(long)) => {
                let beyond = (min.filter(|min| long < min), max.filter(|max| long > max));
                self.bounds(&long.to_string(), beyond, path);
            }
            #[allow(clippy::cast_precision_loss, reason = "no bound of the model is beyond 2^53")]
            (Shape::Float { min, max }, Value::Float(float)) => {
                let beyond = (min.filter(|min| *float < *min as f64), max.filter(|max| *float > *max as f64));
                self.bounds(&format!("{float:?}"), beyond, path);
            }
            (Shape::List { member, min, max }, Value::List(values)) => {
                self.length(None, path, values.len(), *min, *max);
                for (index, value) in values.iter().enumerate() {
                    if self.errors.len() == ERRORS_MAX {
                        return;
                    }
                    self.value(member, value, &format!("{path}.{}.member", index + 1));
                }
            }
            (Shape::Structure(structure), Value::Structure(members)) => {
                self.structure(structure, members, path)
            }
            // The decoder makes no value that differs from its shape.
            _ => {}
        }
    }

    /// Adds what is wrong with a number that lies beyond its lower or its upper bound.
    fn bounds(&mut self, quoted: &str, (below, above): (Option<i64>, Option<i64>), path: &str) {
        if let Some(min) = below {
            self.add(Some(quoted), path, &format!("Member must have value greater than or equal to {min}"));
        }
        if let Some(max) = above {
            self.add(Some(quoted), path, &format!("Member must have value less than or equal to {max}"));
        }
    }

    fn length(&mut self, quoted: Option<&str>, path: &str, length: usize, min: usize, max: Option<usize>) {
        if length < min {
            let constraint = format!("Member must have length greater than or equal to {min}");
            self.add(quoted, path, &constraint);
        }
        if let Some(max) = max.filter(|max| length > *max) {
            let constraint = format!("Member must have length less than or equal to {max}");
            self.add(quoted, path, &constraint);
        }
    }

    fn text(&mut self, shape: &Text, text: &str, path: &str) {
        let quoted = (!shape.sensitive).then_some(text);
        let (length, max) = match shape.max {
            Max::None => (text.len(), None),
            Max::Characters(max) if text.len() <= max => (text.len(), None),
            Max::Characters(max) => (text.chars().count(), Some(max)),
            Max::Payload => (text.len(), Some(self.limits.payload_bytes)),
            Max::Definition => (text.len(), Some(self.limits.definition_bytes)),
        };
        // Every lower bound of the model is 0 or 1, so that bytes do as well as characters.
        self.length(quoted, path, length, shape.min, max);
        if let Some(pattern) = shape.pattern.filter(|pattern| !pattern.matches(text)) {
            let constraint = format!("Member must satisfy regular expression pattern: {}", pattern.source());
            self.add(quoted, path, &constraint);
        }
        if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
            let constraint = format!("Member must satisfy enum value set: [{}]", shape.values.join(", "));
            self.add(quoted, path, &constraint);
        }
    }
}
