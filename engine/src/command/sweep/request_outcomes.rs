//! Forgets the outcomes of requests that nobody asks for again.

use crate::api_error::Refusal;
use crate::desk::Desk;
use crate::draft::{Decision, Draft, Origin};
use crate::id::Timestamp;
use crate::key;
use crate::view::Direction;

use super::Progress;

const ORIGIN: Origin = Origin("RequestOutcomesOver");

/// The most outcomes in one transaction.
const OUTCOMES_MAX: usize = 1_000;

/// Deletes outcomes of all buckets but the current and the previous one, as far as the bound goes.
///
/// # Errors
///
/// None of the API's.
pub fn sweep(desk: &Desk<'_>) -> Result<Decision<Progress>, Refusal> {
    let mut draft = Draft::new(desk.view);
    let end = key::requests_of(Timestamp(desk.now.0 - key::REQUEST_BUCKET_MS));
    let old = draft.scan(&key::requests(), &end, OUTCOMES_MAX, Direction::Forward)?;
    let progress = if old.len() == OUTCOMES_MAX { Progress::More } else { Progress::Idle };
    for (key, _) in old {
        draft.delete(key);
    }
    Ok(draft.finish(ORIGIN, progress))
}
