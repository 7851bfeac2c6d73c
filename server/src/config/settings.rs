//! The settings by name, as flags, environment variables and the file give them. A setting called `api-listen` in the file is the flag
//! `--api-listen` and the variable `KEEPSTEP_API_LISTEN`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::Error;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Which buckets of tokens accounts have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Throttling {
    /// None.
    #[default]
    Off,
    /// AWS's default figures for the configured region.
    Aws,
}

/// All settings of a node; what is absent has its default.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// Name of this node in its cluster; always the same for one data folder [default: node-1].
    #[arg(long, env = "KEEPSTEP_NODE_NAME", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node_name: Option<String>,
    /// Folder for everything this node stores [default: ./keepstep-data].
    #[arg(long, env = "KEEPSTEP_DATA", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<PathBuf>,
    /// Where the API is served; may be given several times [default: 127.0.0.1:8083].
    #[arg(long, env = "KEEPSTEP_API_LISTEN", value_name = "IP:PORT", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) api_listen: Vec<SocketAddr>,
    /// A further address for /metrics, /healthz and /readyz only.
    #[arg(long, env = "KEEPSTEP_OPERATIONS_LISTEN", value_name = "IP:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operations_listen: Option<SocketAddr>,
    /// Where other nodes and `keepstep status` reach this node [default: 127.0.0.1:8084].
    #[arg(long, env = "KEEPSTEP_NODE_LISTEN", value_name = "IP:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node_listen: Option<SocketAddr>,
    /// Under which HOST:PORT other nodes reach this one [default: as `peers` says].
    #[arg(long, env = "KEEPSTEP_NODE_ADVERTISE", value_name = "HOST:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node_advertise: Option<String>,
    /// All nodes of the cluster, this one included; none for a single node.
    #[arg(long, env = "KEEPSTEP_PEERS", value_name = "NAME=HOST:PORT", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) peers: Vec<String>,
    /// What nodes of the cluster show each other; not encrypted.
    #[arg(long, env = "KEEPSTEP_CLUSTER_SECRET", value_name = "SECRET", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_secret: Option<String>,
    /// A file with the cluster secret.
    #[arg(long, env = "KEEPSTEP_CLUSTER_SECRET_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_secret_file: Option<PathBuf>,
    /// Certificate of the authority that signs the nodes' certificates (PEM): nodes then use mutual TLS.
    #[arg(long, env = "KEEPSTEP_TLS_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Certificate of this node with its chain (PEM).
    #[arg(long, env = "KEEPSTEP_TLS_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of this node (PEM).
    #[arg(long, env = "KEEPSTEP_TLS_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Access keys, secrets and accounts: with it every API request's signature is verified.
    #[arg(long, env = "KEEPSTEP_CREDENTIALS_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credentials_file: Option<PathBuf>,
    /// Serve without credentials or a cluster secret wherever it is told to listen.
    #[arg(
        long,
        env = "KEEPSTEP_INSECURE_NO_AUTH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insecure_no_auth: Option<bool>,
    /// Account of callers that name none [default: 123456789012].
    #[arg(long, env = "KEEPSTEP_ACCOUNT", value_name = "DIGITS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Region of callers that name none [default: us-east-1].
    #[arg(long, env = "KEEPSTEP_REGION", value_name = "REGION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    /// Regions that signatures may be scoped to; any if none is given.
    #[arg(long, env = "KEEPSTEP_ALLOWED_REGIONS", value_name = "REGION", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_regions: Vec<String>,
    /// Partition of ARNs [default: as the region says].
    #[arg(long, env = "KEEPSTEP_PARTITION", value_name = "PARTITION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<String>,
    /// Lambda-compatible endpoint of all functions [default: AWS_ENDPOINT_URL_LAMBDA, or AWS_ENDPOINT_URL].
    #[arg(long, env = "KEEPSTEP_LAMBDA_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lambda_endpoint: Option<String>,
    /// Endpoint of one function, by its name or ARN; may be given several times.
    #[arg(long, env = "KEEPSTEP_LAMBDA_FUNCTION", value_name = "FUNCTION=URL", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lambda_function: Vec<String>,
    /// Lambda functions that are called at a time [default: 1000].
    #[arg(long, env = "KEEPSTEP_LAMBDA_CALLS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lambda_calls_max: Option<usize>,
    /// Synchronous Express executions that run on this node at a time, and as many asynchronous ones [default: 4096].
    #[arg(long, env = "KEEPSTEP_EXPRESS_EXECUTIONS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) express_executions_max: Option<usize>,
    /// Memory for the data of Express executions that run on this node, in bytes [default: 536870912].
    #[arg(long, env = "KEEPSTEP_EXPRESS_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) express_bytes_max: Option<usize>,
    /// S3-compatible endpoint of all buckets [default: AWS_ENDPOINT_URL_S3, or AWS_ENDPOINT_URL, or AWS's own].
    #[arg(long, env = "KEEPSTEP_S3_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) s3_endpoint: Option<String>,
    /// Where execution logs go, as JSON lines: a file, or `-` for standard output [default: execution-log.jsonl in the data folder].
    #[arg(long, env = "KEEPSTEP_EXECUTION_LOG", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) execution_log: Option<PathBuf>,
    /// Size beyond which that file is rotated, in bytes [default: 67108864].
    #[arg(long, env = "KEEPSTEP_EXECUTION_LOG_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) execution_log_bytes_max: Option<u64>,
    /// How many such files are kept, with the newest one [default: 4].
    #[arg(long, env = "KEEPSTEP_EXECUTION_LOG_FILES_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) execution_log_files_max: Option<u32>,
    /// Endpoint that speaks the API of CloudWatch Logs, where execution logs go instead, or `none` [default:
    /// AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, or AWS_ENDPOINT_URL_LOGS, or AWS_ENDPOINT_URL, or none].
    #[arg(long, env = "KEEPSTEP_LOGS_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logs_endpoint: Option<String>,
    /// OpenTelemetry collector (OTLP over gRPC) that traces go to [default: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT].
    #[arg(long, env = "KEEPSTEP_OTLP_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Header of requests to it; may be given several times [default: OTEL_EXPORTER_OTLP_TRACES_HEADERS, or OTEL_EXPORTER_OTLP_HEADERS].
    #[arg(
        long,
        env = "KEEPSTEP_OTLP_HEADER",
        value_name = "NAME=VALUE",
        value_delimiter = ',',
        hide_env_values = true
    )]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) otlp_header: Vec<String>,
    /// EventBridge-compatible endpoint that is told of executions' status changes, or `none` [default: AWS_ENDPOINT_URL_EVENTS, or
    /// AWS_ENDPOINT_URL, or none].
    #[arg(long, env = "KEEPSTEP_EVENTS_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) events_endpoint: Option<String>,
    /// URL to which executions' status changes are posted; may be given several times.
    #[arg(long, env = "KEEPSTEP_WEBHOOK", value_name = "URL", value_delimiter = ',', hide_env_values = true)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) webhook: Vec<String>,
    /// What requests to webhooks are signed with.
    #[arg(long, env = "KEEPSTEP_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_secret: Option<String>,
    /// A file with the webhooks' secret.
    #[arg(long, env = "KEEPSTEP_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_secret_file: Option<PathBuf>,
    /// Status changes that may wait for the endpoint, or for one webhook; what happens beyond isn't told [default: 100000].
    #[arg(long, env = "KEEPSTEP_OUTBOX_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outbox_max: Option<usize>,
    /// Largest input or output of a state or an execution, in bytes [default: 262144].
    #[arg(long, env = "KEEPSTEP_PAYLOAD_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload_bytes_max: Option<usize>,
    /// Largest definition, in bytes [default: 1048576].
    #[arg(long, env = "KEEPSTEP_DEFINITION_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) definition_bytes_max: Option<usize>,
    /// Largest API request, in bytes [default: 1310720].
    #[arg(long, env = "KEEPSTEP_REQUEST_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_bytes_max: Option<usize>,
    /// Events of one execution's history; the last one ends it [default: 25000].
    #[arg(long, env = "KEEPSTEP_HISTORY_EVENTS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) history_events_max: Option<u64>,
    /// Longest run of an execution, in seconds [default: 31536000].
    #[arg(long, env = "KEEPSTEP_EXECUTION_SECONDS_MAX", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) execution_seconds_max: Option<u64>,
    /// How long finished executions are kept, in seconds [default: 7776000].
    #[arg(long, env = "KEEPSTEP_RETENTION_SECONDS", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retention_seconds: Option<u64>,
    /// Workers that poll for one activity at a time [default: 1000].
    #[arg(long, env = "KEEPSTEP_POLLERS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pollers_max: Option<usize>,
    /// State machines of one account and region [default: 100000].
    #[arg(long, env = "KEEPSTEP_STATE_MACHINES_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_machines_max: Option<usize>,
    /// Activities of one account and region [default: 100000].
    #[arg(long, env = "KEEPSTEP_ACTIVITIES_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) activities_max: Option<usize>,
    /// Tags of one resource [default: 50].
    #[arg(long, env = "KEEPSTEP_TAGS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags_max: Option<usize>,
    /// API requests at work at a time, polls aside [default: 2048].
    #[arg(long, env = "KEEPSTEP_REQUESTS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requests_max: Option<usize>,
    /// Open API connections [default: 8192].
    #[arg(long, env = "KEEPSTEP_CONNECTIONS_MAX", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connections_max: Option<usize>,
    /// Which buckets of tokens accounts have for each operation of the API, in this node [default: off].
    #[arg(long, env = "KEEPSTEP_THROTTLING", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttling: Option<Throttling>,
    /// An account's bucket for one operation, whatever `throttling` says; may be given several times.
    #[arg(long, env = "KEEPSTEP_THROTTLE", value_name = "OPERATION=SIZE/REFILL", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) throttle: Vec<String>,
    /// Threads on which definitions are evaluated [default: as many as there are cores].
    #[arg(long, env = "KEEPSTEP_EVALUATION_THREADS", value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) evaluation_threads: Option<usize>,
    /// Memory for the state store's pages, in bytes [default: 67108864].
    #[arg(long, env = "KEEPSTEP_STORE_CACHE_BYTES", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store_cache_bytes: Option<u64>,
    /// Memory for recent writes before they reach the state store, in bytes [default: 33554432].
    #[arg(long, env = "KEEPSTEP_OVERLAY_BYTES", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overlay_bytes: Option<usize>,
    /// Memory for parsed definitions, in bytes [default: 67108864].
    #[arg(long, env = "KEEPSTEP_DEFINITION_CACHE_BYTES", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) definition_cache_bytes: Option<usize>,
    /// How log lines look [default: text].
    #[arg(long, env = "KEEPSTEP_LOG_FORMAT", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged, such as `warn` or `info,keepstep_raft=debug` [default: info,openraft=warn].
    #[arg(long, env = "KEEPSTEP_LOG", value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
}

impl Settings {
    /// What a file says.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|source| Error::File { path: path.to_owned(), source: Box::new(source) })
    }

    /// These settings, and those of `beneath` where these say nothing.
    pub(crate) fn over(&self, beneath: &Self) -> Result<Self, Error> {
        let table = |settings: &Self| {
            toml::Table::try_from(settings).map_err(|error| Error::Merge(error.to_string()))
        };
        let mut merged = table(beneath)?;
        merged.extend(table(self)?);
        merged.try_into().map_err(|error: toml::de::Error| Error::Merge(error.to_string()))
    }
}
