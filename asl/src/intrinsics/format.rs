//! `States.Format(template, value, ...)`: the template with each `{}` replaced by the next value.
//!
//! `\{`, `\}`, `\'` and `\\` in the template stand for the character itself. Values are shown as Java shows them:
//! strings bare, objects as `{a=1}` (recorded).

use serde_json::Value;

use super::{Arguments, arguments::Refusal};
use crate::java_text;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let template = arguments.string()?;
    let values = arguments.rest();
    let mut unused = values.iter();
    let mut text = String::with_capacity(template.len());
    let mut placeholders = 0_usize;
    let mut characters = template.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next_if(|next| matches!(next, '\'' | '{' | '}' | '\\')) {
                Some(escaped) => text.push(escaped),
                None => text.push('\\'),
            },
            '{' if characters.next_if_eq(&'}').is_some() => {
                placeholders += 1;
                if let Some(value) = unused.next() {
                    text.push_str(&java_text::display(value));
                }
            }
            c => text.push(c),
        }
    }
    if placeholders != values.len() {
        return Err(format!(
            "The template has {placeholders} occurrences of {{}}, but {} arguments follow it",
            values.len()
        ));
    }
    Ok(text.into())
}
