//! Why a log can't be opened, and the one failure that a poisoned log repeats.

use std::io;
use std::path::PathBuf;

/// Why a log can't be opened. Nothing is changed on disk when one is returned for damage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another handle in this one, has the log open.
    #[error("the log in {} is in use by another process", folder.display())]
    Locked {
        /// The log's folder.
        folder: PathBuf,
    },
    /// Bytes that were known to be durable aren't what was written.
    #[error(
        "{} is damaged at offset {offset}: {reason}; it was durable once, so this is no torn write and isn't repaired. \
         Restore this node from a backup, or let it join again with an empty data folder",
        file.display()
    )]
    Damaged {
        /// The damaged segment.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A segment that the log needs isn't there.
    #[error("{} is missing: {reason}", file.display())]
    Missing {
        /// The missing segment.
        file: PathBuf,
        /// How that is known.
        reason: String,
    },
    /// A segment was written by a release that this one can't read.
    #[error("{} has format {version}, which this release doesn't read", file.display())]
    Version {
        /// The segment.
        file: PathBuf,
        /// Its format.
        version: u32,
    },
    /// The options contradict each other.
    #[error("bad log options: {0}")]
    Options(&'static str),
    /// The file system failed.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What it answered.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> OpenError {
        let path = path.into();
        move |source| OpenError::Io { doing, path, source }
    }
}

/// The error that poisoned a log; `io::Error` itself can't be repeated.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    kind: io::ErrorKind,
    text: String,
}

impl Failure {
    pub(super) fn of(error: &io::Error) -> Failure {
        Failure { kind: error.kind(), text: format!("the write-ahead log has failed: {error}") }
    }

    pub(super) fn closed() -> Failure {
        Failure { kind: io::ErrorKind::BrokenPipe, text: "the write-ahead log is closed".to_owned() }
    }

    pub(super) fn error(&self) -> io::Error {
        io::Error::new(self.kind, self.text.clone())
    }
}

/// Whether the error says that there is no space left for this process.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
