//! Telling targets: in order, again and again, each for itself, from one term to the next, and no more than fits.

use std::sync::atomic::{AtomicBool, AtomicUsize};

use http::Response;
use keepstep_engine::Outbox;
use keepstep_engine::id::OutboxId;
use keepstep_engine::key::Outgoing;
use keepstep_engine::record::{ExecutionStatus, Head};
use serde_json::Value;

use super::*;
use crate::http_stub::{self, Seen};
use crate::status_changes::Config;

/// A receiver that answers 500 while it is `down`.
async fn receiver(down: &Arc<AtomicBool>) -> (String, Seen) {
    let down = Arc::clone(down);
    let status = move || if down.load(Ordering::SeqCst) { 500 } else { 200 };
    http_stub::start(move || Response::builder().status(status()).body("").expect("a response")).await
}

fn webhooks(urls: &[&String]) -> Vec<Target> {
    let urls: Vec<_> = urls.iter().map(|&url| url.clone()).collect();
    let config = Config::new(Some("none"), &urls, None, "us-east-1", |_| None);
    config.and_then(Config::targets).unwrap_or_else(|error| panic!("{error}"))
}

fn outbox_of(url: &str) -> OutboxId {
    OutboxId::of_target(&format!("webhook {url}"))
}

fn arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:m:{name}")
}

fn change(outbox: OutboxId, at: i64, name: &str, status: ExecutionStatus) -> (Outgoing, Head) {
    let arn = arn(name);
    let execution = ExecutionId::of_arn(&arn);
    let outgoing = Outgoing { outbox, at: Timestamp(at), execution, event_id: 1 + status as u64 };
    (outgoing, Head { arn, status: status as i32, ..Head::default() })
}

/// Writes changes as a leader before left them.
fn leave(bench: &Bench, url: &str, changes: &[(i64, &str, ExecutionStatus)]) {
    for (at, name, status) in changes {
        let (outgoing, head) = change(outbox_of(url), *at, name, *status);
        bench.ledger.put(outgoing.key(), head.encode_to_vec().into());
    }
}

