//! openraft's own test suite for storage, over our log and our state.

use std::sync::Arc;

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use tempfile::TempDir;

use crate::log_store::LogStore;
use crate::snapshot::Snapshots;
use crate::state::{Head, Options, State};
use crate::state_machine::StateMachine;
use crate::store::{MemoryStore, SledStore, Store};
use crate::type_config::Types;
use crate::wal;

struct Builder {
    store: fn(&TempDir) -> Arc<dyn Store>,
}

impl StoreBuilder<Types, LogStore, StateMachine, TempDir> for Builder {
    async fn build(&self) -> Result<(TempDir, LogStore, StateMachine), StorageError<Types>> {
        let folder = tempfile::tempdir().expect("a folder");
        let options =
            wal::Options { segment_bytes: 1 << 20, max_entry_bytes: 64 << 10, ..wal::Options::default() };
        let (log, _) =
            LogStore::open(&folder.path().join("log"), options, 1 << 20, 1 << 20).expect("the log opens");
        let snapshots = Snapshots::open(folder.path().join("snapshots")).expect("the folder is made");
        let options = Options { overlay_bytes: 1 << 20, hash_interval: 2 };
        let state = Arc::new(State::new((self.store)(&folder), Head::default(), options));
        // The suite applies entries that no log holds.
        state.start_flusher(Arc::new(|| Some(u64::MAX))).expect("the thread starts");
        Ok((folder, log, StateMachine::new(state, Arc::new(snapshots))))
    }
}

fn check(store: fn(&TempDir) -> Arc<dyn Store>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(Suite::test_all(Builder { store })).expect("openraft's suite passes");
}

#[test]
fn openraft_accepts_the_log_and_a_state_in_memory() {
    check(|_| Arc::new(MemoryStore::default()));
}

#[test]
fn openraft_accepts_the_log_and_a_state_in_sled() {
    check(|folder| Arc::new(SledStore::open(&folder.path().join("view"), 1 << 20).expect("sled opens")));
}
