//! Small files that are either whole and durable under their name, or not there: written aside, synced, renamed.
//!
//! It never writes to a published file in place.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// What the name of a file that isn't published yet ends with. Such files can be removed at start.
pub const UNPUBLISHED: &str = ".unpublished";

/// Writes a file durably: afterwards `path` holds `bytes`, and after a crash at any moment either what it held before
/// or `bytes`. One writer per path at a time.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = unpublished(path);
    let mut file = File::create(&aside)?;
    file.write_all(bytes)?;
    publish(&file, &aside, path)
}

/// The path, beside `path`, under which a file is written before [`publish`] gives it its name.
pub fn unpublished(path: &Path) -> PathBuf {
    let mut aside = path.as_os_str().to_owned();
    aside.push(UNPUBLISHED);
    PathBuf::from(aside)
}

/// Syncs `file`, which lies at `aside`, renames it to `path` in the same folder, and makes the name durable.
pub fn publish(file: &File, aside: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(aside, path)?;
    sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// Makes the names in a folder durable: what was created, renamed or removed there.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_what_was_there_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity");
        for content in [b"first".as_slice(), b"the second, longer", b""] {
            write_durably(&path, content).unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["identity"]);
    }

    #[test]
    fn an_interrupted_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity");
        write_durably(&path, b"old").unwrap();
        fs::write(unpublished(&path), b"half of the n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write_durably(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(!unpublished(&path).exists());
    }
}
