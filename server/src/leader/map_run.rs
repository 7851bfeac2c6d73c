//! Reads the items of map runs, and writes what their children came to, where `ItemReader` and `ResultWriter` say. Each is a call like that
//! of a task: made at least once, with its result recorded by the map run.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::{Stream, stream};
use keepstep_engine::draft::decode;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::key::{self, CallKey};
use keepstep_engine::map_run::{Outcome, outcomes};
use keepstep_engine::record::{Call, ExecutionStatus, MapItem, MapRunSetup, WaitingItems};
use keepstep_engine::stimulus::CallResult;

use super::Shared;
use crate::items::Item;
use crate::results;
use crate::s3::Failure;

/// The most items that are read by one call.
const ITEMS_MAX: usize = 1_000;
/// The bytes of items after which one call has read enough: they go into one transaction.
const ITEMS_BYTES_MAX: usize = 256 * 1024;
/// The children that are looked up at a time while results are written.
const OUTCOMES_MAX: u64 = 100;
/// The bytes of inputs and outputs after which no more children are looked up at a time.
const OUTCOMES_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The bytes of items after which a group of them is closed.
const GROUP_BYTES_MAX: usize = 64 * 1024;

/// Reads the next items. `None` if the map run can't be read: a result would find nobody.
pub(crate) async fn read_items(shared: &Arc<Shared>, key: CallKey, call: &Call) -> Option<CallResult> {
    let id = key.execution;
    let source = setup(shared, id)?.source;
    let read = shared.outside.items.read(id, &source, &call.cursor, ITEMS_MAX, ITEMS_BYTES_MAX).await;
    Some(match read {
        Ok(batch) => CallResult::ItemsRead {
            items: grouped(batch.items),
            cursor: batch.cursor,
            is_last: batch.is_last,
        },
        Err(Failure { error, cause }) => {
            shared.outside.items.forget(id);
            CallResult::Failed { error, cause }
        }
    })
}

/// Items that follow each other and have the same source share it. A group ends at a size at which reading one item of it stays cheap.
fn grouped(items: Vec<Item>) -> Vec<WaitingItems> {
    let mut groups: Vec<WaitingItems> = Vec::new();
    let mut bytes = 0;
    for Item { value, key, source } in items {
        bytes += value.len();
        if bytes > GROUP_BYTES_MAX || groups.last().is_none_or(|group| *group.source != *source) {
            bytes = value.len();
            groups.push(WaitingItems { items: Vec::new(), source: source.as_ref().to_owned() });
        }
        if let Some(group) = groups.last_mut() {
            group.items.push(MapItem { value, key });
        }
    }
    groups
}

/// Writes what all children came to. `None` if the map run can't be read.
pub(crate) async fn write_results(shared: &Arc<Shared>, key: CallKey, call: &Call) -> Option<CallResult> {
    let id = key.execution;
    let destination = setup(shared, id)?.destination;
    let children = children(Arc::clone(shared), id);
    Some(match shared.outside.results.write(&destination, &call.target, children).await {
        Ok(details) => CallResult::Succeeded(details.to_string().into()),
        Err(Failure { error, cause }) => CallResult::Failed { error, cause },
    })
}

fn setup(shared: &Shared, id: ExecutionId) -> Option<MapRunSetup> {
    let key = key::map_run_setup(id);
    let stored = shared.ledger.view().get(&key).ok()??;
    decode(&key, &stored.value).ok()
}

/// What the children came to, in their order and a bounded number at a time.
fn children(
    shared: Arc<Shared>,
    id: ExecutionId,
) -> impl Stream<Item = Result<Vec<results::Outcome>, Failure>> + Send {
    stream::unfold(VecDeque::from([0]), move |mut next| {
        let shared = Arc::clone(&shared);
        async move {
            let from = next.pop_front()?;
            let on_pool = Arc::clone(&shared);
            let read = move || {
                let found = outcomes(on_pool.ledger.view(), id, from, OUTCOMES_MAX, OUTCOMES_BYTES_MAX);
                found.map(|(found, further)| (found.iter().map(outcome).collect(), further))
            };
            let found = match shared.pool.run(read).await {
                Ok(Ok((found, further))) => {
                    next.extend(further);
                    Ok(found)
                }
                Ok(Err(error)) => Err(Failure::writer(format!("The results can't be read: {error}"))),
                Err(_) => Err(Failure::writer("The node is overloaded")),
            };
            Some((found, next))
        }
    })
}

fn outcome(outcome: &Outcome) -> results::Outcome {
    let status = match outcome.head.status() {
        ExecutionStatus::Succeeded => results::Status::Succeeded,
        ExecutionStatus::Failed => results::Status::Failed,
        ExecutionStatus::TimedOut => results::Status::TimedOut,
        ExecutionStatus::Aborted | ExecutionStatus::Running => results::Status::Aborted,
    };
    results::Outcome { status, metadata: outcome.metadata().to_string().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_share_their_source_with_their_neighbours() {
        let item = |value: &'static str, source: &str| Item {
            value: value.into(),
            key: None,
            source: source.into(),
        };
        let groups = grouped(vec![item("1", "a"), item("2", "a"), item("3", "b"), item("4", "a")]);
        let seen: Vec<_> = groups
            .iter()
            .map(|group| (group.source.as_str(), group.items.len(), group.items[0].value.as_ref()))
            .collect();
        assert_eq!(seen, [("a", 2, &b"1"[..]), ("b", 1, b"3"), ("a", 1, b"4")]);
        assert_eq!(grouped(Vec::new()), []);
    }
}
