//! Texts with placeholders: `<anything>` and a few fixed words stand for any text, the same text wherever the same one recurs in a case.

use std::collections::HashMap;

/// Stand for any text, also within ARNs.
const WORDS: [&str; 6] = [
    "snf_role_arn",
    "sfn_role_arn",
    "activity_arn",
    "activity_name",
    "state_machine_alias_name",
    "state_machine_alias_base_name",
];

/// What placeholders stand for in a case, as far as it is known.
pub type Bindings = HashMap<String, String>;

enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// Whether `actual` is what `expected` says; remembers what placeholders stood for if so.
pub(super) fn matches(expected: &str, actual: &str, bindings: &mut Bindings) -> bool {
    let parts = split(expected);
    let mut found = bindings.clone();
    if !walk(&parts, actual, &mut found) {
        return false;
    }
    *bindings = found;
    true
}

fn split(mut text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some((start, end)) = next_placeholder(text) {
        if start > 0 {
            parts.push(Part::Text(&text[..start]));
        }
        parts.push(Part::Placeholder(&text[start..end]));
        text = &text[end..];
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

fn next_placeholder(text: &str) -> Option<(usize, usize)> {
    let bracketed = text.find('<').and_then(|start| {
        let end = start + text[start..].find('>')?;
        // "a < b and c > d" is no placeholder: those hold no spaces.
        (end > start + 1 && !text[start..end].contains(' ')).then_some((start, end + 1))
    });
    let word =
        WORDS.iter().filter_map(|word| Some((text.find(word)?, word.len()))).min_by_key(|(start, length)| {
            // The longer of two words at one place.
            (*start, usize::MAX - *length)
        });
    let word = word.map(|(start, length)| (start, start + length));
    match (bracketed, word) {
        (Some(a), Some(b)) => Some(if a.0 <= b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn walk(parts: &[Part<'_>], actual: &str, bindings: &mut Bindings) -> bool {
    let Some((first, rest)) = parts.split_first() else { return actual.is_empty() };
    match first {
        Part::Text(text) => actual.strip_prefix(text).is_some_and(|left| walk(rest, left, bindings)),
        Part::Placeholder(name) => {
            if let Some(value) = bindings.get(*name).cloned() {
                return actual.strip_prefix(value.as_str()).is_some_and(|left| walk(rest, left, bindings));
            }
            let ends = actual.char_indices().map(|(at, _)| at).skip(1).chain([actual.len()]);
            for end in ends {
                bindings.insert((*name).to_owned(), actual[..end].to_owned());
                if walk(rest, &actual[end..], bindings) {
                    return true;
                }
                bindings.remove(*name);
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_any_text_and_for_the_same_text_again() {
        let cases = [
            ("plain", "plain", true),
            ("plain", "other", false),
            ("arn:<region>:x", "arn:us-east-1:x", true),
            ("<a>-<b>-<a>", "1-2-1", true),
            ("<a>-<b>-<a>", "1-2-3", false),
            ("a < b and c > d", "a < b and c > d", true),
            ("a < b and c > d", "a x d", false),
            ("arn:activity_name", "arn:anything", true),
            ("state_machine_alias_base_name-1", "x-1", true),
        ];
        for (expected, actual, want) in cases {
            assert_eq!(matches(expected, actual, &mut Bindings::new()), want, "{expected} / {actual}");
        }
    }
}
