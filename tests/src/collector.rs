//! An OpenTelemetry collector served by a test: it takes every trace.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status};

pub use opentelemetry_proto::tonic::trace::v1::Span;

/// The collector. Dropping it ends it.
pub struct Collector {
    url: String,
    taken: Taken,
    _serving: AbortOnDropHandle<()>,
}

#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<Span>>>);

impl Collector {
    /// Starts it.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let taken = Taken::default();
        let service = TraceServiceServer::new(taken.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        let serving = tokio::spawn(async move {
            // It ends with the test.
            let _ = server.serve_with_incoming(TcpListenerStream::new(listener)).await;
        });
        Ok(Self { url, taken, _serving: AbortOnDropHandle::new(serving) })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.taken.0.lock().map(|spans| spans.clone()).unwrap_or_default()
    }
}

#[tonic::async_trait]
impl TraceService for Taken {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans;
        let spans = resources.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
        if let Ok(mut taken) = self.0.lock() {
            taken.extend(spans);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
