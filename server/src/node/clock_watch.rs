//! Compares this node's clock with its peers': a leader whose clock is off would fire timers early or late, so it hands leadership over.

use std::time::{Duration, Instant};

use keepstep_proto::cluster::v1::ClockRequest;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use keepstep_raft::{Leadership, PeerChannel, Replica};
use metrics::gauge;

use crate::leader::wall_ms;
use crate::metric;

/// How often clocks are compared.
const INTERVAL: Duration = Duration::from_secs(10);
/// A peer that takes longer to answer says nothing about its clock.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// By how much a leader's clock may be off the cluster's median, in milliseconds.
const OFFSET_MAX_MS: i64 = 1_000;

/// A peer's name and how far its clock is ahead of this node's, in milliseconds.
type Offset = (String, i64);

/// Runs until the process ends. Does nothing on a node without peers.
pub(super) async fn run(replica: Replica, peers: Vec<String>) {
    if peers.is_empty() {
        return;
    }
    let mut channels: Vec<(String, PeerChannel)> = Vec::new();
    loop {
        for peer in &peers {
            if !channels.iter().any(|(name, _)| name == peer)
                && let Some(channel) = replica.channel_to(peer)
            {
                channels.push((peer.clone(), channel));
            }
        }
        let asked = channels.iter().map(|(name, channel)| ask(name, channel.clone()));
        let offsets: Vec<Offset> = futures::future::join_all(asked).await.into_iter().flatten().collect();
        judge(&replica, &offsets).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn ask(name: &str, channel: PeerChannel) -> Option<Offset> {
    let asked = Instant::now();
    let answer = tokio::time::timeout(ANSWER_MAX, ClusterClient::new(channel).clock(ClockRequest {}))
        .await
        .ok()?
        .ok()?;
    let half_way_ms = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(0);
    let theirs_ms = answer.into_inner().unix_micros / 1_000;
    Some((name.to_owned(), theirs_ms + half_way_ms - wall_ms()))
}

async fn judge(replica: &Replica, offsets: &[Offset]) {
    let Some(ahead_ms) = ahead_of_median(offsets) else { return };
    gauge!(metric::CLOCK_OFFSET).set(ahead_ms as f64);
    if ahead_ms.abs() <= OFFSET_MAX_MS
        || !matches!(&*replica.leadership().borrow(), Leadership::Leader { .. })
    {
        return;
    }
    let Some(successor) = nearest_to_median(offsets, ahead_ms) else { return };
    tracing::error!(ahead_ms, successor, "this node's clock is off its peers': it hands leadership over");
    if let Err(error) = replica.transfer_leadership(Some(successor)).await {
        tracing::error!(%error, "leadership wasn't handed over");
    }
}

/// How far this node's clock is ahead of the median of all clocks that are known, its own included; `None` if no peer answered.
fn ahead_of_median(offsets: &[Offset]) -> Option<i64> {
    if offsets.is_empty() {
        return None;
    }
    let mut all: Vec<_> = offsets.iter().map(|(_, offset)| *offset).chain([0]).collect();
    all.sort_unstable();
    // Of two in the middle, the one nearer to this node's: two nodes alone can't tell whose clock is wrong.
    let upper = all.get(all.len() / 2).copied()?;
    let lower = all.get((all.len() - 1) / 2).copied()?;
    Some(-if lower.abs() < upper.abs() { lower } else { upper })
}

fn nearest_to_median(offsets: &[Offset], ahead_ms: i64) -> Option<&str> {
    let distance = |offset: i64| (offset + ahead_ms).abs();
    let nearest = offsets.iter().min_by_key(|(_, offset)| distance(*offset))?;
    (distance(nearest.1) <= OFFSET_MAX_MS).then_some(nearest.0.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_clock_out_is_the_one_that_is_off() {
        let check = |offsets: &[i64], ahead_ms: Option<i64>, successor: Option<&str>| {
            let offsets: Vec<Offset> = offsets
                .iter()
                .enumerate()
                .map(|(index, &offset)| (format!("peer-{index}"), offset))
                .collect();
            assert_eq!(ahead_of_median(&offsets), ahead_ms);
            assert_eq!(ahead_ms.and_then(|ahead_ms| nearest_to_median(&offsets, ahead_ms)), successor);
        };
        check(&[], None, None);
        check(&[3, -2], Some(0), Some("peer-1"));
        check(&[5_000, 5_010], Some(-5_000), Some("peer-0"));
        check(&[-5_000, -5_010], Some(5_000), Some("peer-0"));
        check(&[5_000, 0], Some(0), Some("peer-1"));
        check(&[5_000], Some(0), None);
        check(&[9_000, 9_001, 0, 9_002], Some(-9_000), Some("peer-0"));
    }
}
