//! Whether the view on disk can be trusted, as far as the way the node stopped tells: sled may open cleanly and be wrong after a loss
//! of power, so a view whose node didn't stop cleanly is trusted only within the same boot of the machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable_file;

const FILE: &str = "view-marker";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// How the last node that used the folder stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastStop {
    /// The folder was never used.
    Never,
    /// Everything was synced.
    Clean,
    /// It was killed, and the machine has run since then.
    Killed,
    /// It stopped with the machine, or nobody knows.
    PowerLost,
    /// The node found that its state differs from the other replicas'.
    Quarantined,
}

pub(crate) struct ViewMarker {
    path: PathBuf,
    boot_id: String,
}

impl ViewMarker {
    /// How the last node stopped.
    pub(crate) fn read(folder: &Path) -> io::Result<(ViewMarker, LastStop)> {
        // Elsewhere than on Linux every unclean stop counts as a loss of power.
        let boot_id = fs::read_to_string(BOOT_ID).map(|id| id.trim().to_owned()).unwrap_or_default();
        let marker = ViewMarker { path: folder.join(FILE), boot_id };
        let last = match fs::read_to_string(&marker.path) {
            Ok(text) => marker.judge(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => LastStop::Never,
            Err(error) => return Err(error),
        };
        Ok((marker, last))
    }

    fn judge(&self, text: &str) -> LastStop {
        match text.split_once(' ') {
            Some(("clean", _)) => LastStop::Clean,
            Some(("running", boot_id)) if boot_id == self.boot_id && !boot_id.is_empty() => LastStop::Killed,
            Some(("quarantined", _)) => LastStop::Quarantined,
            _ => LastStop::PowerLost,
        }
    }

    /// The view is in use from now on.
    pub(crate) fn running(&self) -> io::Result<()> {
        self.write("running")
    }

    /// The view is complete and on disk.
    pub(crate) fn clean(&self) -> io::Result<()> {
        self.write("clean")
    }

    /// The view is wrong.
    pub(crate) fn quarantined(&self) -> io::Result<()> {
        self.write("quarantined")
    }

    fn write(&self, word: &str) -> io::Result<()> {
        durable_file::write_durably(&self.path, format!("{word} {}", self.boot_id).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clean_stop_or_the_same_boot_is_trusted() {
        let folder = tempfile::tempdir().expect("a folder");
        let last = || ViewMarker::read(folder.path()).expect("readable").1;
        assert_eq!(last(), LastStop::Never);
        let (marker, _) = ViewMarker::read(folder.path()).expect("readable");
        marker.running().expect("written");
        assert_eq!(last(), LastStop::Killed);
        marker.clean().expect("written");
        assert_eq!(last(), LastStop::Clean);
        marker.quarantined().expect("written");
        assert_eq!(last(), LastStop::Quarantined);
        for text in ["running another-boot", "running ", "", "nonsense"] {
            fs::write(folder.path().join(FILE), text).expect("written");
            assert_eq!(last(), LastStop::PowerLost, "{text:?}");
        }
    }
}
