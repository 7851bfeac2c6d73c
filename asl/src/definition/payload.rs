//! JSON with expressions in it, in either query language. Evaluates nothing by itself.

use crate::{jsonata, template::Template};

/// A template in the query language of its state.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// Expressions are the values of fields whose names end in `.$`.
    JsonPath(Template),
    /// Expressions are texts between `{%` and `%}`.
    Jsonata(jsonata::Template),
}

impl Payload {
    /// The template of a JSONPath state.
    pub fn json_path(&self) -> Option<&Template> {
        match self {
            Self::JsonPath(template) => Some(template),
            Self::Jsonata(_) => None,
        }
    }

    /// The template of a JSONata state.
    pub fn jsonata(&self) -> Option<&jsonata::Template> {
        match self {
            Self::Jsonata(template) => Some(template),
            Self::JsonPath(_) => None,
        }
    }
}
