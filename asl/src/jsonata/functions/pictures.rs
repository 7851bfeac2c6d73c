//! Looks at the numbers, texts and picture strings of the functions that write and read by pictures, before they are
//! called: the evaluator's arithmetic overflows on sizes that no real picture has. Formats and parses nothing itself.
//!
//! Reasons name what the evaluator would do, since the bounds are its own: powers of ten in 64 bits, days that a date
//! can be moved by, digits that a formatted number may have.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};

/// Bytes of a picture. Real ones have dozens.
const PICTURE_BYTES_MAX: usize = 1024;
/// Bytes of a number in words or digits that is read by a picture.
const NUMBER_BYTES_MAX: usize = 1024;
/// Bytes of a timestamp that is read by a picture.
const TIMESTAMP_BYTES_MAX: usize = 256;
/// Digits of a year: it is cut by a power of ten, which must fit 64 bits.
const YEAR_DIGITS_MAX: usize = 18;
/// Characters of any other part of a date: it is filled up with zeros.
const WIDTH_MAX: usize = 256;
/// Milliseconds from 1970 that dates are written for, about 250,000 years: the weeks around them are dates, too.
const MILLIS_MAX: f64 = 8e15;
/// Digits of a timezone to write a date in, such as `+0530`: the date stays one.
const TIMEZONE_DIGITS_MAX: usize = 6;
/// Digits that may be read as hours from UTC, and are turned into milliseconds. Fractions of a second may look like it.
const OFFSET_DIGITS_MAX: usize = 11;
/// Digits of a day of the year: a date is moved by that many days.
const DAY_DIGITS_MAX: usize = 10;
/// Digits of an hour by a twelve-hour clock, to which 12 are added.
const HOUR_DIGITS_MAX: usize = 18;
/// Letters of a number written as in the columns of a spreadsheet: 26 to that power, for each character's code.
const LETTERS_MAX: usize = 10;
/// Number that is written in words: beyond it, the words for what rounding left over multiply.
const WORDS_NUMBER_MAX: f64 = 1e60;

/// Place in a text, or number of characters: the sum of two and a text's length fits 64 bits.
const PLACE_MAX: f64 = 4e18;

/// Parts of a date that are numbers, by their letters in a picture.
const NUMERIC_PARTS: &str = "YMDdFWwXxHhmsf";
/// Letters that a search without regard to case takes for `s` and `k`, although they aren't ASCII.
const FOLDED_TO_ASCII: [char; 2] = ['\u{17F}', '\u{212A}'];

fn refuse(function: &str, problem: &str) -> EvaluatorError {
    EvaluatorError::EvaluationError(format!("Function \"{function}\": {problem}"))
}

fn texts(args: &[JValue]) -> impl Iterator<Item = &str> {
    args.iter().filter_map(JValue::as_str)
}

/// `$fromMillis(millis, picture, timezone)`; the number may be the context.
pub(super) fn from_millis(context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    const NAME: &str = "fromMillis";
    let is_beyond = |number: f64| number.abs() > MILLIS_MAX;
    if args.iter().chain([context]).filter_map(JValue::as_f64).any(is_beyond) {
        return Err(refuse(NAME, "the number of milliseconds is beyond any date"));
    }
    let rest = match args {
        [JValue::String(_), ..] => args,
        args => args.get(1..).unwrap_or_default(),
    };
    if let Some(picture) = rest.first().and_then(JValue::as_str) {
        for marker in markers(NAME, picture)? {
            marker.check_size(NAME)?;
            if marker.part == 'f' && marker.is_name() {
                return Err(refuse(NAME, "fractional seconds have no names"));
            }
        }
    }
    match rest.get(1).and_then(JValue::as_str) {
        Some(timezone) if longest_run(timezone, |c| c.is_ascii_digit()) > TIMEZONE_DIGITS_MAX => {
            Err(refuse(NAME, "the timezone is beyond any offset"))
        }
        _ => Ok(()),
    }
}

/// `$toMillis(timestamp, picture)`; the timestamp may be the context.
pub(super) fn to_millis(context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    const NAME: &str = "toMillis";
    let [timestamp, picture] = match args {
        [timestamp, picture, ..] => [Some(timestamp), Some(picture)],
        [timestamp] => [Some(timestamp), None],
        [] => [Some(context), None],
    }
    .map(|value| value.and_then(JValue::as_str));
    let Some(timestamp) = timestamp else { return Ok(()) };
    let Some(picture) = picture else {
        // The evaluator takes any script's digits for digits of a timestamp.
        return if timestamp.is_ascii() {
            Ok(())
        } else {
            Err(EvaluatorError::EvaluationError(format!(
                "D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given \
                 \"{timestamp}\""
            )))
        };
    };
    if timestamp.len() > TIMESTAMP_BYTES_MAX || timestamp.contains(FOLDED_TO_ASCII) {
        return Err(refuse(NAME, "the timestamp is none that a picture describes"));
    }
    for marker in markers(NAME, picture)? {
        marker.check_size(NAME)?;
        marker.check_readable(NAME, timestamp)?;
    }
    Ok(())
}

