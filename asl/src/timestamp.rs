//! Timestamps as ASL writes them: RFC 3339 with an upper-case `T` and, where there is no offset, an upper-case `Z`.

use jiff::Timestamp;

/// Reads an ASL timestamp, such as `2016-03-14T01:59:00Z` or `2016-03-14T01:59:00.123+02:00`; `None` if the text is none.
///
/// At most nine digits of a second's fraction; no leap seconds; offsets up to 18 hours, as Java has them.
pub fn parse(text: &str) -> Option<Timestamp> {
    let rest = digits(text, 4)?.strip_prefix('-')?;
    let rest = digits(rest, 2)?.strip_prefix('-')?;
    let rest = digits(rest, 2)?.strip_prefix('T')?;
    let rest = digits(rest, 2)?.strip_prefix(':')?;
    let rest = digits(rest, 2)?.strip_prefix(':')?;
    if rest.starts_with('6') {
        return None;
    }
    let mut rest = digits(rest, 2)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if !(1..=9).contains(&(fraction.len() - rest.len())) {
            return None;
        }
    }
    if rest != "Z" {
        let offset = rest.strip_prefix(['+', '-'])?;
        let minutes = digits(offset, 2)?.strip_prefix(':')?;
        if !digits(minutes, 2)?.is_empty() || offset > "18:00" {
            return None;
        }
    }
    text.parse().ok()
}

/// The text after its first `count` bytes, if those are ASCII digits.
fn digits(text: &str, count: usize) -> Option<&str> {
    let (first, rest) = text.split_at_checked(count)?;
    first.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_asl_profile_is_read() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("1970-01-01T00:00:01.5Z", Some(1_500)),
            ("1970-01-01T00:00:01.000000Z", Some(1_000)),
            ("1970-01-01T00:00:01.123456789Z", Some(1_123)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1969-12-31T23:00:00.000-01:00", Some(0)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("2023-02-29T00:00:00Z", None),
            ("1970-01-01T00:00:01.1234567891Z", None),
            ("1970-01-01T00:00:01.Z", None),
            ("1970-01-01t00:00:01Z", None),
            ("1970-01-01T00:00:01z", None),
            ("1970-01-01 00:00:01Z", None),
            ("1970-01-01T00:00:01", None),
            ("1970-01-01T00:00:60Z", None),
            ("1970-01-01T24:00:00Z", None),
            ("1970-01-01T00:00:00+0100", None),
            ("1970-01-01T00:00:00+19:00", None),
            ("1970-01-01T00:00:00Z[UTC]", None),
            ("70-01-01T00:00:00Z", None),
            ("", None),
            ("é970-01-01T00:00:00Z", None),
        ] {
            assert_eq!(parse(text).map(|time| time.as_millisecond()), milliseconds, "{text}");
        }
    }
}
