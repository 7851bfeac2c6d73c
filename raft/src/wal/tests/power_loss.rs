//! Random work, interrupted at a random call to the file system by a kill or a power loss, many lives in a row: what
//! was acknowledged is there, what was truncated stays away, and what remains is a prefix of what was asked.

use std::io;

use bytes::Bytes;

use super::super::Wal;
use super::disk::{Disk, Fault, Random};
use super::model::{Change, Content, History};
use super::{Told, open, record};

/// One random call: noted in the history, then made.
fn random_call(wal: &Wal, history: &mut History, told: &Told, random: &mut Random) -> io::Result<()> {
    let content = history.end();
    let fill = random.next() as u8;
    let next = content.next();
    let first = content.entries.keys().next().copied().unwrap_or(next);
    match random.below(20) {
        0..12 => {
            let records: Vec<_> = (next..next + 1 + random.below(6))
                .map(|index| record(index, vec![fill; random.below(300) as usize]))
                .collect();
            let changes = records.iter().map(|record| Change::Entry(record.index, record.bytes.clone()));
            let number = history.call(changes);
            wal.append(records, told.done(number))
        }
        12..15 => {
            let vote = Bytes::from(vec![fill; 1 + random.below(40) as usize]);
            let number = history.call([Change::Vote(vote.clone())]);
            wal.save_vote(vote, told.done(number))
        }
        15..18 => {
            let from = first + random.below(next - first + 1);
            let number = history.call([Change::Truncate(from)]);
            wal.truncate_after(from.checked_sub(1), told.done(number))
        }
        _ => {
            // Sometimes beyond the end, as after installing a snapshot.
            let beyond = if random.below(8) == 0 { 5 } else { 0 };
            let index = first + random.below(next - first + 1 + beyond);
            let id = Bytes::from(vec![fill; 16]);
            let number = history.call([Change::Purge(index, id.clone())]);
            wal.purge_upto(index, id, told.done(number))
        }
    }
}

/// Random calls until the log fails or chance ends it.
fn work(wal: &Wal, history: &mut History, told: &Told, random: &mut Random) {
    for _ in 0..random.below(60) {
        let called = random_call(wal, history, told, random);
        if random.below(3) == 0 {
            told.wait(history.calls());
        }
        if called.is_err() {
            break;
        }
        if random.below(10) == 0 {
            history.end().check_reads(wal);
        }
    }
}

/// Every call was told once, successes in order, and none after an error.
fn check_told(told: &Told, calls: usize, case: &str) {
    let told = told.wait(calls);
    let acknowledged = told.iter().take_while(|(_, ok)| *ok).count();
    assert!(told[acknowledged..].iter().all(|(_, ok)| !ok), "{case}: acknowledged after an error: {told:?}");
    let mut numbers: Vec<_> = told.iter().map(|(number, _)| *number).collect();
    assert!(numbers[..acknowledged].iter().copied().eq(0..acknowledged), "{case}: out of order: {told:?}");
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..calls), "{case}: not told exactly once: {told:?}");
}

fn live_and_crash(seed: u64) {
    let mut random = Random(seed);
    let mut disk = Disk::default();
    let mut history = History::from(Content::default());
    let mut acknowledged = 0;
    for life in 0..8 {
        let case = format!("seed {seed}, life {life}");
        if random.below(3) > 0 {
            let call = random.below(200);
            disk.fail(if random.below(4) == 0 { Fault::Once(call) } else { Fault::From(call) });
        }
        // In some lives, the disk is full.
        disk.limit((random.below(4) == 0).then(|| disk.used()));
        match open(&disk) {
            Ok((wal, recovered)) => {
                if let Ok(content) = Content::of(&wal, &recovered) {
                    history.check(acknowledged, &content, &case);
                    // What was recovered is trusted from here on.
                    history = History::from(content);
                    let told = Told::default();
                    work(&wal, &mut history, &told, &mut random);
                    let closed = random.below(4) == 0 && wal.clone().close().is_ok();
                    // What was acknowledged before the crash counts; what comes after it no longer matters.
                    acknowledged = told.so_far().iter().take_while(|(_, ok)| *ok).count();
                    assert!(!closed || acknowledged == history.calls(), "{case}: closed with work undone");
                    let crashed = disk.after_kill();
                    drop(wal);
                    check_told(&told, history.calls(), &case);
                    disk = crashed;
                }
            }
            Err(error) => {
                let text = error.to_string();
                let expected = text.contains("injected") || text.contains("no space for a log segment");
                assert!(expected, "{case}: {text}");
            }
        }
        disk = if random.below(3) == 0 { disk.after_kill() } else { disk.after_power_loss(&mut random) };
    }
    disk.limit(None);
    let (wal, recovered) = open(&disk).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let content = Content::of(&wal, &recovered).unwrap();
    history.check(acknowledged, &content, &format!("seed {seed}, end"));
}

#[test]
fn acknowledged_work_survives_and_the_rest_is_a_prefix() {
    for seed in 0..400 {
        live_and_crash(seed);
    }
}
