//! Which lists an execution stands in: its state machine's or map run's, and those of the version and the alias that started it.

use bytes::Bytes;

use crate::id::{ExecutionId, MachineId, Timestamp};
use crate::key;
use crate::record::Head;

/// The keys of all lists. Empty if the record is damaged.
pub(crate) fn of(head: &Head, execution: ExecutionId) -> Vec<Bytes> {
    let Some(list) = head.listed_under() else { return Vec::new() };
    let mut keys = of_qualifiers(head, execution);
    keys.push(key::listing(list, head.status(), Timestamp(head.started_ms), execution));
    keys
}

/// The keys of the lists of the version and the alias.
pub(crate) fn of_qualifiers(head: &Head, execution: ExecutionId) -> Vec<Bytes> {
    let Some(machine) = MachineId::from_slice(&head.machine) else { return Vec::new() };
    let version = (head.version != 0).then(|| head.version.to_string());
    let alias = (!head.alias.is_empty()).then(|| head.alias.clone());
    let started = Timestamp(head.started_ms);
    let qualifiers = version.into_iter().chain(alias);
    qualifiers
        .map(|qualifier| key::qualified_listing(machine, &qualifier, head.status(), started, execution))
        .collect()
}
