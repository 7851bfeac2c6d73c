//! Who a data folder belongs to: one small file, written when the folder is made and when the cluster is known, always durably. A
//! folder keeps its Raft id for ever; a recreated folder gets another, so that a node that lost its log never votes as if it
//! remembered.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use prost::Message;

use crate::durable_file;

const FILE: &str = "identity";
const FORMAT: u32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(string, tag = "2")]
    node_name: String,
    #[prost(fixed64, tag = "3")]
    raft_id: u64,
    /// Empty while the node belongs to no cluster.
    #[prost(string, tag = "4")]
    cluster_id: String,
}

/// The identity of an open folder.
pub(crate) struct Identity {
    path: PathBuf,
    node_name: String,
    raft_id: u64,
    cluster_id: Mutex<Option<String>>,
}

/// Why an identity can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it can't be understood: {0}")]
    Malformed(String),
}

impl Identity {
    /// Reads the folder's identity, if it has one.
    pub(crate) fn read(folder: &Path) -> Result<Option<Identity>, Error> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let record = Record::decode(bytes.as_slice()).map_err(|error| Error::Malformed(error.to_string()))?;
        if record.format != FORMAT || record.node_name.is_empty() || record.raft_id == 0 {
            return Err(Error::Malformed(format!(
                "format {}, and this release knows {FORMAT}",
                record.format
            )));
        }
        Ok(Some(Identity {
            path,
            node_name: record.node_name,
            raft_id: record.raft_id,
            cluster_id: Mutex::new(Some(record.cluster_id).filter(|id| !id.is_empty())),
        }))
    }

    /// Gives the folder an identity with a fresh Raft id.
    pub(crate) fn create(folder: &Path, node_name: &str) -> io::Result<Identity> {
        // 0 stands for 'none' in messages.
        let raft_id = random()?.max(1);
        let identity = Identity {
            path: folder.join(FILE),
            node_name: node_name.to_owned(),
            raft_id,
            cluster_id: Mutex::new(None),
        };
        identity.write(None)?;
        Ok(identity)
    }

    pub(crate) fn node_name(&self) -> &str {
        &self.node_name
    }

    pub(crate) fn raft_id(&self) -> u64 {
        self.raft_id
    }

    pub(crate) fn cluster_id(&self) -> Option<String> {
        self.lock().clone()
    }

    /// Whether the node belongs to this cluster. A node that belongs to none joins it, durably.
    pub(crate) fn belongs_to(&self, cluster_id: &str) -> io::Result<bool> {
        let mut current = self.lock();
        if let Some(current) = &*current {
            return Ok(current == cluster_id);
        }
        if cluster_id.is_empty() {
            return Ok(false);
        }
        self.write(Some(cluster_id))?;
        *current = Some(cluster_id.to_owned());
        Ok(true)
    }

    fn write(&self, cluster_id: Option<&str>) -> io::Result<()> {
        let record = Record {
            format: FORMAT,
            node_name: self.node_name.clone(),
            raft_id: self.raft_id,
            cluster_id: cluster_id.unwrap_or_default().to_owned(),
        };
        durable_file::write_durably(&self.path, &record.encode_to_vec())
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.cluster_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fresh id for a cluster.
pub(crate) fn new_cluster_id() -> io::Result<String> {
    Ok(format!("{:016x}{:016x}", random()?, random()?))
}

fn random() -> io::Result<u64> {
    getrandom::u64().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_identity() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Identity::read(folder.path()).expect("readable").is_none());
        let made = Identity::create(folder.path(), "n1").expect("made");
        assert_eq!(made.cluster_id(), None);
        assert!(!made.belongs_to("").expect("written"));
        assert!(made.belongs_to("c1").expect("written"));
        assert!(!made.belongs_to("c2").expect("written"));

        let read = Identity::read(folder.path()).expect("readable").expect("there");
        assert_eq!(
            (read.node_name(), read.raft_id(), read.cluster_id()),
            ("n1", made.raft_id(), Some("c1".to_owned()))
        );
    }

    #[test]
    fn another_folder_has_another_raft_id() {
        let (a, b) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let a = Identity::create(a.path(), "n1").expect("made");
        let b = Identity::create(b.path(), "n1").expect("made");
        assert_ne!(a.raft_id(), b.raft_id());
    }

    #[test]
    fn nonsense_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        for content in [&b"\xff\xff"[..], b""] {
            fs::write(folder.path().join(FILE), content).expect("written");
            assert!(matches!(Identity::read(folder.path()), Err(Error::Malformed(_))));
        }
    }
}
