//! The outcomes of recent requests: after an unknown result the retry gets the first outcome, and nothing is done twice.

use crate::draft::Draft;
use crate::id::{RequestId, Timestamp};
use crate::key;
use crate::record::{Outcome, outcome::Answer};
use crate::view::ViewError;

/// The answer that a request was given before, if that is less than one to two buckets of time ago. Guards its absence, so that two
/// tries decided at once can't both commit.
pub fn find(draft: &mut Draft<'_>, now: Timestamp, request: RequestId) -> Result<Option<Answer>, ViewError> {
    for time in [now, Timestamp(now.0 - key::REQUEST_BUCKET_MS)] {
        if let Some(Outcome { answer: Some(answer) }) = draft.get(&key::request(time, request))? {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// Keeps the answer of a request, in the same transaction as what it did.
pub fn keep(draft: &mut Draft<'_>, now: Timestamp, request: RequestId, answer: Answer) {
    draft.put(key::request(now, request), &Outcome { answer: Some(answer) });
}
