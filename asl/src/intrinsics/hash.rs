//! `States.Hash(data, algorithm)`: the hash of a text in lower-case hexadecimal.

use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{Arguments, arguments::Refusal};

/// AWS's limit, in characters.
const DATA_MAX: usize = 10_000;

pub(super) fn apply(mut arguments: Arguments) -> Result<Value, Refusal> {
    let data = arguments.string()?;
    let algorithm = arguments.string()?;
    if data.chars().count() > DATA_MAX {
        return Err(format!("The data must not have more than {DATA_MAX} characters"));
    }
    let hash = match algorithm.as_str() {
        "MD5" => hex::encode(Md5::digest(data)),
        "SHA-1" => hex::encode(Sha1::digest(data)),
        "SHA-256" => hex::encode(Sha256::digest(data)),
        "SHA-384" => hex::encode(Sha384::digest(data)),
        "SHA-512" => hex::encode(Sha512::digest(data)),
        _ => return Err("The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512".to_owned()),
    };
    Ok(hash.into())
}
