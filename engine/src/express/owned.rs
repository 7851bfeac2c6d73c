//! Which asynchronous executions a node owns.

use bytes::Bytes;

use crate::draft::decode;
use crate::id::{ExecutionId, NodeId};
use crate::key;
use crate::record::ExpressStart;
use crate::view::{Direction, View, ViewError};

/// Executions that a node owns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// In the order of their keys.
    pub starts: Vec<(ExecutionId, ExpressStart)>,
    /// Where to go on, if there may be more.
    pub next: Option<Bytes>,
}

/// At most `limit` of the executions that a node owns, from a place that the last call gave, or from the first.
///
/// # Errors
///
/// Where a record can't be read.
pub fn owned(view: &dyn View, node: NodeId, from: Option<Bytes>, limit: usize) -> Result<Owned, ViewError> {
    let prefix = key::express_of(node);
    let found = view.scan(
        &from.unwrap_or_else(|| prefix.clone()),
        &key::prefix_end(&prefix),
        limit,
        Direction::Forward,
    )?;
    let next = found.last().filter(|_| found.len() >= limit).map(|(last, _)| key::after(last));
    let mut starts = Vec::with_capacity(found.len());
    for (key, versioned) in found {
        if let Some((_, execution)) = key::parse_express(&key) {
            starts.push((execution, decode(&key, &versioned.value)?));
        }
    }
    Ok(Owned { starts, next })
}

/// The nodes that own executions: one short read for each.
///
/// # Errors
///
/// Where the view can't be read.
pub fn owners(view: &dyn View) -> Result<Vec<NodeId>, ViewError> {
    let end = key::prefix_end(&key::all_express());
    let mut from = key::all_express();
    let mut owners = Vec::new();
    loop {
        let found = view.scan(&from, &end, 1, Direction::Forward)?;
        let Some((node, _)) = found.first().and_then(|(key, _)| key::parse_express(key)) else {
            return Ok(owners);
        };
        owners.push(node);
        from = key::prefix_end(&key::express_of(node));
    }
}