/// Name and status of what a receiver was told, in order.
fn told(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().expect("no panic");
    let line = |body: &Bytes| {
        let event: Value = serde_json::from_slice(body).expect("JSON");
        let member = |name: &str| event["detail"][name].as_str().expect("a text").to_owned();
        format!("{} {}", member("name"), member("status"))
    };
    seen.iter().map(|(_, body)| line(body)).collect()
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn emptied(bench: &Bench, url: &str) {
    let prefix = key::outbox(outbox_of(url));
    let end = key::prefix_end(&prefix);
    let scan = || bench.ledger.view().scan(&prefix, &end, 1, keepstep_engine::view::Direction::Forward);
    until(|| scan().expect("readable").is_empty()).await;
}

use ExecutionStatus::{Failed, Running, Succeeded};

#[tokio::test]
async fn changes_of_an_execution_are_told_in_order_and_then_deleted() {
    let (url, seen) = receiver(&Arc::default()).await;
    let bench = Bench::with_targets(obliging(), webhooks(&[&url]));
    leave(&bench, &url, &[(1, "a", Running), (1, "a", Succeeded), (2, "b", Running), (3, "b", Failed)]);
    bench.begin_term(1).await;
    emptied(&bench, &url).await;
    let told = told(&seen);
    let of = |name: &str| told.iter().filter(|line| line.starts_with(name)).cloned().collect::<Vec<_>>();
    assert_eq!(
        (of("a"), of("b")),
        (vec!["a RUNNING".into(), "a SUCCEEDED".into()], vec!["b RUNNING".into(), "b FAILED".into()])
    );
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn a_target_that_is_down_gets_everything_later_and_keeps_nobody_waiting() {
    let down = Arc::new(AtomicBool::new(true));
    let ((url, seen), (other, others_seen)) = (receiver(&down).await, receiver(&Arc::default()).await);
    let bench = Bench::with_targets(obliging(), webhooks(&[&url, &other]));
    let changes = [(1, "a", Running), (2, "a", Succeeded)];
    leave(&bench, &url, &changes);
    leave(&bench, &other, &changes);
    bench.begin_term(1).await;
    emptied(&bench, &other).await;
    assert_eq!(told(&others_seen), ["a RUNNING", "a SUCCEEDED"]);
    until(|| told(&seen).len() >= 2).await;
    down.store(false, Ordering::SeqCst);
    emptied(&bench, &url).await;
    let told = told(&seen);
    let (last, repeats) = told.split_last().expect("something");
    assert_eq!(last, "a SUCCEEDED");
    assert!(repeats.iter().all(|line| line == "a RUNNING"), "{told:?}");
}

#[tokio::test]
async fn what_a_target_never_takes_holds_up_nobody_else() {
    let known = Arc::new(std::sync::OnceLock::<Seen>::new());
    let seen_by_answer = Arc::clone(&known);
    let answer = move || {
        let seen = seen_by_answer.get().expect("known before anything is told");
        // On one thread, the request that is answered is the one that came last.
        let is_bad = told(seen).last().is_some_and(|line| line.starts_with("bad"));
        Response::builder().status(if is_bad { 500 } else { 200 }).body("").expect("a response")
    };
    let (url, seen) = http_stub::start(answer).await;
    known.set(Arc::clone(&seen)).expect("set once");
    let bench = Bench::with_targets(obliging(), webhooks(&[&url]));
    let bad: Vec<_> = (0..210).map(|number| format!("bad{number}")).collect();
    let bad: Vec<_> = bad.iter().map(|name| (1, name.as_str(), Running)).collect();
    leave(&bench, &url, &bad);
    leave(&bench, &url, &[(2, "bad0", Succeeded), (3, "good", Running), (4, "good", Succeeded)]);
    bench.begin_term(1).await;
    until(|| told(&seen).iter().any(|line| line == "good SUCCEEDED")).await;
    assert!(!told(&seen).contains(&"bad0 SUCCEEDED".to_owned()), "its start comes first");
}

/// A leader whose only target was told of the start of `a` and is down: how to bring it up, its URL, and what it was asked.
async fn with_target_down() -> (Bench, Arc<AtomicBool>, String, Seen) {
    let down = Arc::new(AtomicBool::new(true));
    let (url, seen) = receiver(&down).await;
    let bench = Bench::with_targets(obliging(), webhooks(&[&url]));
    leave(&bench, &url, &[(1, "a", Running)]);
    bench.begin_term(1).await;
    until(|| !told(&seen).is_empty()).await;
    (bench, down, url, seen)
}

#[tokio::test]
async fn the_next_leader_tells_what_the_last_one_did_not() {
    let (bench, down, url, _) = with_target_down().await;
    bench.end_term().await;
    down.store(false, Ordering::SeqCst);
    bench.begin_term(2).await;
    emptied(&bench, &url).await;
}

/// A decision that changes an execution's status, as far as outboxes have room, and says what it saw of them.
async fn decide(bench: &Bench, number: usize) -> Vec<Outbox> {
    let decided = bench.engine.decide(move |desk| {
        let mut decision = writes(b"k", desk.outboxes.to_vec());
        for outbox in desk.outboxes {
            let (outgoing, head) = change(outbox.id, desk.now.0, &number.to_string(), Running);
            if outbox.is_full {
                decision.effects.push(Effect::Untold(outbox.id));
                continue;
            }
            decision.effects.push(Effect::Tell(outgoing));
            if let Some(transaction) = &mut decision.transaction {
                let value = head.encode_to_vec().into();
                transaction.writes.push(Write::Put { key: outgoing.key(), value });
            }
        }
        Ok(decision)
    });
    decided.await.expect("decided")
}

#[tokio::test]
async fn an_outbox_has_its_bound_and_room_again_when_its_target_takes_events() {
    let (bench, down, url, seen) = with_target_down().await;
    // One was there before the term; there is room for three.
    let saw = |is_full| vec![Outbox { id: outbox_of(&url), is_full }];
    for (number, is_full) in [false, false, true, true].into_iter().enumerate() {
        assert_eq!(decide(&bench, number).await, saw(is_full), "{number}");
    }
    down.store(false, Ordering::SeqCst);
    emptied(&bench, &url).await;
    let mut told = told(&seen);
    told.sort();
    told.dedup();
    assert_eq!(told, ["0 RUNNING", "1 RUNNING", "a RUNNING"]);
    let tries = AtomicUsize::new(4);
    while decide(&bench, tries.fetch_add(1, Ordering::SeqCst)).await != saw(false) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_targets_decisions_see_none() {
    let bench = Bench::new(obliging());
    bench.begin_term(1).await;
    assert_eq!(decide(&bench, 0).await, []);
}
