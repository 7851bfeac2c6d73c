//! Sends spans to the collector, in batches, each several times if need be, and gives them up then.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use metrics::counter;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request};

use super::config::Config;
use crate::backlog::{Losses, Waiting, next_batch};
use crate::metric;

/// Executions whose spans are taken together.
const EXECUTIONS_MAX: usize = 64;
/// Spans of one request: collectors take 4 MiB by default, and a span is at most a few KiB.
const SPANS_MAX: usize = 512;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// OpenTelemetry's default.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a request is made, and how long is waited before the second time; each further pause is twice as long.
const TRIES_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Exporter {
    client: TraceServiceClient<Channel>,
    headers: Vec<(HeaderName, HeaderValue)>,
    resource: Resource,
    losses: Arc<Losses>,
    pause: Duration,
}

impl Exporter {
    /// Connects when there is something to send. To be called on a runtime.
    pub(super) fn new(config: Config, losses: Arc<Losses>) -> Self {
        let tls = config.endpoint.scheme_str() == Some("https");
        let endpoint =
            Endpoint::from(config.endpoint).connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT);
        let endpoint = match tls {
            true => endpoint
                .tls_config(ClientTlsConfig::new().with_webpki_roots())
                .expect("the public authorities' certificates are valid"),
            false => endpoint,
        };
        let attribute = |key: &str, value: &str| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }),
            ..KeyValue::default()
        };
        let attributes = vec![
            attribute("service.name", &config.service_name),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
        ];
        Self {
            client: TraceServiceClient::new(endpoint.connect_lazy()),
            headers: config.headers,
            resource: Resource { attributes, ..Resource::default() },
            losses,
            pause: PAUSE,
        }
    }

    /// Sends what comes until nothing more does.
    pub(super) async fn run(
        mut self,
        mut receiver: Receiver<Waiting<Vec<Span>>>,
        closing: CancellationToken,
    ) {
        while let Some(batch) = next_batch(&mut receiver, &closing, EXECUTIONS_MAX).await {
            let executions = batch.len();
            // The room is taken up until all is sent.
            let (spans, _room): (Vec<_>, Vec<_>) = batch.into_iter().map(Waiting::into_parts).unzip();
            match self.send_all(spans.concat()).await {
                Ok(()) => counter!(metric::TRACES).increment(executions as u64),
                Err(reason) => self.losses.count(executions, &reason),
            }
        }
    }

    async fn send_all(&mut self, mut spans: Vec<Span>) -> Result<(), String> {
        while !spans.is_empty() {
            let rest = spans.split_off(spans.len().min(SPANS_MAX));
            self.send(spans).await?;
            spans = rest;
        }
        Ok(())
    }

    async fn send(&mut self, spans: Vec<Span>) -> Result<(), String> {
        let scope = InstrumentationScope {
            name: "keepstep".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
        let resource = Some(self.resource.clone());
        let message = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
        };
        let (mut tried, mut pause) = (1, self.pause);
        loop {
            match self.client.export(self.request(message.clone())).await {
                Ok(answer) => match answer.into_inner().partial_success {
                    Some(partly) if partly.rejected_spans > 0 => {
                        return Err(format!("the collector rejected spans: {}", partly.error_message));
                    }
                    _ => return Ok(()),
                },
                Err(status) if tried < TRIES_MAX && may_pass(status.code()) => {
                    tokio::time::sleep(pause).await;
                    (tried, pause) = (tried + 1, pause * 2);
                }
                Err(status) => return Err(format!("the collector doesn't take them: {status}")),
            }
        }
    }

    fn request(&self, message: ExportTraceServiceRequest) -> Request<ExportTraceServiceRequest> {
        let mut request = Request::new(message);
        *request.metadata_mut() =
            MetadataMap::from_headers(self.headers.iter().cloned().collect::<HeaderMap>());
        request
    }
}

