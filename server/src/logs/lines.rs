//! Lines of text, and where they are written.

use std::io::{self, Write};

use super::file::RotatedFile;

/// Writes lines; may block.
pub(super) enum Lines {
    /// To a file.
    File(Box<RotatedFile>),
    /// To standard output.
    Stdout,
}

impl Lines {
    /// Writes whole lines.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write(lines),
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
        }
    }
}
