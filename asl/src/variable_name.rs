//! Names of variables: what may stand behind `$` in a path and as a key of `Assign`. Never looks at values.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Code;
use crate::limits::VARIABLE_NAME_CHARACTERS_MAX;
use crate::wording;

/// The variable that Step Functions defines itself, in JSONata states only.
pub(crate) const RESERVED: &str = "states";

/// A Unicode identifier (Standard Annex #31), as the developer guide asks for ("Passing data between states with
/// variables", "Variable name syntax").
static IDENTIFIER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\p{ID_Start}\p{ID_Continue}*").expect("a constant pattern compiles"));

/// The identifier at the start of `text`; empty if there is none.
pub(crate) fn at_start(text: &str) -> &str {
    IDENTIFIER.find(text).map_or("", |found| found.as_str())
}

/// Why a name can't be a variable's; `None` if it can.
pub(crate) fn problem(name: &str) -> Option<(Code, String)> {
    if name == RESERVED {
        return Some((Code::ReservedVariableName, wording::variable_name_reserved(name)));
    }
    if name.is_empty() || at_start(name).len() != name.len() {
        return Some((Code::InvalidVariableName, wording::variable_name_invalid(name)));
    }
    let is_too_long = name.chars().nth(VARIABLE_NAME_CHARACTERS_MAX).is_some();
    is_too_long.then(|| (Code::InvalidVariableName, wording::variable_name_too_long(name)))
}

#[cfg(test)]
mod tests {
    use super::{at_start, problem};
    use crate::diagnostic::Code;

    #[test]
    fn identifiers_are_unicodes() {
        for (name, expected) in [
            ("a", None),
            ("theAnswer", None),
            ("var_constant_1", None),
            ("größe", None),
            ("変数", None),
            ("state", None),
            ("", Some(Code::InvalidVariableName)),
            ("1a", Some(Code::InvalidVariableName)),
            ("a-b", Some(Code::InvalidVariableName)),
            ("a b", Some(Code::InvalidVariableName)),
            ("$a", Some(Code::InvalidVariableName)),
            ("states", Some(Code::ReservedVariableName)),
            (&"x".repeat(80), None),
            (&"x".repeat(81), Some(Code::InvalidVariableName)),
        ] {
            assert_eq!(problem(name).map(|(code, _)| code), expected, "{name}");
        }
    }

    #[test]
    fn a_name_ends_where_it_can_no_longer_go_on() {
        for (text, name) in [("a.b", "a"), ("ab[0]", "ab"), (".a", ""), ("", ""), ("a1_é-", "a1_é")] {
            assert_eq!(at_start(text), name, "{text}");
        }
    }
}
