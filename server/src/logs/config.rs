//! Where execution logs go, as settings and the variables of AWS's SDKs say.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::file::FileConfig;
use crate::aws;

/// Turns off an endpoint that the environment names for all services.
const NONE: &str = "none";
const FILE: &str = "execution-log.jsonl";
const FILE_BYTES_MAX: u64 = 64 << 20;
const FILES_MAX: u32 = 4;

/// Where execution logs go.
pub(crate) enum Destination {
    /// To a file, as JSON lines.
    File(FileConfig),
    /// To standard output, as JSON lines.
    Stdout,
    /// To the log groups that state machines name.
    CloudWatch {
        /// Where the service is, and who asks.
        config: aws::Config,
        /// What tells this node's streams from those of others.
        writer: String,
    },
}

/// What the settings say.
pub(crate) struct Wanted<'a> {
    /// A file, or `-` for standard output.
    pub(crate) file: Option<&'a Path>,
    /// The size at which it is rotated.
    pub(crate) file_bytes_max: Option<u64>,
    /// How many are kept.
    pub(crate) files_max: Option<u32>,
    /// An endpoint that speaks the API of CloudWatch Logs, or `none`.
    pub(crate) endpoint: Option<&'a str>,
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The name of this node.
    pub(crate) node_name: &'a str,
    /// The region of callers that name none.
    pub(crate) region: &'a str,
}

/// What makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file is none.
    #[error("{0} is a folder")]
    Folder(PathBuf),
    /// The file can't be made.
    #[error("the folder of {0} doesn't exist")]
    NoFolder(PathBuf),
    /// A destination too many.
    #[error("a file and an endpoint are set: logs go to one of them")]
    Both,
    /// Of the endpoint.
    #[error(transparent)]
    Aws(#[from] aws::Error),
}

impl Destination {
    /// A file or an endpoint that is set, or else the endpoint that a variable names, or else a file in the data folder.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub(crate) fn new(wanted: &Wanted<'_>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if let Some(path) = wanted.file {
            if wanted.endpoint.is_some_and(|endpoint| endpoint != NONE) {
                return Err(Error::Both);
            }
            if path.as_os_str() == "-" {
                return Ok(Self::Stdout);
            }
            if path.is_dir() {
                return Err(Error::Folder(path.to_owned()));
            }
            if path.parent().is_some_and(|folder| folder != Path::new("") && !folder.is_dir()) {
                return Err(Error::NoFolder(path.to_owned()));
            }
        } else if wanted.endpoint != Some(NONE) {
            // By this name the SDKs know the service; the other one is that of its hosts.
            let of_sdks = variable("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS");
            let endpoint = wanted.endpoint.or(of_sdks.as_deref());
            let config = aws::Config::new(&aws::LOGS, endpoint, wanted.region, variable)?;
            if config.has_endpoint() {
                let writer = hex::encode(&Sha256::digest(wanted.node_name)[..4]);
                return Ok(Self::CloudWatch { config, writer });
            }
        }
        Ok(Self::File(FileConfig {
            path: wanted.file.map_or_else(|| wanted.data.join(FILE), Path::to_owned),
            bytes_max: wanted.file_bytes_max.unwrap_or(FILE_BYTES_MAX),
            files_max: wanted.files_max.unwrap_or(FILES_MAX),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check((file, endpoint): (Option<&str>, Option<&str>), variables: &[(&str, &str)], expected: &str) {
        let wanted = Wanted {
            file: file.map(Path::new),
            file_bytes_max: Some(5),
            files_max: None,
            endpoint,
            data: Path::new("data"),
            node_name: "node-1",
            region: "us-east-1",
        };
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let shown = match Destination::new(&wanted, variable) {
            Ok(Destination::File(config)) => {
                format!("{} {} {}", config.path.display(), config.bytes_max, config.files_max)
            }
            Ok(Destination::Stdout) => "stdout".to_owned(),
            Ok(Destination::CloudWatch { config, writer }) => format!("{} {writer}", config.url("us-east-1")),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{file:?} {endpoint:?} {variables:?}");
    }

    #[test]
    fn what_is_set_comes_before_what_variables_name() {
        const ALL: (&str, &str) = ("AWS_ENDPOINT_URL", "http://all");
        const LOGS: (&str, &str) = ("AWS_ENDPOINT_URL_LOGS", "http://logs");
        const SDK: (&str, &str) = ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://sdk");
        check((None, None), &[], "data/execution-log.jsonl 5 4");
        check((Some("log"), None), &[ALL], "log 5 4");
        check((Some("-"), None), &[ALL], "stdout");
        check((None, None), &[ALL], "http://all/ 35971be6");
        check((None, None), &[ALL, LOGS], "http://logs/ 35971be6");
        check((None, None), &[ALL, LOGS, SDK], "http://sdk/ 35971be6");
        check((None, Some("http://own")), &[ALL, LOGS, SDK], "http://own/ 35971be6");
        check((None, Some("none")), &[ALL], "data/execution-log.jsonl 5 4");
        check((Some("log"), Some("none")), &[ALL], "log 5 4");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check((Some("/"), None), &[], "/ is a folder");
        check((Some("/no/such/log"), None), &[], "the folder of /no/such/log doesn't exist");
        check(
            (Some("log"), Some("http://own")),
            &[],
            "a file and an endpoint are set: logs go to one of them",
        );
        check((None, Some("here")), &[], "here is no http:// or https:// URL");
    }
}
