//! Names of state machines, executions and activities.

use crate::api_error::ApiError;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 80;

/// Checks a name as AWS documents it (API reference, "CreateStateMachine", `name`): no white space, brackets, wildcards, control
/// characters or any of `" # % \ ^ | ~ ` $ & , ; : /`.
///
/// # Errors
///
/// `InvalidName`.
pub fn check(name: &str) -> Result<(), ApiError> {
    let chars = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&chars) && name.chars().all(is_allowed) {
        Ok(())
    } else {
        Err(ApiError::invalid_name(name))
    }
}

fn is_allowed(character: char) -> bool {
    !(character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{fffe}' | '\u{ffff}')
        || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character))
}

/// Checks the name of an alias as AWS's API model defines it (`CharacterRestrictedName`): letters, digits, `_`, `-` and `.`, and not
/// digits alone, which would name a version.
///
/// # Errors
///
/// `InvalidName`.
pub fn check_alias(name: &str) -> Result<(), ApiError> {
    let is_mark = |character: char| matches!(character, '_' | '-' | '.');
    let valid = name.len() <= NAME_CHARS_MAX
        && name.chars().all(|character| character.is_ascii_alphanumeric() || is_mark(character))
        && name.chars().any(|character| character.is_ascii_alphabetic() || is_mark(character));
    if valid { Ok(()) } else { Err(ApiError::invalid_name(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for (name, valid) in [
            ("a", true),
            ("state.machine_1-2!'()+=@", true),
            ("gr\u{fc}n", true),
            (&"x".repeat(80), true),
            (&"x".repeat(81), false),
            ("", false),
            ("a b", false),
            ("a/b", false),
            ("a:b", false),
            ("a*", false),
            ("a\u{7}", false),
            ("a\u{9f}", false),
        ] {
            let expected = if valid {
                Ok(())
            } else {
                Err(ApiError::new("InvalidName", format!("Invalid Name: '{name}'")))
            };
            assert_eq!(check(name), expected);
        }
    }

    #[test]
    fn names_of_aliases_are_checked() {
        for (name, valid) in [
            ("PROD", true),
            ("1.2", true),
            ("-", true),
            ("0a", true),
            (&"x".repeat(80), true),
            (&"x".repeat(81), false),
            ("", false),
            ("12", false),
            ("a b", false),
            ("a:b", false),
            ("a/b", false),
            ("gr\u{fc}n", false),
        ] {
            let expected = if valid { Ok(()) } else { Err(ApiError::invalid_name(name)) };
            assert_eq!(check_alias(name), expected, "{name}");
        }
    }
}
