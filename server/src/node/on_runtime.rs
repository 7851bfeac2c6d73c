//! A service whose calls run on a given tokio runtime: the node port is served by Raft's own runtime, which must not do other work.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

/// The service, moved. A call that is dropped is dropped on its runtime too.
#[derive(Clone)]
pub(super) struct OnRuntime<S> {
    inner: S,
    runtime: Arc<Handle>,
}

impl<S> OnRuntime<S> {
    pub(super) fn new(inner: S, runtime: Handle) -> Self {
        Self { inner, runtime: Arc::new(runtime) }
    }
}

impl<S: NamedService> NamedService for OnRuntime<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for OnRuntime<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let call = AbortOnDropHandle::new(self.runtime.spawn(self.inner.call(request)));
        async move {
            match call.await {
                Ok(answer) => answer,
                // It panicked, or the runtime shuts down: whether the call did anything isn't known.
                Err(_) => Ok(Status::unknown("the call was given up").into_http()),
            }
        }
        .boxed()
    }
}
