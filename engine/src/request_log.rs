//! The outcomes of recent requests: after an unknown result the retry gets the first outcome, and nothing is done twice.

use crate::draft::Draft;
use crate::id::{RequestId, Timestamp};
use crate::key;
use crate::record::{Outcome, outcome::Answer};
use crate::view::ViewError;

/// The answer that a request was given before, if that is less than one to two buckets of time ago. Guards its absence, so that two
/// tries decided at once can't both commit; also in the next bucket, where a try that was decided later may have committed sooner.
pub fn find(draft: &mut Draft<'_>, now: Timestamp, request: RequestId) -> Result<Option<Answer>, ViewError> {
    for bucket in [0, -1, 1] {
        let time = Timestamp(now.0 + bucket * key::REQUEST_BUCKET_MS);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Origin;
    use crate::memory::Memory;
    use crate::record::outcome::Done;

    #[test]
    fn of_two_tries_decided_at_once_one_commits_even_across_buckets() {
        let request = RequestId::from_bytes([7; 16]);
        let late = Timestamp(key::REQUEST_BUCKET_MS * 5 - 1);
        let next = Timestamp(key::REQUEST_BUCKET_MS * 5);
        for order in [[late, next], [next, late], [late, late]] {
            let mut memory = Memory::default();
            let decided = order.map(|now| {
                let mut draft = Draft::new(&memory);
                assert_eq!(find(&mut draft, now, request).expect("readable"), None);
                keep(&mut draft, now, request, Answer::Done(Done {}));
                draft.finish(Origin("Test"), ()).transaction.expect("it writes")
            });
            let committed = decided.map(|transaction| memory.apply(&transaction));
            assert_eq!(committed, [true, false], "{order:?}");
        }
    }
}
