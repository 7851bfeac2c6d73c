//! `States.Base64Decode(text)`: the text that Base64 stands for. Bytes that are no UTF-8 become U+FFFD, as in Java.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use super::{Arguments, arguments::Refusal};

/// AWS's limit, in characters.
const TEXT_MAX: usize = 10_000;

/// Java's decoder takes Base64 with or without its padding.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let text = arguments.string()?;
    if text.chars().count() > TEXT_MAX {
        return Err(format!("The text must not have more than {TEXT_MAX} characters"));
    }
    let bytes = DECODER.decode(text).map_err(|error| format!("The text is not valid Base64: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into())
}
