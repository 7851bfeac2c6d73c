//! Settings with their defaults, checked: what a node is told when it starts. What would leave a node open to everybody is refused here
//! unless it is asked for by name.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keepstep_raft::{Listen, Member, Security, StoreKind, Tuning};

use super::settings::Throttling;
use super::{Error, Settings};
use crate::express::Room;
use crate::{lambda, leader, logs, s3, status_changes, traces, url};

pub(crate) use super::settings::LogFormat;

/// A leader waits for as long as its transaction may still be committed: a commit that it didn't hear of would be without its effects
/// until the next term. Callers are told sooner that the outcome is unknown.
const PROPOSE_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// What the Raft library says at `info` is for those who work on it.
const LOG: &str = "info,openraft=warn";
const NODE_NAME: &str = "node-1";
const DATA: &str = "./keepstep-data";
const NODE_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8084);
const LAMBDA_CALLS_MAX: usize = 1_000;
const EXPRESS_EXECUTIONS_MAX: usize = 4_096;
const EXPRESS_BYTES_MAX: usize = 512 << 20;
/// AWS: 1,000 pollers for each activity.
const POLLERS_MAX: usize = 1_000;
const EVALUATION_QUEUE_MAX: usize = 16_384;
const DEFINITION_CACHE_BYTES: usize = 64 << 20;
const OUTBOX_MAX: usize = 100_000;
/// A secret that can be guessed is none.
const SECRET_LEN_MIN: usize = 16;

/// What whoever calls the API has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Auth {
    /// A signature with a configured access key.
    Required,
    /// Nothing: any access key is accepted.
    None,
}

/// A node's configuration.
pub(crate) struct Node {
    /// The replica's.
    pub(crate) replica: keepstep_raft::Config,
    /// The embedded gateway's.
    pub(crate) gateway: keepstep_gateway::Options,
    /// The scheduler's.
    pub(crate) leader: leader::Settings,
    /// What there is room for of Express executions.
    pub(crate) express: Room,
    /// Where Lambda functions are.
    pub(crate) lambda: lambda::Endpoints,
    /// Where buckets are.
    pub(crate) s3: s3::Config,
    /// Where execution logs go.
    pub(crate) logs: logs::Destination,
    /// Where traces go, if there is a collector.
    pub(crate) traces: Option<traces::Config>,
    /// Who is told of executions' status changes.
    pub(crate) status_changes: status_changes::Config,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// What is logged.
    pub(crate) log: String,
}

impl Node {
    /// Fills in the defaults and checks everything. `variable` looks up environment variables that AWS's SDKs read.
    pub(crate) fn new(settings: Settings, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let name = settings.node_name.clone().unwrap_or_else(|| NODE_NAME.to_owned());
        let node_listen = settings.node_listen.unwrap_or(NODE_LISTEN);
        let peers = peers(&settings, &name, node_listen)?;
        let security = security(&settings)?;
        let gateway = gateway(&settings)?;
        let auth = if settings.credentials_file.is_some() { Auth::Required } else { Auth::None };
        let insecure = settings.insecure_no_auth.unwrap_or(false);
        if !insecure {
            refuse_open(&gateway, auth, &peers, node_listen, &security)?;
        }
        // In a shell that is set up for this server's clients, the endpoint of all services is this server: it doesn't call itself.
        let variable = |name: &str| {
            let is_own = |url: &String| name == "AWS_ENDPOINT_URL" && url::leads_to(url, &gateway.listen);
            variable(name).filter(|value| !is_own(value))
        };
        let lambda_endpoint = [settings.lambda_endpoint.clone()]
            .into_iter()
            .chain(["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"].map(&variable))
            .flatten()
            .find(|url| !url.is_empty());
        let lambda = lambda::Endpoints::new(lambda_endpoint.as_deref(), &settings.lambda_function)
            .map_err(|error| Error::Invalid { setting: "lambda endpoints", reason: error.to_string() })?;
        let s3 = s3::Config::new(settings.s3_endpoint.as_deref(), &gateway.default_region, &variable)
            .map_err(|error| Error::Invalid { setting: "s3-endpoint", reason: error.to_string() })?;
        let traces = traces::Config::new(settings.otlp_endpoint.as_deref(), &settings.otlp_header, &variable)
            .map_err(|error| Error::Invalid { setting: "otlp-endpoint", reason: error.to_string() })?;
        let logs = logs(&settings, &name, &gateway.default_region, &variable)?;
        let webhook_secret = secret(
            ("webhook-secret", settings.webhook_secret.as_deref()),
            ("webhook-secret-file", settings.webhook_secret_file.as_deref()),
        )?;
        let status_changes = status_changes::Config::new(
            settings.events_endpoint.as_deref(),
            &settings.webhook,
            webhook_secret.as_deref(),
            &gateway.default_region,
            &variable,
        )
        .map_err(|error| Error::Invalid { setting: "events-endpoint, webhook", reason: error.to_string() })?;
        let defaults = Tuning::default();
        let replica = keepstep_raft::Config {
            folder: settings.data.clone().unwrap_or_else(|| PathBuf::from(DATA)),
            node_name: name,
            listen: Listen::Addr(node_listen),
            peers,
            security,
            store: StoreKind::Sled,
            tuning: Tuning {
                propose_timeout: PROPOSE_TIMEOUT,
                store_cache_bytes: settings.store_cache_bytes.unwrap_or(defaults.store_cache_bytes),
                overlay_bytes: settings.overlay_bytes.unwrap_or(defaults.overlay_bytes),
                ..defaults
            },
            extra_services: None,
            fault: None,
        };
        Ok(Self {
            replica,
            gateway,
            leader: leader_settings(&settings),
            express: Room {
                executions_max: settings.express_executions_max.unwrap_or(EXPRESS_EXECUTIONS_MAX),
                bytes_max: settings.express_bytes_max.unwrap_or(EXPRESS_BYTES_MAX),
            },
            lambda,
            s3,
            logs,
            traces,
            status_changes,
            log_format: settings.log_format.unwrap_or_default(),
            log: settings.log.unwrap_or_else(|| LOG.to_owned()),
        })
    }
}

