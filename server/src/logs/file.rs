//! A file of lines, rotated by size: `log.jsonl` is the newest, `log.jsonl.1` the one before it, and so on. Together they are no larger
//! than what is allowed, and a line more. What is no file, such as a pipe or a terminal, is written to and never renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Of new files: they may hold the data of executions.
const MODE: u32 = 0o640;

/// Where lines go, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileConfig {
    /// The newest file.
    pub(crate) path: PathBuf,
    /// A file that would grow beyond this is rotated.
    pub(crate) bytes_max: u64,
    /// How many are kept, with the newest one.
    pub(crate) files_max: u32,
}

/// The file. It is opened when the first line is written, so that there is none where nothing is logged.
pub(super) struct RotatedFile {
    config: FileConfig,
    /// With its size, which is 0 for what is no file.
    open: Option<(File, u64)>,
}

impl RotatedFile {
    pub(super) fn new(config: FileConfig) -> Self {
        Self { config, open: None }
    }

    /// Writes whole lines.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let bytes = lines.len() as u64;
        let (mut file, mut size) = match self.open.take() {
            Some(open) => open,
            None => open(&self.config.path)?,
        };
        if size > 0 && size.saturating_add(bytes) > self.config.bytes_max {
            drop(file);
            self.rotate()?;
            (file, size) = open(&self.config.path)?;
        }
        // How far a failed write came is not known: the next one opens the file anew.
        file.write_all(lines)?;
        let size = if file.metadata()?.is_file() { size + bytes } else { 0 };
        self.open = Some((file, size));
        Ok(())
    }

    fn rotate(&self) -> io::Result<()> {
        let path = &self.config.path;
        if self.config.files_max <= 1 {
            return fs::remove_file(path);
        }
        for number in (1..self.config.files_max).rev() {
            let older = if number == 1 { path.clone() } else { numbered(path, number - 1) };
            match fs::rename(older, numbered(path, number)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Opens a file to append to it, and gives its size. A line that was not written to its end is ended.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).mode(MODE).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok((file, 0));
    }
    let mut size = file.seek(SeekFrom::End(0))?;
    if size > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size += 1;
        }
    }
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names and texts of all files of a folder.
    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                (name, fs::read_to_string(&path).expect("a file"))
            })
            .collect();
        files.sort();
        files
    }

    fn check(files_max: u32, before: &str, written: &[&str], expected: &[(&str, &str)]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        if !before.is_empty() {
            fs::write(&path, before).expect("a file");
        }
        let mut file = RotatedFile::new(FileConfig { path, bytes_max: 6, files_max });
        for lines in written {
            file.write(lines.as_bytes()).expect("it is written");
        }
        let expected: Vec<_> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(files(folder.path()), expected);
    }

    #[test]
    fn files_are_rotated_by_size() {
        check(3, "", &[], &[]);
        check(3, "", &["1\n", "2\n", "3\n"], &[("log", "1\n2\n3\n")]);
        check(3, "", &["1\n", "2\n", "3\n", "4\n"], &[("log", "4\n"), ("log.1", "1\n2\n3\n")]);
        check(
            3,
            "",
            &["11111\n", "22222\n", "33333\n", "44444\n"],
            &[("log", "44444\n"), ("log.1", "33333\n"), ("log.2", "22222\n")],
        );
        check(1, "", &["11111\n", "22222\n"], &[("log", "22222\n")]);
        check(
            2,
            "",
            &["1\n", "longer than a file\n", "2\n"],
            &[("log", "2\n"), ("log.1", "longer than a file\n")],
        );
    }

    #[test]
    fn what_cannot_be_written_now_may_be_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("later").join("log");
        let mut file = RotatedFile::new(FileConfig { path: path.clone(), bytes_max: 6, files_max: 2 });
        assert_eq!(file.write(b"1\n").map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
        fs::create_dir(folder.path().join("later")).expect("a folder");
        file.write(b"2\n").expect("it is written");
        assert_eq!(fs::read_to_string(path).expect("a file"), "2\n");
    }

    #[test]
    fn what_is_no_file_is_never_renamed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo is there");
        assert!(made.success());
        let mut file = RotatedFile::new(FileConfig { path: path.clone(), bytes_max: 6, files_max: 2 });
        // Both ends, so that neither waits for the other.
        let mut reader = OpenOptions::new().read(true).write(true).open(&path).expect("a pipe");
        for lines in ["11111\n", "22222\n"] {
            file.write(lines.as_bytes()).expect("it is written");
            let mut read = [0; 6];
            reader.read_exact(&mut read).expect("it is there");
            assert_eq!(read, lines.as_bytes());
        }
        let names: Vec<_> =
            fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("one").path()).collect();
        assert_eq!(names, [path]);
    }

    #[test]
    fn a_file_that_is_there_is_continued() {
        check(2, "1\n", &["2\n"], &[("log", "1\n2\n")]);
        check(2, "1\nto", &["2\n"], &[("log", "2\n"), ("log.1", "1\nto\n")]);
        check(2, "t", &["2\n"], &[("log", "t\n2\n")]);
    }
}
