//! The patterns of `StringMatches`: `*` stands for any text, `\*` for a star, `\\` for a backslash. Matching takes
//! linear time.

/// A compiled pattern: the literal texts between its stars.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wildcard {
    first: String,
    /// After each star, what must follow. Empty if the pattern has no star.
    rest: Vec<String>,
}

impl Wildcard {
    /// Every text is a pattern: before any other character, a backslash stands for itself.
    pub(super) fn new(pattern: &str) -> Wildcard {
        let mut texts = vec![String::new()];
        let mut characters = pattern.chars().peekable();
        while let Some(c) = characters.next() {
            let literal = match c {
                '*' => {
                    texts.push(String::new());
                    continue;
                }
                '\\' => characters.next_if(|next| matches!(next, '*' | '\\')).unwrap_or('\\'),
                c => c,
            };
            if let Some(text) = texts.last_mut() {
                text.push(literal);
            }
        }
        Wildcard { first: texts.remove(0), rest: texts }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((last, middle)) = self.rest.split_last() else {
            return text == self.first;
        };
        let Some(mut remaining) = text.strip_prefix(self.first.as_str()) else {
            return false;
        };
        // The earliest place for each part leaves the most room for those after it.
        for part in middle {
            match remaining.split_once(part.as_str()) {
                Some((_, after)) => remaining = after,
                None => return false,
            }
        }
        remaining.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("log-*.txt", "log-2024.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log.txt", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*a*b*", "xxbxaxxb", true),
            ("*a*b*", "xxbxa", false),
            ("*ab", "aab", true),
            ("**a", "ba", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            (r"a\\*", r"a\bc", true),
            (r"a\\*", "abc", false),
            (r"a\b", r"a\b", true),
            (r"a\", r"a\", true),
            ("é*", "éa", true),
        ] {
            assert_eq!(Wildcard::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn hard_patterns_take_linear_time() {
        let text = "a".repeat(200_000);
        assert!(!Wildcard::new(&"*a".repeat(50_000)).matches(&format!("{text}b")));
        assert!(Wildcard::new(&"a*".repeat(50_000)).matches(&text));
    }
}
