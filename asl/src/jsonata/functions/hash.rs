//! `$hash(text, algorithm)`: the hash of a text in lower-case hexadecimal.

use jsonata_core::{evaluator::EvaluatorError, value::JValue};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::Arguments;

pub(super) fn call(mut arguments: Arguments<'_>) -> Result<JValue, EvaluatorError> {
    let (data, algorithm) = (arguments.text()?, arguments.text()?);
    arguments.end()?;
    let (Some(data), Some(algorithm)) = (data, algorithm) else { return Ok(JValue::Undefined) };
    let hash = match algorithm {
        "MD5" => hex::encode(Md5::digest(data)),
        "SHA-1" => hex::encode(Sha1::digest(data)),
        "SHA-256" => hex::encode(Sha256::digest(data)),
        "SHA-384" => hex::encode(Sha384::digest(data)),
        "SHA-512" => hex::encode(Sha512::digest(data)),
        _ => return Err(arguments.fail("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")),
    };
    Ok(JValue::string(hash))
}
