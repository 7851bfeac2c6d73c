//! Where a `ResultWriter` writes to, and how, once its paths and expressions are evaluated.

use keepstep_asl::definition::{ResultTransformation, ResultType};
use serde::Deserialize;

use crate::s3::{BucketName, Failure};

/// A bucket, a prefix, and a form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Destination {
    pub(super) bucket: BucketName,
    /// Empty or with a slash at its end.
    pub(super) prefix: String,
    pub(super) transformation: ResultTransformation,
    pub(super) result_type: ResultType,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    resource: String,
    #[serde(alias = "Arguments")]
    parameters: Parameters,
    #[serde(default)]
    writer_config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    bucket: String,
    expected_bucket_owner: Option<String>,
    #[serde(default)]
    prefix: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Config {
    transformation: Option<Transformation>,
    output_type: Option<OutputType>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Transformation {
    None,
    Compact,
    Flatten,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum OutputType {
    Json,
    Jsonl,
}

impl Destination {
    /// Reads a result writer with AWS's own field names.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        let written: Written = serde_json::from_slice(text)
            .map_err(|error| Failure::writer(format!("The ResultWriter can't be used: {error}")))?;
        if !written.resource.ends_with(":s3:putObject") {
            let text = format!("The Resource '{}' of the ResultWriter isn't recognized", written.resource);
            return Err(Failure::writer(text));
        }
        let Parameters { bucket, expected_bucket_owner, mut prefix } = written.parameters;
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Ok(Self {
            bucket: BucketName { name: bucket, expected_owner: expected_bucket_owner },
            prefix,
            transformation: match written.writer_config.transformation {
                None | Some(Transformation::None) => ResultTransformation::None,
                Some(Transformation::Compact) => ResultTransformation::Compact,
                Some(Transformation::Flatten) => ResultTransformation::Flatten,
            },
            result_type: match written.writer_config.output_type {
                None | Some(OutputType::Json) => ResultType::Json,
                Some(OutputType::Jsonl) => ResultType::JsonLines,
            },
        })
    }
}
