//! What a gateway is told when it starts. Reading files, flags and the environment is the caller's work: nothing here looks for itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::throttle::Throttling;

/// The settings of a gateway. `Options::default()` is a gateway on Step Functions Local's port of the loopback interface that asks for
/// no credentials.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the API is served, together with `/metrics`, `/healthz` and `/readyz`. Port 0 takes any free port.
    pub listen: Vec<SocketAddr>,
    /// A further address that serves `/metrics`, `/healthz` and `/readyz` only, for networks that keep these apart from the API.
    pub operations_listen: Option<SocketAddr>,
    /// The account of callers that name none: twelve digits.
    pub default_account: String,
    /// The region of callers that name none.
    pub default_region: String,
    /// The regions that a signature may be scoped to; empty: any. Only looked at where credentials are configured.
    pub allowed_regions: Vec<String>,
    /// The partition of ARNs, such as `aws`; `None` derives it from the region (`cn-north-1`: `aws-cn`).
    pub partition: Option<String>,
    /// A file of access keys (see [`crate::credentials`]). With it every request is verified; without it any is accepted.
    pub credentials: Option<PathBuf>,
    /// Bounds on sizes, numbers and times.
    pub limits: Limits,
    /// How often accounts may ask for what.
    pub throttling: Throttling,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8083))],
            operations_listen: None,
            default_account: "123456789012".to_owned(),
            default_region: "us-east-1".to_owned(),
            allowed_regions: Vec::new(),
            partition: None,
            credentials: None,
            limits: Limits::default(),
            throttling: Throttling::default(),
        }
    }
}

/// Bounds of a gateway. Sizes are bytes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The body of a request. AWS says 1 MiB; the default leaves a quarter more, so that the escapes of a definition of 1 MiB fit.
    pub request_bytes: usize,
    /// A definition, in UTF-8.
    pub definition_bytes: usize,
    /// An input or output, in UTF-8.
    pub payload_bytes: usize,
    /// An answer of a node, such as a page of history.
    pub answer_bytes: usize,
    /// Open connections; further ones wait in the listener's backlog.
    pub connections: usize,
    /// Requests at work at a time, but for those that are held (the next two); further ones are answered with ThrottlingException.
    pub in_flight: usize,
    /// Long polls (GetActivityTask) that are held at a time; further ones are answered with ThrottlingException.
    pub polls: usize,
    /// Synchronous executions (StartSyncExecution) that are waited for at a time; further ones are answered with ThrottlingException.
    pub sync_executions: usize,
    /// Streams at a time on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// From a connection's being idle to the last byte of the next request's headers.
    pub header_timeout: Duration,
    /// From the headers to the last byte of the body.
    pub body_timeout: Duration,
    /// How long a call is tried again while the cluster has no leader or the outcome is unknown.
    pub call_timeout: Duration,
    /// How long GetActivityTask is held before its empty answer. AWS: 60 seconds.
    pub poll_timeout: Duration,
    /// How far a signature's time may be from ours.
    pub clock_skew: Duration,
    /// From the shutdown to the end of the last request; then connections are cut.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 1_310_720,
            definition_bytes: 1_048_576,
            payload_bytes: 262_144,
            answer_bytes: 67_108_864,
            connections: 8_192,
            in_flight: 2_048,
            polls: 8_192,
            sync_executions: 8_192,
            streams_per_connection: 256,
            header_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(10),
            poll_timeout: Duration::from_secs(60),
            clock_skew: Duration::from_secs(300),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
