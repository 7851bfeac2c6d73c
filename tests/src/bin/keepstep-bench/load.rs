//! Closed-loop load: each client asks again as soon as it has its answer.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a load came to.
pub(crate) struct Figures {
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Figures {
    /// Of measured latencies.
    pub(crate) fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        Self { latencies, elapsed }
    }

    /// How many calls succeeded.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Calls in a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.count() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this percentage of calls stay below, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

/// Runs `clients` clients until the time is up, or until `calls` calls were made.
pub(crate) async fn closed_loop<F, Fut>(
    clients: usize,
    seconds: u64,
    calls: Option<usize>,
    call: F,
) -> anyhow::Result<Figures>
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let call = Arc::new(call);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (call, next) = (call.clone(), next.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let done = match calls {
                        Some(calls) => number >= calls,
                        None => Instant::now() >= end,
                    };
                    if done {
                        return anyhow::Ok(latencies);
                    }
                    let asked = Instant::now();
                    call(number).await?;
                    latencies.push(asked.elapsed());
                }
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.append(&mut task.await??);
    }
    Ok(Figures::new(latencies, began.elapsed()))
}
