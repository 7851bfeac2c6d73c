//! Values as AWS prints them: JSON as Jackson writes it, and Java's own `toString` of maps, lists and numbers.
//!
//! Differs from serde_json in floating-point numbers (`1.0E10`) and in the case of `\u001B`.

use std::{fmt::Write as _, io};

use serde::Serialize;
use serde_json::{Number, Value, ser::Formatter};

/// Compact JSON, as Jackson writes it.
pub(crate) fn json(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Jackson);
    value.serialize(&mut serializer).expect("writing a JSON value to memory cannot fail");
    String::from_utf8(bytes).expect("a serializer of JSON writes UTF-8")
}

/// The value as Java's `String.valueOf` shows it: strings bare, objects as `{a=1, b=[]}`.
///
/// Recorded: `States.Format('{}', $.x)` with `{"Arg1": 1, "Arg2": []}` gives `{Arg1=1, Arg2=[]}`.
pub(crate) fn display(value: &Value) -> String {
    let mut text = String::new();
    write_display(&mut text, value);
    text
}

fn write_display(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number_text(number)),
        Value::String(string) => text.push_str(string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_display(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                text.push_str(name);
                text.push('=');
                write_display(text, field);
            }
            text.push('}');
        }
    }
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => double_text(float),
        _ => number.to_string(),
    }
}

/// Java's `Double.toString`: plain notation from 1e-3 up to 1e7, else `d.dddE±n`, with the fewest digits that
/// read back as the same number.
fn double_text(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let text = float.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let scientific = format!("{float:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => scientific,
    }
}

/// Jackson's writing of JSON, where it differs from serde_json's.
struct Jackson;

impl Formatter for Jackson {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(double_text(value).as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: serde_json::ser::CharEscape,
    ) -> io::Result<()> {
        use serde_json::ser::CharEscape;
        let escaped: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"\\/",
            CharEscape::Backspace => b"\\b",
            CharEscape::FormFeed => b"\\f",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => {
                let mut text = String::with_capacity(6);
                write!(text, "\\u{byte:04X}").map_err(io::Error::other)?;
                return writer.write_all(text.as_bytes());
            }
        };
        writer.write_all(escaped)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_java_prints_them() {
        for (value, as_json, as_text) in [
            (json!(null), "null", "null"),
            (json!(true), "true", "true"),
            (json!(1), "1", "1"),
            (json!(u64::MAX), "18446744073709551615", "18446744073709551615"),
            (json!(1.0), "1.0", "1.0"),
            (json!(1.1), "1.1", "1.1"),
            (json!(-0.001), "-0.001", "-0.001"),
            (json!(0.0009), "9.0E-4", "9.0E-4"),
            (json!(9999999.5), "9999999.5", "9999999.5"),
            (json!(1e7), "1.0E7", "1.0E7"),
            (json!(1.25e-10), "1.25E-10", "1.25E-10"),
            (json!("a\"b\\c\u{1b}\n"), "\"a\\\"b\\\\c\\u001B\\n\"", "a\"b\\c\u{1b}\n"),
            (json!([1, "a", null]), r#"[1,"a",null]"#, "[1, a, null]"),
            (json!({"Arg1": 1, "Arg2": []}), r#"{"Arg1":1,"Arg2":[]}"#, "{Arg1=1, Arg2=[]}"),
        ] {
            assert_eq!((json(&value).as_str(), display(&value).as_str()), (as_json, as_text), "{value}");
        }
    }
}