/// The codes after which OTLP has clients try again (opentelemetry.io/docs/specs/otlp, "Failures").
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use metrics::Counter;
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
        TraceService, TraceServiceServer,
    };
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use tokio::net::TcpListener;
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::{Response, Status};

    use super::*;

    type Answer = Result<i64, Code>;
    /// Of a request: the value of a header, and the names of the spans.
    type Sent = (String, Vec<String>);

    /// Answers in turn, and then with a success; keeps the header `key` and the names of the spans of what it takes.
    #[derive(Clone)]
    struct Collector {
        answers: Arc<Mutex<std::vec::IntoIter<Answer>>>,
        taken: Arc<Mutex<Vec<Sent>>>,
    }

    #[tonic::async_trait]
    impl TraceService for Collector {
        async fn export(
            &self,
            request: Request<ExportTraceServiceRequest>,
        ) -> Result<Response<ExportTraceServiceResponse>, Status> {
            let answer = self.answers.lock().expect("no panic").next().unwrap_or(Ok(0));
            let rejected_spans = answer.map_err(|code| Status::new(code, "no"))?;
            let key = request.metadata().get("key").and_then(|key| key.to_str().ok()).unwrap_or_default();
            let key = key.to_owned();
            let resources = request.into_inner().resource_spans;
            let spans = resources.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
            self.taken.lock().expect("no panic").push((key, spans.map(|span| span.name).collect()));
            let partial_success = ExportTracePartialSuccess { rejected_spans, error_message: "odd".into() };
            Ok(Response::new(ExportTraceServiceResponse { partial_success: Some(partial_success) }))
        }
    }

    /// Sends so many spans to a collector that answers like this: what came of it, and how many spans each request had.
    async fn send(answers: Vec<Answer>, spans: usize) -> (Result<(), String>, Vec<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        let collector =
            Collector { answers: Arc::new(Mutex::new(answers.into_iter())), taken: Arc::default() };
        let service = TraceServiceServer::new(collector.clone());
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpListenerStream::new(listener));
        let serving = tokio::spawn(serving);
        let config = Config {
            endpoint: endpoint.parse().expect("a URL"),
            headers: vec![(HeaderName::from_static("key"), HeaderValue::from_static("value"))],
            service_name: "s".into(),
        };
        let mut exporter = Exporter::new(config, Losses::new("traces", Counter::noop()));
        exporter.pause = Duration::from_millis(1);
        let names = (0..spans).map(|number| number.to_string());
        let spans: Vec<_> = names.clone().map(|name| Span { name, ..Span::default() }).collect();
        let sent = exporter.send_all(spans).await;
        serving.abort();
        let taken = std::mem::take(&mut *collector.taken.lock().expect("no panic"));
        assert!(taken.iter().all(|(key, _)| key == "value"), "every request has the headers");
        let found: Vec<_> = taken.iter().flat_map(|(_, names)| names).cloned().collect();
        assert_eq!(found, names.take(found.len()).collect::<Vec<_>>(), "in their order");
        (sent, taken.iter().map(|(_, names)| names.len()).collect())
    }

    #[tokio::test]
    async fn spans_are_sent_in_batches() {
        assert_eq!(send(Vec::new(), 0).await, (Ok(()), vec![]));
        assert_eq!(send(Vec::new(), 3).await, (Ok(()), vec![3]));
        assert_eq!(send(Vec::new(), 1_100).await, (Ok(()), vec![512, 512, 76]));
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again() {
        let busy = Err(Code::Unavailable);
        assert_eq!(send(vec![busy; 4], 1).await, (Ok(()), vec![1]));
        let failed = |reason: &str| Err(format!("the collector {reason}"));
        let unavailable =
            failed("doesn't take them: code: 'The service is currently unavailable', message: \"no\"");
        assert_eq!(send(vec![busy; 5], 1).await, (unavailable, vec![]));
        let refused =
            failed("doesn't take them: code: 'Client specified an invalid argument', message: \"no\"");
        assert_eq!(send(vec![Err(Code::InvalidArgument)], 1).await, (refused, vec![]));
        assert_eq!(send(vec![Ok(1)], 1).await, (failed("rejected spans: odd"), vec![1]));
    }
}
