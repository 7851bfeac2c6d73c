//! Handing leadership over.

use openraft::async_runtime::WatchReceiver;
use tokio::time::{Instant, timeout_at};

use crate::TransferError;
use crate::core::Core;

/// Hands leadership to the named voter, or to the one that lacks least, and waits until it leads.
pub(crate) async fn transfer(core: &Core, to: Option<&str>) -> Result<(), TransferError> {
    let status = core.status();
    if status.role != crate::Role::Leader {
        return Err(TransferError::NotLeader);
    }
    let target = status
        .members
        .iter()
        .filter(|member| member.voter && member.raft_id != status.raft_id)
        .filter(|member| to.is_none_or(|to| member.member.name == to))
        .min_by_key(|member| member.lag.unwrap_or(u64::MAX))
        .ok_or_else(|| TransferError::NoTarget(to.unwrap_or_default().to_owned()))?;
    core.raft.trigger().transfer_leader(target.raft_id).await.map_err(|_| TransferError::Stopped)?;
    let mut metrics = core.raft.server_metrics();
    let deadline = Instant::now() + 2 * core.tuning.election_max;
    loop {
        let leader = metrics.borrow_watched().current_leader;
        if leader == Some(target.raft_id) {
            return Ok(());
        }
        match timeout_at(deadline, metrics.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(TransferError::Stopped),
            Err(_) => return Err(TransferError::Timeout(target.member.name.clone())),
        }
    }
}
