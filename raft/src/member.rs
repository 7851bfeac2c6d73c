//! A node as the other nodes know it.

/// A member of the cluster. Its name is stable; its Raft id isn't, since a recreated data folder gets a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Member {
    /// Name of the node.
    pub name: String,
    /// `host:port` of its node port.
    pub addr: String,
}

impl std::fmt::Display for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.name, self.addr)
    }
}
