//! Regular expressions as JavaScript reads them, in the syntax of the crate that runs them: its search takes linear time,
//! so that look-around and references to groups are beyond it.

use regex::RegexBuilder;

use super::ParseError;

/// Largest compiled form: compiling takes time in proportion, and so does a search for each byte.
const COMPILED_BYTES_MAX: usize = 512 * 1024;

/// The pattern in the crate's syntax.
///
/// In JavaScript `\d`, `\w` and `\b` know ASCII only, and within `[...]` neither `[` nor `&` means anything.
pub(super) fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => translated.push_str("[0-9]"),
                Some('D') => translated.push_str("[^0-9]"),
                Some('w') => translated.push_str("[0-9A-Za-z_]"),
                Some('W') => translated.push_str("[^0-9A-Za-z_]"),
                Some('b') if !in_class => translated.push_str(r"(?-u:\b)"),
                escaped => translated.extend(std::iter::once('\\').chain(escaped)),
            },
            '[' | '&' | '~' if in_class => translated.extend(['\\', character]),
            _ => {
                in_class = match character {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                translated.push(character);
            }
        }
    }
    translated
}

/// Why a translated pattern cannot be run, in words about the pattern as written.
pub(super) fn problem(written: &str, translated: &str, flags: &str) -> Option<ParseError> {
    let built = RegexBuilder::new(translated)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(COMPILED_BYTES_MAX)
        .build();
    let reason = match built.err()? {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        // The last line says what is wrong, those before it show where.
        error => {
            error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    Some(ParseError { code: None, message: format!("Unsupported regular expression /{written}/: {reason}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_javascript() {
        for (pattern, text, expected) in [
            (r"^\w+$", "é", false),
            (r"^\d$", "٣", false),
            (r"^\W$", "é", true),
            (r"a\b", "aé", true),
            (r"^[\w-\.]+@([\w-]+\.)+[\w-]{2,4}$", "a-b.c@d-e.org", true),
            (r"^[\w.-]+$", "a.b-c_1", true),
            (r"^[^\w\s]$", "-", true),
            (r"^[^\w\s]$", "é", true),
            (r"^[[]$", "[", true),
            (r"^[a&&b]+$", "&a", true),
            (r"^[\[\]]+$", "[]", true),
            (r"^\[\d\]$", "[1]", true),
            (r"^\\d$", r"\d", true),
            (r"^\w{1,250}$", "abc", true),
            (r"^.{1,255}$", "é🆗", true),
        ] {
            let translated = translate(pattern);
            assert_eq!(problem(pattern, &translated, ""), None, "{pattern}");
            let found = regex::Regex::new(&translated).map(|regex| regex.is_match(text));
            assert_eq!(found, Ok(expected), "{pattern} in {text}");
        }
    }

    #[test]
    fn what_takes_long_to_compile_is_refused() {
        for pattern in [r"(a{100}){200}", r"(?i)(\pL{100}){10}", r"(?=a)", r"(a)\1", r"(", r"[z-a]"] {
            assert!(problem(pattern, &translate(pattern), "").is_some(), "{pattern}");
        }
    }
}
