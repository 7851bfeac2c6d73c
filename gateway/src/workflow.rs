//! The one client type through which a gateway reaches nodes: the generated gRPC client over a boxed transport, so that a service in
//! this process (no socket) and a channel to another machine are the same to it.

use http::{Request, Response};
use keepstep_proto::workflow::v1::workflow_client::WorkflowClient;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt};

/// No answer came: the node is gone or the way to it.
#[derive(Debug, thiserror::Error)]
#[error("the node cannot be reached")]
pub struct Unreachable(#[source] BoxError);

/// What carries gRPC requests.
pub type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, Unreachable>;

/// The client of the nodes.
pub type Workflow = WorkflowClient<Transport>;

/// Makes the client over `service`: a `WorkflowServer<T>` of this process or a `tonic::transport::Channel`. In this process a call that
/// is dropped cancels the service's future at once.
pub fn over<S>(service: S) -> Workflow
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    WorkflowClient::new(BoxCloneSyncService::new(service.map_err(|error| Unreachable(error.into()))))
}