fn peers(settings: &Settings, name: &str, node_listen: SocketAddr) -> Result<Vec<Member>, Error> {
    let invalid = |reason: String| Error::Invalid { setting: "peers", reason };
    if name.is_empty() || name.contains(['=', ',']) {
        return Err(Error::Invalid { setting: "node-name", reason: format!("{name:?} is no name") });
    }
    let advertised = settings.node_advertise.clone();
    if settings.peers.is_empty() {
        let addr = advertised.unwrap_or_else(|| node_listen.to_string());
        return Ok(vec![Member { name: name.to_owned(), addr }]);
    }
    let mut members = Vec::new();
    for peer in &settings.peers {
        let (name, addr) = peer
            .trim()
            .split_once('=')
            .filter(|(name, addr)| !name.is_empty() && is_host_and_port(addr))
            .ok_or_else(|| invalid(format!("{peer:?} is no NAME=HOST:PORT")))?;
        members.push(Member { name: name.to_owned(), addr: addr.to_owned() });
    }
    let names: BTreeSet<_> = members.iter().map(|member| &member.name).collect();
    if names.len() < members.len() {
        return Err(invalid("two nodes have the same name".to_owned()));
    }
    let this = members
        .iter_mut()
        .find(|member| member.name == name)
        .ok_or_else(|| invalid(format!("this node, {name}, isn't among them")))?;
    if let Some(advertised) = advertised {
        this.addr = advertised;
    }
    Ok(members)
}

fn is_host_and_port(addr: &str) -> bool {
    addr.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0))
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::SettingFile { setting, path: path.to_owned(), source })
}

