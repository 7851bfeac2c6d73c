//! StartSyncExecution: at most once. Nothing is stored, and nothing is ever tried again.

use std::sync::Arc;

use keepstep_engine::Desk;
use keepstep_engine::execution::StartExecution;
use keepstep_engine::express::prepare;

use super::drive::{Ended, drive};
use super::plan::Plan;
use super::{Backing, Express};
use crate::leader::Failure;

impl Express {
    /// Starts an execution and runs it to its end, also where the caller has gone.
    ///
    /// # Errors
    ///
    /// As [`prepare`]; `Overloaded` and `Unavailable` if it was not begun.
    pub(crate) async fn sync(
        &self,
        backing: &impl Backing,
        request: StartExecution,
    ) -> Result<Ended, Failure> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Failure::Overloaded)?;
        self.engine.barrier().await?;
        let (express, backing) = (self.clone(), backing.clone());
        let running = self.engine.spawn(async move {
            let (_slot, _running) = (slot, express.meters.begin());
            let input_bytes = request.input.len();
            let plan = move |desk: &Desk<'_>| {
                let start = prepare(desk, &request)?;
                Plan::of(desk, start)
            };
            let ended = drive(&express, &backing, input_bytes, plan).await?;
            express.meters.ended(ended.status, ended.transitions);
            Ok(ended)
        });
        running.await.map_err(|_| Failure::Internal("the node is shutting down".to_owned()))?
    }
}
