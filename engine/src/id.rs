//! Identifiers: short, fixed in size, made of nothing that needs an index to be found.

use std::fmt;

use sha2::{Digest, Sha256};

macro_rules! sixteen_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The identifier in `bytes`, if they are sixteen.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), hex::encode(self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
    };
}

sixteen_bytes! {
    /// An execution: the first 16 bytes of the SHA-256 of its ARN, so that an ARN leads to its keys without an index.
    ExecutionId
}

sixteen_bytes! {
    /// One life of a state machine's name: random, so that a state machine created again shares nothing with its predecessor.
    MachineId
}

sixteen_bytes! {
    /// One life of an activity's name.
    ActivityId
}

sixteen_bytes! {
    /// One call of the API, the same for all its tries.
    RequestId
}

sixteen_bytes! {
    /// The outbox of one target of status changes.
    OutboxId
}

impl OutboxId {
    /// The first 16 bytes of the SHA-256 of what the target is known by, so that every leader finds what waits for it.
    pub fn of_target(target: &str) -> Self {
        Self(digest_of(target))
    }
}

impl ExecutionId {
    /// The identifier of the execution with this ARN.
    pub fn of_arn(arn: &str) -> Self {
        Self(digest_of(arn))
    }
}

fn digest_of(text: &str) -> [u8; 16] {
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    bytes
}

/// A branch of an execution: the root, a Parallel branch, or a Map iteration. Numbered from 0 (the root) in order of creation and
/// never reused within the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchId(pub u64);

impl BranchId {
    /// The branch that runs the state machine's own states.
    pub const ROOT: Self = Self(0);
}

/// A node of the cluster, by the number of its data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u64);

/// Milliseconds since the Unix epoch, by the leader's clock, which never runs behind the last committed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// A name in the form of a UUID, as AWS generates them: derived from what it is for, so that whoever makes it again finds the first.
pub fn derived_uuid(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(32);
    for place in [20, 16, 12, 8] {
        digits.insert(place, '-');
    }
    digits
}
