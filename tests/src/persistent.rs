//! A client that does what SDKs behind a load balancer do: after a lost or failed answer it asks another node the same question again, with the same
//! `amz-sdk-invocation-id`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::api::{Answer, Api};
use crate::wait::PATIENCE;

/// A client of several nodes.
#[derive(Clone)]
pub struct Persistent {
    apis: Arc<[Api]>,
    next: Arc<AtomicUsize>,
}

impl Persistent {
    /// A client of these nodes.
    pub fn new(apis: Vec<Api>) -> Self {
        Self { apis: apis.into(), next: Arc::default() }
    }

    /// Asks until some node gives an answer that is not the cluster's own failure.
    pub async fn call(&self, operation: &str, request: &Value) -> anyhow::Result<Answer> {
        let invocation = Uuid::new_v4().to_string();
        let body: bytes::Bytes = serde_json::to_vec(request)?.into();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let api = &self.apis[self.next.fetch_add(1, Ordering::Relaxed) % self.apis.len()];
            let answer = api.send(operation, body.clone(), &[("amz-sdk-invocation-id", &invocation)]).await;
            match answer {
                Ok(answer) if answer.status < 500 => return Ok(answer),
                failed => anyhow::ensure!(Instant::now() < deadline, "{operation} {request}: {failed:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same, for calls that must succeed.
    pub async fn ok(&self, operation: &str, request: Value) -> anyhow::Result<Value> {
        let answer = self.call(operation, &request).await?;
        anyhow::ensure!(answer.status == 200, "{operation} {request}: {answer:?}");
        Ok(answer.body)
    }

    /// All events of a history, page by page.
    pub async fn history(&self, execution_arn: &str) -> anyhow::Result<Vec<Value>> {
        let api = &self.apis[self.next.fetch_add(1, Ordering::Relaxed) % self.apis.len()];
        api.history(execution_arn).await
    }
}
