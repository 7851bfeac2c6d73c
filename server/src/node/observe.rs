//! Logs and metrics of the process: installed once, before anything else starts.

use std::io::IsTerminal;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::metric;

/// Bounds of the buckets of histograms of numbers and bytes.
const SIZE_BUCKETS: [f64; 12] =
    [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 16777216.0];

/// Log lines to standard error, as `filter` says.
pub(super) fn start_logging(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log filter {filter:?}"))?;
    let in_colour = std::io::stderr().is_terminal();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(in_colour);
    let started = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging can't be started: {error}"))
}

/// The recorder behind `/metrics`.
pub(super) fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    use keepstep_gateway::metric as gateway;
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(gateway::REQUEST_DURATION.to_owned()),
            &gateway::REQUEST_DURATION_BUCKETS,
        )?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &metric::DURATION_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_entries".to_owned()), &SIZE_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_pairs".to_owned()), &SIZE_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &SIZE_BUCKETS)?
        .install_recorder()
        .context("the metrics recorder can't be installed")?;
    metric::describe();
    gateway::describe();
    keepstep_raft::metric::describe();
    Ok(handle)
}
