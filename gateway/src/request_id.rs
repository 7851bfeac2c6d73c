//! The id of a call: made once before the first try, the same for every try, and kept by the nodes with the call's outcome.

use bytes::Bytes;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The same in each of an SDK's own retries of one call.
const INVOCATION_ID: &str = "amz-sdk-invocation-id";

/// 16 bytes. An SDK's invocation id counts within its account, region and operation only, so that no caller can meet another's call.
pub(crate) fn of(headers: &HeaderMap, account: &str, region: &str, operation: &str) -> [u8; 16] {
    match headers.get(INVOCATION_ID) {
        Some(invocation) if !invocation.is_empty() => {
            digest(&[account.as_bytes(), region.as_bytes(), operation.as_bytes(), invocation.as_bytes()])
        }
        _ => Uuid::new_v4().into_bytes(),
    }
}

/// A name for an execution whose caller gave none: a UUID that follows from the request id, so that every try of a call names the same.
pub(crate) fn execution_name(request_id: &Bytes) -> String {
    uuid::Builder::from_random_bytes(digest(&[b"execution name", request_id])).into_uuid().to_string()
}

/// The lengths keep ("ab", "c") apart from ("a", "bc").
fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part);
    }
    let full: [u8; 32] = hasher.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(full.first_chunk::<16>().expect("32 bytes have a first 16"));
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(invocation: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(INVOCATION_ID),
            http::HeaderValue::from_str(invocation).unwrap(),
        )])
    }

    #[test]
    fn an_invocation_id_counts_within_its_account_region_and_operation() {
        let one = of(&with("i"), "1", "r", "StartExecution");
        assert_eq!(one, of(&with("i"), "1", "r", "StartExecution"));
        for other in [
            of(&with("j"), "1", "r", "StartExecution"),
            of(&with("i"), "2", "r", "StartExecution"),
            of(&with("i"), "1", "s", "StartExecution"),
            of(&with("i"), "1", "r", "StopExecution"),
            of(&with("i"), "1r", "", "StartExecution"),
            of(&HeaderMap::new(), "1", "r", "StartExecution"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn without_an_invocation_id_each_call_is_its_own() {
        let headers = HeaderMap::new();
        assert_ne!(of(&headers, "1", "r", "StartExecution"), of(&headers, "1", "r", "StartExecution"));
    }

    #[test]
    fn a_name_follows_from_the_request_id() {
        let name = execution_name(&Bytes::from_static(b"0123456789abcdef"));
        assert_eq!(name, execution_name(&Bytes::from_static(b"0123456789abcdef")));
        assert_ne!(name, execution_name(&Bytes::from_static(b"0123456789abcdeF")));
        assert_eq!(Uuid::parse_str(&name).unwrap().get_version_num(), 4);
    }
}
