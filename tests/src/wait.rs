//! Waiting for conditions, with a deadline so generous that only a real failure reaches it.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a condition may take on the slowest, most loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again until the answer is `Some`; fails with `what` after [`PATIENCE`].
pub async fn until<T, F, Fut>(what: &str, mut ask: F) -> anyhow::Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        anyhow::ensure!(Instant::now() < deadline, "gave up waiting: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
