//! `States.Base64Encode(text)`: the text's UTF-8 bytes in Base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Arguments, arguments::Refusal};

/// AWS's limit, in characters.
const TEXT_MAX: usize = 10_000;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let text = arguments.string()?;
    if text.chars().count() > TEXT_MAX {
        return Err(format!("The text must not have more than {TEXT_MAX} characters"));
    }
    Ok(STANDARD.encode(text).into())
}