/// A secret that one setting holds, or the file that another one names.
fn secret(
    (setting, inline): (&'static str, Option<&str>),
    (file_setting, file): (&'static str, Option<&Path>),
) -> Result<Option<String>, Error> {
    let secret = match (inline, file) {
        (Some(_), Some(_)) => {
            let reason = format!("{setting} and {file_setting} are both set");
            return Err(Error::Invalid { setting, reason });
        }
        (Some(secret), None) => Some(secret.to_owned()),
        (None, Some(path)) => {
            let text = String::from_utf8(read(file_setting, path)?);
            let secret = text.ok().map(|text| text.trim().to_owned());
            let reason = || "is no text".to_owned();
            Some(secret.ok_or_else(|| Error::Invalid { setting: file_setting, reason: reason() })?)
        }
        (None, None) => None,
    };
    if secret.as_ref().is_some_and(|secret| secret.len() < SECRET_LEN_MIN) {
        let reason = format!("is shorter than {SECRET_LEN_MIN} characters");
        return Err(Error::Invalid { setting, reason });
    }
    Ok(secret)
}

fn security(settings: &Settings) -> Result<Security, Error> {
    let secret = secret(
        ("cluster-secret", settings.cluster_secret.as_deref()),
        ("cluster-secret-file", settings.cluster_secret_file.as_deref()),
    )?;
    match (&settings.tls_ca, &settings.tls_cert, &settings.tls_key, secret) {
        (None, None, None, None) => Ok(Security::Insecure),
        (None, None, None, Some(secret)) => Ok(Security::Secret(secret)),
        (Some(ca), Some(cert), Some(key), None) => Ok(Security::MutualTls {
            ca: read("tls-ca", ca)?,
            cert: read("tls-cert", cert)?,
            key: read("tls-key", key)?,
        }),
        (Some(_), Some(_), Some(_), Some(_)) => Err(Error::Invalid {
            setting: "cluster-secret",
            reason: "isn't used together with mutual TLS: set one of them".to_owned(),
        }),
        _ => Err(Error::Invalid {
            setting: "tls-ca, tls-cert, tls-key",
            reason: "mutual TLS needs all three of them".to_owned(),
        }),
    }
}

fn throttling(settings: &Settings, region: &str) -> Result<keepstep_gateway::Throttling, Error> {
    let mut throttling = match settings.throttling.unwrap_or_default() {
        Throttling::Off => keepstep_gateway::Throttling::default(),
        Throttling::Aws => keepstep_gateway::Throttling::aws(region),
    };
    for bucket in &settings.throttle {
        throttling
            .set(bucket)
            .map_err(|error| Error::Invalid { setting: "throttle", reason: error.to_string() })?;
    }
    Ok(throttling)
}

fn gateway(settings: &Settings) -> Result<keepstep_gateway::Options, Error> {
    let defaults = keepstep_gateway::Options::default();
    let limits = defaults.limits.clone();
    let definition_bytes = settings.definition_bytes_max.unwrap_or(limits.definition_bytes);
    let default_region = settings.region.clone().unwrap_or(defaults.default_region);
    Ok(keepstep_gateway::Options {
        listen: if settings.api_listen.is_empty() { defaults.listen } else { settings.api_listen.clone() },
        operations_listen: settings.operations_listen,
        default_account: settings.account.clone().unwrap_or(defaults.default_account),
        throttling: throttling(settings, &default_region)?,
        default_region,
        allowed_regions: settings.allowed_regions.clone(),
        partition: settings.partition.clone(),
        credentials: settings.credentials_file.clone(),
        limits: keepstep_gateway::Limits {
            // A definition that may be larger needs a request that may be larger.
            request_bytes: settings.request_bytes_max.unwrap_or_else(|| {
                limits.request_bytes.max(definition_bytes.saturating_add(definition_bytes / 4))
            }),
            definition_bytes,
            payload_bytes: settings.payload_bytes_max.unwrap_or(limits.payload_bytes),
            connections: settings.connections_max.unwrap_or(limits.connections),
            in_flight: settings.requests_max.unwrap_or(limits.in_flight),
            ..limits
        },
    })
}

fn leader_settings(settings: &Settings) -> leader::Settings {
    let limits = keepstep_engine::Limits::default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    leader::Settings {
        limits: keepstep_engine::Limits {
            payload_bytes_max: settings.payload_bytes_max.unwrap_or(limits.payload_bytes_max),
            definition_bytes_max: settings.definition_bytes_max.unwrap_or(limits.definition_bytes_max),
            history_events_max: settings.history_events_max.unwrap_or(limits.history_events_max),
            execution_seconds_max: settings.execution_seconds_max.unwrap_or(limits.execution_seconds_max),
            retention_seconds: settings.retention_seconds.unwrap_or(limits.retention_seconds),
            state_machines_max: settings.state_machines_max.unwrap_or(limits.state_machines_max),
            activities_max: settings.activities_max.unwrap_or(limits.activities_max),
            tags_max: settings.tags_max.unwrap_or(limits.tags_max),
            ..limits
        },
        evaluation_threads: settings.evaluation_threads.unwrap_or(cores),
        evaluation_queue_max: EVALUATION_QUEUE_MAX,
        pollers_max: settings.pollers_max.unwrap_or(POLLERS_MAX),
        lambda_calls_max: settings.lambda_calls_max.unwrap_or(LAMBDA_CALLS_MAX),
        definition_cache_bytes: settings.definition_cache_bytes.unwrap_or(DEFINITION_CACHE_BYTES),
        outbox_max: settings.outbox_max.unwrap_or(OUTBOX_MAX),
    }
}

fn logs(
    settings: &Settings,
    node_name: &str,
    region: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<logs::Destination, Error> {
    let wanted = logs::Wanted {
        file: settings.execution_log.as_deref(),
        file_bytes_max: settings.execution_log_bytes_max,
        files_max: settings.execution_log_files_max,
        endpoint: settings.logs_endpoint.as_deref(),
        data: settings.data.as_deref().unwrap_or(Path::new(DATA)),
        node_name,
        region,
    };
    logs::Destination::new(&wanted, variable).map_err(|error| Error::Invalid {
        setting: "execution-log, logs-endpoint",
        reason: error.to_string(),
    })
}

fn refuse_open(
    gateway: &keepstep_gateway::Options,
    auth: Auth,
    peers: &[Member],
    node_listen: SocketAddr,
    security: &Security,
) -> Result<(), Error> {
    if auth == Auth::None {
        if let Some(open) = gateway.listen.iter().find(|address| !address.ip().is_loopback()) {
            return Err(Error::OpenApi(*open));
        }
        if peers.len() > 1 {
            return Err(Error::OpenCluster);
        }
    }
    if matches!(security, Security::Insecure) && !node_listen.ip().is_loopback() {
        return Err(Error::OpenNodePort(node_listen));
    }
    Ok(())
}
