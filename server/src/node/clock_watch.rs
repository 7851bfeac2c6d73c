//! Compares this node's clock with its peers': a leader whose clock is off would fire timers early or late, so it begins no term and hands
//! leadership over.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use keepstep_proto::cluster::v1::ClockRequest;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use keepstep_raft::{Leadership, PeerChannel, Replica};
use metrics::gauge;
use tokio::sync::watch;

use crate::leader::wall_ms;
use crate::metric;

/// How often clocks are compared.
const INTERVAL: Duration = Duration::from_secs(10);
/// A peer that takes longer to answer says nothing about its clock.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// How long a new leader waits before it compares clocks again, if its own was off or no peer answered.
const RETRY: Duration = Duration::from_millis(200);
/// By how much a leader's clock may be off the cluster's median, in milliseconds.
const OFFSET_MAX_MS: i64 = 1_000;

/// A peer's name and how far its clock is ahead of this node's, in milliseconds.
type Offset = (String, i64);

/// Runs until the process ends. Does nothing on a node without peers.
pub(super) async fn run(replica: Replica, peers: Vec<String>) {
    if peers.is_empty() {
        return;
    }
    let mut clocks = Clocks { replica, peers, channels: Vec::new() };
    loop {
        let offsets: Vec<Offset> = clocks.ask_all().filter_map(std::future::ready).collect().await;
        judge(&clocks.replica, &offsets).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The replica's leadership, with terms beginning only once this node's clock is known to agree with its peers': the first thing that a
/// leader does is to fire what is due, and what a clock that is ahead has fired stays fired.
pub(super) fn checked_leadership(replica: &Replica, peers: Vec<String>) -> watch::Receiver<Leadership> {
    let mut own = replica.leadership();
    if peers.is_empty() {
        return own;
    }
    let (told, checked) = watch::channel(Leadership::Follower { leader: None });
    let mut clocks = Clocks { replica: replica.clone(), peers, channels: Vec::new() };
    tokio::spawn(async move {
        loop {
            let now = own.borrow_and_update().clone();
            if matches!(now, Leadership::Leader { .. }) {
                // Whatever term this node led before is over.
                told.send_replace(Leadership::Follower { leader: None });
                let changed = tokio::select! {
                    () = clocks.until_right() => None,
                    changed = own.changed() => Some(changed),
                };
                match changed {
                    None => {}
                    Some(Ok(())) => {
                        own.mark_changed();
                        continue;
                    }
                    Some(Err(_)) => return,
                }
            }
            told.send_replace(now);
            if own.changed().await.is_err() {
                return;
            }
        }
    });
    checked
}

/// The clocks of a node's peers.
struct Clocks {
    replica: Replica,
    peers: Vec<String>,
    channels: Vec<(String, PeerChannel)>,
}

impl Clocks {
    /// Asks every peer at once; the answers come as they arrive.
    fn ask_all(&mut self) -> FuturesUnordered<impl Future<Output = Option<Offset>> + use<>> {
        for peer in &self.peers {
            if !self.channels.iter().any(|(name, _)| name == peer)
                && let Some(channel) = self.replica.channel_to(peer)
            {
                self.channels.push((peer.clone(), channel));
            }
        }
        self.channels.iter().map(|(name, channel)| ask(name.clone(), channel.clone())).collect()
    }

    /// Waits until this node's clock agrees with its peers'. A peer that is silent is waited for only if the others leave it open.
    async fn until_right(&mut self) {
        loop {
            let mut answers = self.ask_all();
            let mut offsets = Vec::new();
            while let Some(answer) = answers.next().await {
                offsets.extend(answer);
                if a_majority_agrees(&offsets, self.peers.len()) {
                    return;
                }
            }
            drop(answers);
            if ahead_of_median(&offsets).is_some_and(|ahead_ms| ahead_ms.abs() <= OFFSET_MAX_MS) {
                return;
            }
            judge(&self.replica, &offsets).await;
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Whether this node's clock and those near it are a majority of all.
fn a_majority_agrees(offsets: &[Offset], peers: usize) -> bool {
    let near = offsets.iter().filter(|(_, offset)| offset.abs() <= OFFSET_MAX_MS).count();
    2 * (near + 1) > peers + 1
}

async fn ask(name: String, channel: PeerChannel) -> Option<Offset> {
    let asked = Instant::now();
    let answer = tokio::time::timeout(ANSWER_MAX, ClusterClient::new(channel).clock(ClockRequest {}))
        .await
        .ok()?
        .ok()?;
    let half_way_ms = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(0);
    let theirs_ms = answer.into_inner().unix_micros / 1_000;
    Some((name, theirs_ms + half_way_ms - wall_ms()))
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

    #[test]
    fn a_majority_of_clocks_decides_before_the_last_has_answered() {
        let check = |offsets: &[i64], peers, expected| {
            let offsets: Vec<Offset> = offsets.iter().map(|&offset| ("peer".to_owned(), offset)).collect();
            assert_eq!(a_majority_agrees(&offsets, peers), expected, "{offsets:?} of {peers}");
        };
        check(&[], 2, false);
        check(&[900], 2, true);
        check(&[5_000], 2, false);
        check(&[5_000, 0], 2, true);
        check(&[0], 4, false);
        check(&[0, -10], 4, true);
        check(&[], 1, false);
        check(&[0], 1, true);
    }
}
