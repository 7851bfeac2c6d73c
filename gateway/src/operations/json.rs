//! The forms that AWS's JSON answers share: times, payloads, and members that stand for absent ones.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::decode::{Members, Value};

/// An answer without members.
pub(super) fn empty() -> Vec<u8> {
    b"{}".to_vec()
}

/// An answer.
pub(super) fn body<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).expect("answers have string keys and no failing parts")
}

/// A time in milliseconds, shown as AWS does: epoch seconds with a fraction.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact to the millisecond for the next 285,000 years.
        #[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        serializer.serialize_f64(self.0 as f64 / 1_000.0)
    }
}

/// A payload as text. Nodes keep UTF-8 only; anything else shows as replacement characters rather than as a failure.
pub(super) fn text(payload: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(payload)
}

/// A text, where the empty one stands for none.
pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Whether an answer shows definitions, inputs and outputs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IncludedData {
    All,
    MetadataOnly,
}

impl IncludedData {
    pub(super) fn of(members: &Members) -> Self {
        match members.get("includedData") {
            Some(Value::Text(text)) if text == "METADATA_ONLY" => Self::MetadataOnly,
            _ => Self::All,
        }
    }
}

/// How data at rest is encrypted: by keys that aren't the user's affair.
#[derive(Serialize)]
pub(super) struct EncryptionConfiguration {
    r#type: &'static str,
}

impl EncryptionConfiguration {
    pub(super) const OWNED: Self = Self { r#type: "AWS_OWNED_KEY" };
}
