//! Versions of a state machine, and the aliases that refer to them.

/// A version: a revision under a number. Immutable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Version {
    /// The number of the revision that it is a snapshot of.
    #[prost(uint64, tag = "1")]
    pub revision: u64,
    /// As given; empty for none.
    #[prost(string, tag = "2")]
    pub description: String,
    /// When it was published: milliseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub created_ms: i64,
}

/// An alias.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Alias {
    /// As given; empty for none.
    #[prost(string, tag = "1")]
    pub description: String,
    /// One or two versions, in the order that they were given in.
    #[prost(message, repeated, tag = "2")]
    pub routes: Vec<Route>,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub created_ms: i64,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub updated_ms: i64,
}

impl Alias {
    /// Whether a part of its executions, be it 0 %, is of this version.
    pub fn refers_to(&self, version: u64) -> bool {
        self.routes.iter().any(|route| route.version == version)
    }
}

/// The part of an alias's executions that one version gets.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Route {
    /// The version's number.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// In percent; those of one alias add up to 100.
    #[prost(uint32, tag = "2")]
    pub weight: u32,
}
