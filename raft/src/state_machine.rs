//! openraft's state machine: hands entries to the state, in order, and snapshots to their folder.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use futures::{Stream, StreamExt};
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::{OptionalSend, RaftSnapshotBuilder};

use crate::metric;
use crate::snapshot::{SnapshotFile, Snapshots};
use crate::state::{PairHasher, State, StateScan};
use crate::type_config::{LogId, Payload, Snapshot, SnapshotMeta, StoredMembership, Types};

/// Those who wait for an index are told at least after this many entries.
const PUBLISH_EVERY: usize = 256;

pub(crate) struct StateMachine {
    state: Arc<State>,
    snapshots: Arc<Snapshots>,
    hasher: PairHasher,
}

impl StateMachine {
    pub(crate) fn new(state: Arc<State>, snapshots: Arc<Snapshots>) -> StateMachine {
        StateMachine { state, snapshots, hasher: PairHasher::default() }
    }

    /// Begins to read the state as of the last applied entry.
    pub(crate) fn scan(&self) -> StateScan {
        self.state.scan()
    }
}

impl RaftStateMachine<Types> for StateMachine {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        let head = self.state.head();
        Ok((head.applied, head.membership))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> Result<(), io::Error>
    where
        Strm: Stream<Item = Result<EntryResponder<Types>, io::Error>> + Unpin + OptionalSend,
    {
        let mut applied = 0;
        while let Some(item) = entries.next().await {
            let (entry, responder) = item?;
            let outcome = match entry.payload {
                Payload::Normal(command) => {
                    let txn =
                        command.txn().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                    let outcome = self
                        .state
                        .apply_txn(entry.log_id, &txn, &mut self.hasher)
                        .map_err(io::Error::other)?;
                    Some(outcome)
                }
                Payload::Blank => {
                    self.state.apply_blank(entry.log_id);
                    None
                }
                Payload::Membership(membership) => {
                    self.state.apply_membership(entry.log_id, membership);
                    None
                }
            };
            if let Some(responder) = responder {
                responder.send(outcome);
            }
            applied += 1;
            if applied % PUBLISH_EVERY == 0 {
                self.state.publish_applied();
            }
            self.state.wait_for_room().await;
        }
        self.state.publish_applied();
        metric::applied_batch(applied);
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        let work = match self.snapshots.take_unreported() {
            Some(ready) => Work::Ready(ready),
            None => Work::Scan(Some(self.scan())),
        };
        SnapshotBuilder { snapshots: Arc::clone(&self.snapshots), work }
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: SnapshotFile,
    ) -> Result<(), io::Error> {
        let started = Instant::now();
        let state = Arc::clone(&self.state);
        let snapshots = Arc::clone(&self.snapshots);
        let expected = meta.last_log_id;
        tokio::task::spawn_blocking(move || {
            let published = snapshots.adopt(snapshot)?;
            if published.head().applied != expected {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the snapshot isn't the one that was announced",
                ));
            }
            published.load_into(&state)
        })
        .await
        .map_err(io::Error::other)??;
        self.state.publish_applied();
        metric::snapshot_installed(started.elapsed());
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        Ok(self.snapshots.current().map(into_openraft))
    }
}

enum Work {
    /// It is built already.
    Ready(SnapshotFile),
    /// It is to be built from this; `None` once that was done.
    Scan(Option<StateScan>),
}

pub(crate) struct SnapshotBuilder {
    snapshots: Arc<Snapshots>,
    work: Work,
}

impl RaftSnapshotBuilder<Types> for SnapshotBuilder {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let scan = match &mut self.work {
            Work::Ready(file) => return Ok(into_openraft(file.clone())),
            Work::Scan(scan) => {
                scan.take().ok_or_else(|| io::Error::other("a snapshot builder was used twice"))?
            }
        };
        let snapshots = Arc::clone(&self.snapshots);
        let file =
            tokio::task::spawn_blocking(move || snapshots.build(scan)).await.map_err(io::Error::other)??;
        self.snapshots.take_unreported();
        Ok(into_openraft(file))
    }
}

fn into_openraft(file: SnapshotFile) -> Snapshot {
    let head = file.head();
    let meta = SnapshotMeta { last_log_id: head.applied, last_membership: head.membership.clone() };
    Snapshot { meta, snapshot: file }
}
