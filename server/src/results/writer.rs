//! Sorts results into files, and writes the manifest once all of them are there.

use futures::{Stream, StreamExt};
use keepstep_asl::definition::{ChildResult, Frame};
use serde::Deserialize;
use serde_json::{Value, json};

use super::destination::Destination;
use super::file::{self, File};
use super::manifest::{Manifest, ResultFile, ResultFiles};
use super::{Outcome, Status};
use crate::s3::{Bucket, Failure, Stores};

/// AWS: files of at most 5 GB.
const FILE_BYTES_MAX: u64 = 5 << 30;

/// Writes results. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    stores: Stores,
    file_bytes_max: u64,
}

impl Writer {
    /// Writes to these stores.
    pub(crate) fn new(stores: Stores) -> Self {
        Self { stores, file_bytes_max: FILE_BYTES_MAX }
    }

    /// The same with smaller files.
    #[cfg(test)]
    pub(super) fn with_file_bytes_max(self, file_bytes_max: u64) -> Self {
        Self { file_bytes_max, ..self }
    }

    /// Writes all outcomes, in their order, and then the manifest: `{"MapRunArn":...,"ResultWriterDetails":{"Bucket":...,"Key":...}}`, which
    /// is the state's result, says where it is. `destination` is the result writer as JSON with AWS's own field names, evaluated. The
    /// first failure, of `outcomes` or of S3, ends it without a manifest.
    pub(crate) async fn write(
        &self,
        destination: &[u8],
        map_run_arn: &str,
        outcomes: impl Stream<Item = Result<Vec<Outcome>, Failure>> + Send,
    ) -> Result<Value, Failure> {
        let destination = Destination::parse(destination)?;
        let bucket = self.stores.bucket(&destination.bucket).map_err(Failure::writer)?;
        let id = map_run_arn.rsplit(':').next().unwrap_or_default();
        let folder = format!("{}{id}/", destination.prefix);
        let mut files = Files::new(&bucket, &folder, &destination, self.file_bytes_max);
        let result_files = match files.write_all(outcomes).await {
            Ok(result_files) => result_files,
            Err(failure) => {
                files.abandon().await;
                return Err(failure);
            }
        };
        let manifest = Manifest { destination_bucket: &bucket.name, map_run_arn, result_files };
        let key = format!("{folder}manifest.json");
        let content = serde_json::to_vec(&manifest).map_err(|error| Failure::writer(error.to_string()))?;
        file::put(&bucket, &key, content.into()).await?;
        Ok(json!({"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": &*bucket.name, "Key": key}}))
    }
}

struct Files<'a> {
    destination: &'a Destination,
    failed: Series<'a>,
    succeeded: Series<'a>,
}

/// The files of one kind of end.
struct Series<'a> {
    bucket: &'a Bucket,
    /// What stands before a file's number.
    key: String,
    frame: Frame,
    file_bytes_max: u64,
    open: Option<File>,
    written: Vec<ResultFile>,
}

impl<'a> Files<'a> {
    fn new(bucket: &'a Bucket, folder: &str, destination: &'a Destination, file_bytes_max: u64) -> Self {
        let series = |name| Series {
            bucket,
            key: format!("{folder}{name}_"),
            frame: destination.result_type.frame(),
            file_bytes_max,
            open: None,
            written: Vec::new(),
        };
        Self { destination, failed: series("FAILED"), succeeded: series("SUCCEEDED") }
    }

    async fn write_all(
        &mut self,
        outcomes: impl Stream<Item = Result<Vec<Outcome>, Failure>> + Send,
    ) -> Result<ResultFiles, Failure> {
        let mut outcomes = std::pin::pin!(outcomes);
        while let Some(some) = outcomes.next().await {
            for outcome in some? {
                self.add(&outcome).await?;
            }
        }
        Ok(ResultFiles {
            failed: self.failed.finish().await?,
            pending: [],
            succeeded: self.succeeded.finish().await?,
        })
    }

    async fn add(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        let metadata = std::str::from_utf8(&outcome.metadata).map_err(|_| no_metadata(&"it is no UTF-8"))?;
        let output;
        let (series, result) = match outcome.status {
            Status::Succeeded => {
                let read: WithOutput = serde_json::from_str(metadata).map_err(|error| no_metadata(&error))?;
                output = read.output;
                (&mut self.succeeded, ChildResult::Succeeded { output: &output, metadata })
            }
            Status::Failed | Status::TimedOut | Status::Aborted => {
                (&mut self.failed, ChildResult::Other { metadata })
            }
        };
        for text in self.destination.transformation.apply(result) {
            series.add(text).await?;
        }
        Ok(())
    }

    async fn abandon(self) {
        for series in [self.failed, self.succeeded] {
            if let Some(file) = series.open {
                file.abandon().await;
            }
        }
    }
}

impl Series<'_> {
    async fn add(&mut self, text: &str) -> Result<(), Failure> {
        if let Some(full) =
            self.open.take_if(|file| !file.is_empty() && file.len_with(text) > self.file_bytes_max)
        {
            self.written.push(full.finish().await?);
        }
        let key = || format!("{}{}.json", self.key, self.written.len());
        let file = self.open.get_or_insert_with(|| File::new(self.bucket, key(), self.frame));
        file.add(text).await
    }

    async fn finish(&mut self) -> Result<Vec<ResultFile>, Failure> {
        if let Some(file) = self.open.take() {
            self.written.push(file.finish().await?);
        }
        Ok(std::mem::take(&mut self.written))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WithOutput {
    output: String,
}

fn no_metadata(error: &dyn std::fmt::Display) -> Failure {
    Failure::writer(format!("The metadata of a child execution can't be read: {error}"))
}
