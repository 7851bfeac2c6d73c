//! Pages, from the contract to the engine; and the clock by which page tokens expire.

use std::time::{SystemTime, UNIX_EPOCH};

use keepstep_engine::id::Timestamp;
use keepstep_engine::query::PageRequest;

/// Which page is asked for.
pub(super) fn request(max_results: u32, next_token: String) -> PageRequest {
    PageRequest { size: max_results, token: next_token }
}

/// This node's wall clock: good enough for tokens that live for a day.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
