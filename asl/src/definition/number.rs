//! A number that stands in the definition or is computed when the state runs. Computes nothing.

use super::fields::Fields;
use crate::{jsonata, path::Path};

/// The value of a field such as `MaxConcurrency`, which has a `*Path` form in JSONPath states and may hold an
/// expression in JSONata states.
#[derive(Debug, Clone, PartialEq)]
pub enum Number<T> {
    /// It stands in the definition.
    Fixed(T),
    /// `*Path`: it is in the state's input (after `InputPath`) or in a variable.
    Path(Path),
    /// An expression yields it.
    Jsonata(jsonata::Expression),
}

/// Reads one of two fields: `name`, or `path` for where the number is. `literal` reads a number of the definition.
pub(super) fn read<T>(
    fields: &Fields<'_>,
    [name, path]: [&str; 2],
    literal: impl FnOnce(&str) -> Option<T>,
) -> Option<Number<T>> {
    fields.exclude(&[name, path]);
    if let Some(path) = fields.map_reference(path) {
        return Some(Number::Path(path));
    }
    if fields.is_expression(name) {
        return fields.expression(name).map(Number::Jsonata);
    }
    literal(name).map(Number::Fixed)
}
