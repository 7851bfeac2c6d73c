//! Why a configuration is refused, for the person who wrote it.

use std::path::PathBuf;

/// Why a node doesn't start with its configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file can't be read.
    #[error("configuration file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file holds something that is no setting.
    #[error("configuration file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// Settings can't be brought together.
    #[error("settings: {0}")]
    Merge(String),
    /// A file that a setting names can't be read.
    #[error("{setting} {}: {source}", path.display())]
    SettingFile {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A setting's value makes no sense.
    #[error("{setting}: {reason}")]
    Invalid {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Whoever reaches the API could do everything.
    #[error(
        "without credentials the API listens on the loopback interface only, and {0} is beyond it: set credentials-file, or \
         insecure-no-auth if everyone who can reach it may use it"
    )]
    OpenApi(std::net::SocketAddr),
    /// A cluster is meant to be reached from elsewhere.
    #[error(
        "a cluster needs credentials: set credentials-file, or insecure-no-auth if everyone who can reach its nodes may use it"
    )]
    OpenCluster,
    /// Whoever reaches the node port could read and change everything.
    #[error(
        "the node port {0} is beyond the loopback interface and asks nobody who they are: set tls-ca, tls-cert and tls-key, or \
         cluster-secret, or insecure-no-auth if everyone who can reach it may read and change everything"
    )]
    OpenNodePort(std::net::SocketAddr),
}
