//! Which path answers what. The API is `POST /`; everything else here is for people and machines that operate the server.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::Probes;
use crate::api::{self, Api};

const TEXT: &str = "text/plain; charset=utf-8";
/// What Prometheus expects of its text format.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";
const ABOUT: &str = "This is Keepstep, a server of the AWS Step Functions API.\n\
    Point an AWS SDK or aws-cli at this address with its endpoint URL setting.\n\
    /healthz, /readyz and /metrics tell how it is.\n";

/// The API, and a word to a person who opens its address in a browser.
pub(crate) fn api(api: Arc<Api>) -> Router {
    Router::new().route("/", post(api::handle).get(about)).with_state(api)
}

/// `/metrics`, `/healthz` and `/readyz`.
pub(crate) fn operations(probes: Arc<dyn Probes>, metrics: PrometheusHandle) -> Router {
    let healthz = get(|State(probes): State<Arc<dyn Probes>>| async move { report(probes.alive()) });
    let readyz = get(|State(probes): State<Arc<dyn Probes>>| async move { report(probes.ready()) });
    Router::new()
        .route("/healthz", healthz)
        .route("/readyz", readyz)
        .with_state(probes)
        .route("/metrics", get(|State(metrics): State<PrometheusHandle>| async move { exposition(&metrics) }))
        .with_state(metrics)
}

async fn about() -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], ABOUT)
}

fn report(state: Result<(), String>) -> impl IntoResponse {
    let (status, text) = match state {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n"),
    };
    (status, [(CONTENT_TYPE, TEXT)], text)
}

fn exposition(metrics: &PrometheusHandle) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, EXPOSITION)], metrics.render())
}
