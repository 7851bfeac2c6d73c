//! Opening the view before Raft sees it: a view that can't be trusted, or that snapshot and log can't be shown to agree with, is wiped
//! and rebuilt from them. The node says so in its log.

use std::path::Path;
use std::sync::Arc;

use crate::log_store::LogStore;
use crate::metric;
use crate::snapshot::Snapshots;
use crate::state::{Found, Head, Options, State, finish_flush, read_store, verify_hash};
use crate::store::{MemoryStore, SledStore, Store};
use crate::view_marker::LastStop;
use crate::{StoreKind, start};

/// After an unclean stop, the hash of a view with at most this many pairs is recomputed when it is opened; a larger one's when the
/// next snapshot is built.
const VERIFY_PAIRS_MAX: u64 = 2_000_000;

const FOLDER: &str = "view";

/// Opens the state of the node in `folder`.
pub(crate) fn open_state(
    folder: &Path,
    kind: StoreKind,
    cache_bytes: u64,
    options: Options,
    log: &LogStore,
    snapshots: &Snapshots,
    last_stop: &LastStop,
) -> Result<State, start::Error> {
    let path = folder.join(FOLDER);
    let io =
        |source: std::io::Error| start::Error::Io { what: "the view can't be rebuilt".to_owned(), source };
    let fault = match kind {
        StoreKind::Sled => match open_sled(&path, cache_bytes, log, snapshots, last_stop) {
            Ok((store, head)) => return Ok(State::new(Arc::new(store), head, options)),
            Err(fault) => fault,
        },
        StoreKind::Memory => Fault::Empty,
    };

    let (purged, _) = log.span();
    let snapshot = snapshots.current();
    let snapshot_index = snapshot.as_ref().and_then(|file| file.head().applied).map(|id| id.index);
    if purged.map(|id| id.index) > snapshot_index {
        return Err(start::Error::Damaged {
            folder: folder.to_owned(),
            reason: format!(
                "the state has to be rebuilt ({fault}), and the log is purged up to {} but the newest readable snapshot \
                 ends at {}; remove the folder's content so that the node joins its cluster anew",
                purged.map_or(0, |id| id.index),
                snapshot_index.map_or_else(|| "nothing".to_owned(), |index| index.to_string()),
            ),
        });
    }
    if let Fault::Distrusted(reason) = &fault {
        tracing::warn!(
            reason,
            snapshot = snapshot_index,
            "the view on disk isn't trusted: it is wiped and rebuilt from the newest snapshot and the log"
        );
        metric::view_rebuilt();
    }
    let store: Arc<dyn Store> = match kind {
        StoreKind::Sled => {
            let failed = |error: crate::store::Error| io(std::io::Error::other(error));
            Arc::new(SledStore::create(&path, cache_bytes).map_err(failed)?)
        }
        StoreKind::Memory => Arc::new(MemoryStore::default()),
    };
    let state = State::new(store, Head::default(), options);
    if let Some(snapshot) = snapshot {
        snapshot.load_into(&state).map_err(io)?;
        state.publish_applied();
    }
    Ok(state)
}

/// Why a view can't be used.
enum Fault {
    /// There is none.
    Empty,
    Distrusted(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Empty => f.write_str("there is none"),
            Fault::Distrusted(reason) => f.write_str(reason),
        }
    }
}

fn open_sled(
    path: &Path,
    cache_bytes: u64,
    log: &LogStore,
    snapshots: &Snapshots,
    last_stop: &LastStop,
) -> Result<(SledStore, Head), Fault> {
    let distrusted = |reason: String| Fault::Distrusted(reason);
    match last_stop {
        LastStop::PowerLost => {
            return Err(distrusted("the node didn't stop cleanly before the machine restarted".to_owned()));
        }
        LastStop::Quarantined => {
            return Err(distrusted("its hash differed from the other replicas'".to_owned()));
        }
        LastStop::Never | LastStop::Clean | LastStop::Killed => {}
    }
    let store = SledStore::open(path, cache_bytes)
        .map_err(|error| distrusted(format!("it can't be opened: {error}")))?;
    let found = read_store(&store).map_err(|error| distrusted(error.to_string()))?.ok_or(Fault::Empty)?;
    agrees_with_log(&found.head, log, snapshots).map_err(distrusted)?;
    let head = complete(&store, found, log)
        .map_err(|error| distrusted(format!("a flush that was interrupted can't be completed: {error}")))?;
    if *last_stop != LastStop::Clean && head.pairs <= VERIFY_PAIRS_MAX {
        verify_hash(&store, &head).map_err(|error| distrusted(error.to_string()))?;
    }
    Ok((store, head))
}

/// Completes the flush that a crash interrupted, if there is one.
fn complete(store: &dyn Store, found: Found, log: &LogStore) -> std::io::Result<Head> {
    let Found { head, flush: Some(flush) } = found else {
        return Ok(found.head);
    };
    let next = head.applied.map_or(0, |id| id.index + 1);
    let end = flush.head().map_err(std::io::Error::other)?.applied.map_or(0, |id| id.index + 1);
    tracing::info!(
        from = next,
        to = end,
        "the view's last flush was interrupted: it is completed from the log"
    );
    finish_flush(store, &flush, log.entries(next..end))
}

/// Whether what the view has applied is known to the log or the snapshot, and the log goes on from there.
fn agrees_with_log(head: &Head, log: &LogStore, snapshots: &Snapshots) -> Result<(), String> {
    let (purged, last) = log.span();
    let snapshot = snapshots.last();
    let Some(applied) = head.applied else {
        return match purged {
            None => Ok(()),
            Some(purged) => Err(format!("it is empty, and the log begins after {}", purged.index)),
        };
    };
    if Some(applied.index) < purged.map(|id| id.index) {
        return Err(format!("it ends at {}, before the log's first entry", applied.index));
    }
    let in_log = log.id_at(applied.index).map_err(|error| format!("the log can't be read: {error}"))?;
    let known = [in_log, purged, snapshot].into_iter().flatten().any(|id| id == applied);
    if known {
        Ok(())
    } else {
        Err(format!(
            "it ends at {} of term {}, which neither the log (up to {}) nor the snapshot knows",
            applied.index,
            *applied.leader_id,
            last.map_or(0, |id| id.index),
        ))
    }
}
