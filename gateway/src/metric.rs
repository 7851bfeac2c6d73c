//! The names of the gateway's metrics and what they mean. No other file spells one out.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Counter `{operation, result}`: requests answered. `result` is `ok` or the error's name.
pub const REQUESTS: &str = "keepstep_api_requests_total";
/// Histogram `{operation}`: seconds from a request's headers to its answer.
pub const REQUEST_DURATION: &str = "keepstep_api_request_duration_seconds";
/// Gauge: requests at work now, long polls and synchronous executions aside.
pub const IN_FLIGHT: &str = "keepstep_api_requests_in_flight";
/// Gauge: long polls held now.
pub const POLLS: &str = "keepstep_api_polls";
/// Gauge: synchronous executions waited for now.
pub const SYNC_EXECUTIONS: &str = "keepstep_api_sync_executions";
/// Gauge: open connections.
pub const CONNECTIONS: &str = "keepstep_api_connections";
/// Counter `{result}`: requests refused because of their signature.
pub const AUTH_FAILURES: &str = "keepstep_api_auth_failures_total";
/// Counter `{operation}`: calls to the nodes that were made again.
pub const RETRIES: &str = "keepstep_api_retries_total";
/// Counter `{result}`: readings of the changed credentials file, `ok` or `error`.
pub const CREDENTIALS_RELOADS: &str = "keepstep_api_credentials_reloads_total";

/// Bounds of [`REQUEST_DURATION`]'s buckets, in seconds: give them to the recorder (`set_buckets_for_metric`), which would
/// make a summary otherwise.
pub const REQUEST_DURATION_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Gives the recorder the texts. Called once, after it is installed.
pub fn describe() {
    describe_counter!(REQUESTS, Unit::Count, "API requests answered, by operation and result.");
    describe_histogram!(REQUEST_DURATION, Unit::Seconds, "Time to answer an API request, by operation.");
    describe_gauge!(
        IN_FLIGHT,
        Unit::Count,
        "API requests at work, long polls and synchronous executions aside."
    );
    describe_gauge!(POLLS, Unit::Count, "Long polls that are held.");
    describe_gauge!(SYNC_EXECUTIONS, Unit::Count, "Synchronous executions that are waited for.");
    describe_gauge!(CONNECTIONS, Unit::Count, "Open API connections.");
    describe_counter!(
        AUTH_FAILURES,
        Unit::Count,
        "API requests refused because of their signature, by error."
    );
    describe_counter!(RETRIES, Unit::Count, "Calls to nodes that were made again, by operation.");
    describe_counter!(
        CREDENTIALS_RELOADS,
        Unit::Count,
        "Readings of the changed credentials file, by result."
    );
}
