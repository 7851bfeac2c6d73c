//! `manifest.json`: which files hold the results.

use serde::Serialize;

/// As AWS writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Manifest<'a> {
    pub(super) destination_bucket: &'a str,
    pub(super) map_run_arn: &'a str,
    pub(super) result_files: ResultFiles,
}

/// The files by how the executions in them ended.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct ResultFiles {
    /// Those that timed out or were aborted are here as well.
    pub(super) failed: Vec<ResultFile>,
    /// Of children that never began: there are none, as a child is made when it begins.
    pub(super) pending: [ResultFile; 0],
    pub(super) succeeded: Vec<ResultFile>,
}

/// One of them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResultFile {
    pub(super) key: String,
    /// In bytes.
    pub(super) size: u64,
}
