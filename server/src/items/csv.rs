//! Text delimited files: an object of texts for each row (developer guide, "How Step Functions parses input CSV files").
//!
//! - A row ends at a line feed, a carriage return, or both; rows without anything in them are skipped.
//! - A field may stand between quotation marks, within which delimiters and line ends are text. Two quotation marks are one, there and in
//!   fields without.
//! - A backslash makes the backslash, quotation mark or delimiter after it text. Before anything else it is dropped.
//! - A row that is too short has empty texts for the rest; what a row has beyond the names is left out.

use bytes::Bytes;

use super::ITEM_BYTES_MAX;
use super::format::{Step, malformed};
use super::object::Object;
use crate::s3::Failure;

/// AWS: "headers of up to 10 KiB".
const HEADER_BYTES_MAX: usize = 10 << 10;

/// Splits a file into the objects of its rows.
#[derive(Debug)]
pub(super) struct Rows {
    delimiter: u8,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    /// Its name as a JSON text with its colon.
    name: Vec<u8>,
    /// A column of the same name comes after it, whose values are taken.
    is_hidden: bool,
}

impl Rows {
    /// Rows whose columns have these names.
    pub(super) fn new(delimiter: u8, names: &[String]) -> Result<Self, String> {
        if names.iter().map(String::len).sum::<usize>() > HEADER_BYTES_MAX {
            return Err(format!("The names of the columns are longer than {HEADER_BYTES_MAX} bytes"));
        }
        let columns = names.iter().enumerate().map(|(index, name)| Column {
            name: format!("{}:", serde_json::Value::from(name.as_str())).into_bytes(),
            is_hidden: names.iter().skip(index + 1).any(|later| later == name),
        });
        Ok(Self { delimiter, columns: columns.collect() })
    }

    /// Rows whose columns have the names in the first of them, which is consumed.
    pub(super) async fn find(object: &mut Object, delimiter: u8) -> Result<Self, Failure> {
        loop {
            let record = record(object.window(), object.is_ended(), delimiter);
            match record.map_err(|text| malformed(object, &text))? {
                Record::Fields { fields, used } => {
                    let rows = Self::new(delimiter, &fields).map_err(|text| malformed(object, &text))?;
                    object.consume(used);
                    return Ok(rows);
                }
                Record::Blank(used) => object.consume(used),
                Record::End => return Ok(Self { delimiter, columns: Vec::new() }),
                // Quotation marks may double the length of a name.
                Record::More if object.window().len() > 4 * HEADER_BYTES_MAX => {
                    let text = format!("The names of the columns are longer than {HEADER_BYTES_MAX} bytes");
                    return Err(malformed(object, &text));
                }
                Record::More => {
                    object.more().await?;
                }
            }
        }
    }

    /// What is at the beginning of a window.
    pub(super) fn step(&self, window: &[u8], is_ended: bool) -> Result<Step, String> {
        Ok(match record(window, is_ended, self.delimiter)? {
            Record::Fields { fields, used } => Step::Item { value: self.item(&fields), key: None, used },
            Record::Blank(used) => Step::Skip(used),
            Record::More => Step::More,
            Record::End => Step::End,
        })
    }

    fn item(&self, fields: &[String]) -> Bytes {
        let mut item = vec![b'{'];
        for (index, column) in self.columns.iter().enumerate().filter(|(_, column)| !column.is_hidden) {
            if item.len() > 1 {
                item.push(b',');
            }
            item.extend_from_slice(&column.name);
            let field = fields.get(index).map(String::as_str).unwrap_or_default();
            item.extend_from_slice(serde_json::Value::from(field).to_string().as_bytes());
            if item.len() > ITEM_BYTES_MAX {
                break;
            }
        }
        item.push(b'}');
        item.into()
    }
}

enum Record {
    Fields { fields: Vec<String>, used: usize },
    Blank(usize),
    More,
    End,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
}

/// The record at the beginning of a window.
fn record(window: &[u8], is_ended: bool, delimiter: u8) -> Result<Record, String> {
    if window.is_empty() {
        return Ok(if is_ended { Record::End } else { Record::More });
    }
    let mut fields = Vec::new();
    let mut field = Vec::new();
    let mut place = Place::FieldStart;
    let mut at = 0;
    while let Some(&byte) = window.get(at) {
        let next = window.get(at + 1).copied();
        // What these mean depends on what follows them.
        if next.is_none() && !is_ended && matches!(byte, b'\\' | b'"' | b'\r') {
            return Ok(Record::More);
        }
        at += 1;
        match byte {
            b'\\' => {
                if let Some(escaped) = next.filter(|next| matches!(next, b'\\' | b'"') || *next == delimiter)
                {
                    field.push(escaped);
                    at += 1;
                }
                place = if place == Place::FieldStart { Place::Plain } else { place };
            }
            b'"' if place == Place::FieldStart => place = Place::Quoted,
            b'"' if next == Some(b'"') => {
                field.push(b'"');
                at += 1;
            }
            b'"' if place == Place::Quoted => place = Place::Plain,
            _ if place == Place::Quoted => field.push(byte),
            _ if byte == delimiter => {
                fields.push(text(std::mem::take(&mut field))?);
                place = Place::FieldStart;
            }
            b'\n' | b'\r' => {
                let used = if byte == b'\r' && next == Some(b'\n') { at + 1 } else { at };
                return finish(fields, field, place, used);
            }
            _ => {
                field.push(byte);
                place = Place::Plain;
            }
        }
    }
    match (is_ended, place) {
        (false, _) => Ok(Record::More),
        (true, Place::Quoted) => Err("The object ends within quotation marks".to_owned()),
        (true, _) => finish(fields, field, place, at),
    }
}

fn finish(mut fields: Vec<String>, field: Vec<u8>, place: Place, used: usize) -> Result<Record, String> {
    if fields.is_empty() && place == Place::FieldStart {
        return Ok(Record::Blank(used));
    }
    fields.push(text(field)?);
    Ok(Record::Fields { fields, used })
}

fn text(field: Vec<u8>) -> Result<String, String> {
    String::from_utf8(field).map_err(|_| "A row is no UTF-8".to_owned())
}
