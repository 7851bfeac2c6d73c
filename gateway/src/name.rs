//! Names of state machines, executions and activities: which characters they may hold. Their length is the model's matter.

use crate::fault::Fault;

/// Refuses the characters that the API reference forbids: white space, brackets, wildcards, special and control characters.
///
/// # Errors
///
/// InvalidName.
pub(crate) fn check(name: &str) -> Result<(), Fault> {
    if name.chars().all(allowed) {
        return Ok(());
    }
    Err(Fault::modelled("InvalidName", format!("Invalid Name: '{name}'")))
}

fn allowed(character: char) -> bool {
    match character {
        '<' | '>' | '{' | '}' | '[' | ']' | '?' | '*' => false,
        '"' | '#' | '%' | '\\' | '^' | '|' | '~' | '`' | '$' | '&' | ',' | ';' | ':' | '/' => false,
        '\u{FFFE}' | '\u{FFFF}' | '\u{10FFFF}' => false,
        _ => !character.is_whitespace() && !character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, good: bool| assert_eq!(super::check(name).is_ok(), good, "{name:?}");
        for name in ["a", "activity.name.v2", "A-b_c.9", "+!@()='", "größe", "日本"] {
            check(name, true);
        }
        for name in ["a b", "a\tb", "a\u{a0}b", "a\u{7f}", "a\u{85}", "\u{FFFE}"] {
            check(name, false);
        }
        for character in r##"<>{}[]?*"#%\^|~`$&,;:/"##.chars() {
            check(&format!("a{character}b"), false);
        }
    }

    #[test]
    fn the_error_quotes_the_name() {
        let fault = super::check("a b").unwrap_err();
        assert_eq!(fault, Fault::modelled("InvalidName", "Invalid Name: 'a b'"));
    }
}