/// `$formatInteger(number, picture)`; the number may be the context.
pub(super) fn format_integer(context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    const NAME: &str = "formatInteger";
    check_pictures(NAME, args)?;
    let is_in_words = texts(args).any(|picture| picture.starts_with(['w', 'W']));
    let is_beyond = |number: f64| !number.is_finite() || (is_in_words && number.abs() > WORDS_NUMBER_MAX);
    if args.iter().chain([context]).filter_map(JValue::as_f64).any(is_beyond) {
        return Err(refuse(NAME, "the number is too large to be written"));
    }
    Ok(())
}

/// `$parseInteger(text, picture)`; the text may be the context.
pub(super) fn parse_integer(context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    const NAME: &str = "parseInteger";
    let (text, picture) = match args {
        [text, picture, ..] => (text, picture),
        [picture] => (context, picture),
        [] => return Ok(()),
    };
    let (Some(text), Some(picture)) = (text.as_str(), picture.as_str()) else { return Ok(()) };
    check_pictures(NAME, args)?;
    if text.len() > NUMBER_BYTES_MAX {
        return Err(refuse(NAME, "the text is too long for a number"));
    }
    if picture.starts_with(['a', 'A']) && (text.len() > LETTERS_MAX || !text.is_ascii()) {
        return Err(refuse(NAME, "the text is no number in letters"));
    }
    // The last two bytes of an ordinal are cut off.
    let has_suffix = picture.rsplit_once(';').is_some_and(|(_, modifier)| modifier.starts_with('o'));
    if has_suffix && !text.is_char_boundary(text.len().saturating_sub(2)) {
        return Err(refuse(NAME, "the text is no ordinal number"));
    }
    // What isn't a digit of the picture's script cannot be turned into one, but for the separator that is left out.
    let digits = picture.rsplit_once(';').map_or(picture, |(digits, _)| digits);
    let zero = digits.chars().filter(|c| !c.is_ascii() && c.is_numeric()).map(zero_of).max();
    let is_readable = |c: char, zero: char| {
        (c == ',' && digits.contains(','))
            || u32::from(c).checked_sub(u32::from(zero)).is_some_and(|at| at < 128)
    };
    match zero {
        Some(zero) if !text.chars().all(|c| is_readable(c, zero)) => {
            Err(refuse(NAME, "the text has other digits than the picture"))
        }
        _ => Ok(()),
    }
}

/// `$formatNumber(number, picture, options)`; the number may be the context.
pub(super) fn format_number(context: &JValue, args: &[JValue]) -> Result<(), EvaluatorError> {
    const NAME: &str = "formatNumber";
    check_pictures(NAME, args)?;
    if args.iter().chain([context]).filter_map(JValue::as_f64).any(|number| !number.is_finite()) {
        return Err(refuse(NAME, "the number is too large to be written"));
    }
    let option = |name: &str, default: char| {
        args.iter()
            .find_map(|arg| match arg {
                JValue::Object(options) => options.get(name)?.as_str()?.chars().next(),
                _ => None,
            })
            .unwrap_or(default)
    };
    // The evaluator cuts the text one byte after the separator.
    if !option("decimal-separator", '.').is_ascii() {
        return Err(refuse(NAME, "the decimal separator is none of ASCII's characters"));
    }
    // Groups of no digits, by which the evaluator would divide.
    let grouping = option("grouping-separator", ',');
    if texts(args).any(|picture| picture.contains(&format!("{grouping}E"))) {
        return Err(refuse(NAME, "a grouping separator of the picture has no digits after it"));
    }
    Ok(())
}

/// `$substring(text, start, length)`: the evaluator adds both in 64 bits.
pub(super) fn substring(args: &[JValue]) -> Result<(), EvaluatorError> {
    if args.iter().filter_map(JValue::as_f64).any(|number| number.abs() > PLACE_MAX) {
        return Err(refuse("substring", "the text has no such place"));
    }
    Ok(())
}

fn check_pictures(function: &str, args: &[JValue]) -> Result<(), EvaluatorError> {
    // The first of two texts is the one that is read.
    let picture = texts(args).last().unwrap_or_default();
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(refuse(function, "the picture is too long"));
    }
    Ok(())
}

