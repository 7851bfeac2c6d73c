//! What the fuzz targets share: how one input of bytes becomes a text and a document, and entropy that repeats.

use keepstep_asl::{Entropy, jackson};
use serde_json::Value;

/// The first line of an input as the text under test, and the rest as the document it is applied to: `null` where the
/// rest is no JSON, so that most mutations of either half stay useful.
pub fn text_and_document(data: &[u8]) -> Option<(&str, Value)> {
    let data = std::str::from_utf8(data).ok()?;
    let (text, document) = data.split_once('\n').unwrap_or((data, ""));
    Some((text, jackson::parse(document).unwrap_or(Value::Null)))
}

/// Always the same bytes: a crash repeats.
pub struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5A);
    }
}
