//! A switch between this node and the others, for tests: requests to a peer that is cut off fail as if it were unreachable.
//! It never delays or changes a request.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Cuts a node off from peers, by name. Both directions of a link are cut by cutting it at both ends.
#[derive(Clone, Debug, Default)]
pub struct FaultHook {
    cut: Arc<RwLock<HashSet<String>>>,
}

impl FaultHook {
    /// Requests to `peer` fail from now on.
    pub fn cut(&self, peer: &str) {
        self.cut.write().unwrap_or_else(PoisonError::into_inner).insert(peer.to_owned());
    }

    /// Requests to `peer` go through again.
    pub fn heal(&self, peer: &str) {
        self.cut.write().unwrap_or_else(PoisonError::into_inner).remove(peer);
    }

    /// Whether requests to `peer` fail.
    #[must_use]
    pub fn is_cut(&self, peer: &str) -> bool {
        self.cut.read().unwrap_or_else(PoisonError::into_inner).contains(peer)
    }
}
