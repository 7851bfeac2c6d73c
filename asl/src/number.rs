//! Order of JSON's numbers and of strings as AWS, written in Java, has it.

use std::cmp::Ordering;

use serde_json::Number;

/// The order of two JSON numbers, whatever their notation: 1 equals 1.0.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        // JSON has neither NaN nor infinity, so that floats always have an order.
        _ => left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal),
    }
}

/// The order of Java's `String.compareTo`: by UTF-16 code units, not by code points.
pub(crate) fn compare_utf16(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// A number as Java's `BigDecimal` reads it: also `.5`, `5.` and `010`. `None` if the text is none, or one too large for a
/// double.
pub(crate) fn lenient(text: &str) -> Option<Number> {
    let is_number =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
    if !is_number {
        return None;
    }
    text.parse()
        .ok()
        .or_else(|| text.parse().ok().map(i64::into))
        .or_else(|| Number::from_f64(text.parse().ok()?))
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value() {
        for (left, right, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("1", "2", Ordering::Less),
            ("-1", "18446744073709551615", Ordering::Less),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("1e3", "1000", Ordering::Equal),
            ("0.1", "0.2", Ordering::Less),
        ] {
            let parse = |text: &str| text.parse::<Number>().expect(text);
            assert_eq!(compare(&parse(left), &parse(right)), expected, "{left} {right}");
        }
    }

    #[test]
    fn strings_are_ordered_by_code_units() {
        assert_eq!(compare_utf16("a", "b"), Ordering::Less);
        assert_eq!(compare_utf16("\u{1F197}", "\u{FFFD}"), Ordering::Less);
        assert_eq!("\u{1F197}".cmp("\u{FFFD}"), Ordering::Greater);
    }
}