/// One part of a date as a picture has it, such as `[Y0001]` or `[MNn,3-3]`, without the spaces in it.
struct Marker {
    /// The letter of the part.
    part: char,
    /// How the part is written: `0001`, `Nn`.
    presentation: String,
    /// The part's least and greatest width, as far as they are numbers.
    widths: Vec<usize>,
}

/// What stands between brackets. `[[` is a bracket itself.
fn markers(function: &str, picture: &str) -> Result<Vec<Marker>, EvaluatorError> {
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(refuse(function, "the picture is too long"));
    }
    let mut markers = Vec::new();
    let mut rest = picture;
    while let Some((_, after)) = rest.split_once('[') {
        if let Some(after) = after.strip_prefix('[') {
            rest = after;
            continue;
        }
        // Without a closing bracket the picture is refused by the function itself.
        let Some((inside, after)) = after.split_once(']') else { break };
        rest = after;
        let text: String = inside.split_whitespace().collect();
        let Some(part) = text.chars().next() else { continue };
        if !part.is_ascii_alphabetic() {
            return Err(refuse(function, &format!("the picture has an unknown part [{text}]")));
        }
        let (presentation, width) = text.rsplit_once(',').unwrap_or((&text, ""));
        markers.push(Marker {
            part,
            presentation: presentation.chars().skip(1).collect(),
            widths: width.splitn(2, '-').filter_map(|width| width.parse().ok()).collect(),
        });
    }
    Ok(markers)
}

impl Marker {
    fn is_name(&self) -> bool {
        self.presentation.starts_with(['n', 'N'])
    }

    /// What is written or matched must not be too wide.
    fn check_size(&self, function: &str) -> Result<(), EvaluatorError> {
        let width = self.widths.iter().max().copied().unwrap_or_default();
        let is_too_wide = match self.part {
            'Y' => width.saturating_add(self.presentation.chars().count()) > YEAR_DIGITS_MAX,
            _ => width > WIDTH_MAX,
        };
        if is_too_wide {
            return Err(refuse(function, &format!("the part [{}...] of the picture is too wide", self.part)));
        }
        Ok(())
    }

    /// The timestamp must have nothing that the part could take for a number too large to reckon with.
    fn check_readable(&self, function: &str, timestamp: &str) -> Result<(), EvaluatorError> {
        let unreadable = || {
            Err(refuse(
                function,
                &format!("the part [{}...] of the picture cannot be read from it", self.part),
            ))
        };
        if !self.presentation.is_ascii() {
            return unreadable();
        }
        let is_digit = |c: char| c.is_ascii_digit();
        let digits = match self.part {
            'Z' | 'z' => {
                // Offsets start with a sign.
                let offset = timestamp.find(['+', '-']).map_or("", |at| &timestamp[at..]);
                return if longest_run(offset, is_digit) > OFFSET_DIGITS_MAX { unreadable() } else { Ok(()) };
            }
            'd' => DAY_DIGITS_MAX,
            'h' => HOUR_DIGITS_MAX,
            part if !NUMERIC_PARTS.contains(part) => return Ok(()),
            _ => usize::MAX,
        };
        let is_reckoned_with = digits < usize::MAX;
        match self.presentation.chars().next() {
            Some('a' | 'A') if is_reckoned_with => unreadable(),
            Some('w' | 'W') if is_reckoned_with && !is_small_in_words(timestamp) => unreadable(),
            Some('a' | 'A') if longest_run(timestamp, |c| c.is_ascii_alphabetic()) > LETTERS_MAX => {
                unreadable()
            }
            _ if longest_run(timestamp, is_digit) > digits => unreadable(),
            _ => Ok(()),
        }
    }
}

/// No number in the words of so short a text reaches 10^11: words below `hundred` add up, the others multiply.
fn is_small_in_words(timestamp: &str) -> bool {
    let words = timestamp.to_ascii_lowercase();
    !words.contains("illion")
        && words.matches("thousand").count() <= 1
        && words.matches("hundred").count() <= 2
}

/// The most characters of a kind in a row.
fn longest_run(text: &str, is_kind: impl Fn(char) -> bool) -> usize {
    text.split(|c| !is_kind(c)).map(|run| run.chars().count()).max().unwrap_or_default()
}

/// The zero of the script that a digit belongs to: the lowest of the digits right below it.
fn zero_of(digit: char) -> char {
    let below = |c: char| char::from_u32(u32::from(c).checked_sub(1)?).filter(|c| c.is_numeric());
    std::iter::successors(Some(digit), |c| below(*c)).take(10).last().unwrap_or(digit)
}
