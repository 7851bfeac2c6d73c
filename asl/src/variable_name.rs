//! Names of variables: what may stand behind `$` in a path and as a key of `Assign`. Never looks at values.

use std::sync::LazyLock;

use regex::Regex;

use crate::limits::VARIABLE_NAME_CHARACTERS_MAX;

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

/// Why a name can't be a variable's, in English; `None` if it can.
pub(crate) fn problem(name: &str) -> Option<String> {
    if name.is_empty() || at_start(name).len() != name.len() {
        return Some(format!("Variable name '{name}' is not a valid Unicode identifier"));
    }
    if name.chars().nth(VARIABLE_NAME_CHARACTERS_MAX).is_some() {
        return Some(format!("Variable name '{name}' exceeds {VARIABLE_NAME_CHARACTERS_MAX} characters"));
    }
    (name == RESERVED).then(|| format!("Variable name '{name}' is reserved"))
}

#[cfg(test)]
mod tests {
    use super::{at_start, problem};

    #[test]
    fn identifiers_are_unicodes() {
        for (name, expected) in [
            ("a", None),
            ("theAnswer", None),
            ("var_constant_1", None),
            ("größe", None),
            ("変数", None),
            ("state", None),
            ("", Some("Variable name '' is not a valid Unicode identifier")),
            ("1a", Some("Variable name '1a' is not a valid Unicode identifier")),
            ("a-b", Some("Variable name 'a-b' is not a valid Unicode identifier")),
            ("a b", Some("Variable name 'a b' is not a valid Unicode identifier")),
            ("$a", Some("Variable name '$a' is not a valid Unicode identifier")),
            ("states", Some("Variable name 'states' is reserved")),
        ] {
            assert_eq!(problem(name).as_deref(), expected, "{name}");
        }
        assert_eq!(problem(&"x".repeat(80)), None);
        assert!(problem(&"x".repeat(81)).is_some());
    }

    #[test]
    fn a_name_ends_where_it_can_no_longer_go_on() {
        for (text, name) in [("a.b", "a"), ("ab[0]", "ab"), (".a", ""), ("", ""), ("a1_é-", "a1_é")] {
            assert_eq!(at_start(text), name, "{text}");
        }
    }
}
