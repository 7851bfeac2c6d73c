//! `States.StringSplit(text, delimiters)`: the parts between any of the delimiting characters. Several in a row count
//! as one, and there are no empty parts.

use serde_json::Value;

use super::{Arguments, arguments::Refusal};

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let text = arguments.string()?;
    let delimiters: std::collections::HashSet<char> = arguments.string()?.chars().collect();
    Ok(text.split(|c| delimiters.contains(&c)).filter(|part| !part.is_empty()).collect())
}
