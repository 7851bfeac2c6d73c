//! Sets of tags: checks, merges and removals. Tags are kept in the order of their keys.

use std::collections::BTreeMap;

use crate::api_error::ApiError;
use crate::record::{Tag, Tags};
use crate::retention;

/// `tags` with `added` put over them: of several with one key the last wins.
///
/// # Errors
///
/// `TooManyTags` if there would be more than `most`, `ValidationException` for characters that AWS does not allow.
pub(super) fn merge(tags: Tags, added: &[Tag], most: usize, arn: &str) -> Result<Tags, ApiError> {
    added.iter().try_for_each(check)?;
    let mut merged: BTreeMap<String, String> =
        tags.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    merged.extend(added.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    if merged.len() > most {
        return Err(ApiError {
            resource_name: Some(arn.to_owned()),
            ..ApiError::new("TooManyTags", "You've exceeded the number of tags allowed for a resource.")
        });
    }
    Ok(Tags { tags: merged.into_iter().map(|(key, value)| Tag { key, value }).collect() })
}

/// `tags` without those of `keys`.
pub(super) fn without(mut tags: Tags, keys: &[String]) -> Tags {
    tags.tags.retain(|tag| !keys.contains(&tag.key));
    tags
}

/// The source is the API reference, "TagResource": letters, digits, white space and `_ . : / = + - @`.
fn check(tag: &Tag) -> Result<(), ApiError> {
    let allowed =
        |text: &str| text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c));
    if tag.key.is_empty() {
        return Err(ApiError::validation("Tag keys must not be empty"));
    }
    retention::check(tag)?;
    if !allowed(&tag.key) || !allowed(&tag.value) {
        return Err(ApiError::validation(format!(
            "Tags may only contain Unicode letters, digits, white space, or these symbols: _ . : / = + - @. Found in tag: '{}'",
            tag.key
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
        pairs.iter().map(|(key, value)| Tag { key: (*key).into(), value: (*value).into() }).collect()
    }

    #[test]
    fn tags_are_merged_in_the_order_of_keys() {
        let check = |old: &[(&str, &str)],
                     added: &[(&str, &str)],
                     expected: Result<&[(&str, &str)], &str>| {
            let merged = merge(Tags { tags: tags(old) }, &tags(added), 2, "arn").map_err(|error| error.code);
            assert_eq!(merged, expected.map(|pairs| Tags { tags: tags(pairs) }), "{old:?} {added:?}");
        };
        check(&[], &[], Ok(&[]));
        check(&[], &[("k", "v"), ("k", "w")], Ok(&[("k", "w")]));
        check(&[("b", "1")], &[("a", "")], Ok(&[("a", ""), ("b", "1")]));
        check(&[("a", "1"), ("b", "1")], &[("b", "2")], Ok(&[("a", "1"), ("b", "2")]));
        check(&[("a", "1"), ("b", "1")], &[("c", "2")], Err("TooManyTags"));
        check(&[], &[("", "v")], Err("ValidationException"));
        check(&[], &[("k", "v;")], Err("ValidationException"));
    }
}
