//! Every single call to the file system fails in turn: nothing is acknowledged afterwards, everyone is told, and what
//! was acknowledged is there when the log is opened again.

use bytes::Bytes;

use super::disk::{Disk, Fault, Random};
use super::model::{Change, Content, History};
use super::{Told, open, record, wait};

/// The same work each time, waiting now and then; it fills several segments and purges some.
fn work(disk: &Disk, history: &mut History, told: &Told) {
    let Ok((wal, _)) = open(disk) else { return };
    for round in 0..12u64 {
        let records: Vec<_> =
            (round * 5..round * 5 + 5).map(|index| record(index, vec![round as u8; 300])).collect();
        let changes: Vec<_> =
            records.iter().map(|record| Change::Entry(record.index, record.bytes.clone())).collect();
        let _ = wal.append(records, told.done(history.call(changes)));
        let vote = Bytes::from(vec![round as u8]);
        let _ = wal.save_vote(vote.clone(), told.done(history.call([Change::Vote(vote)])));
        if round % 3 == 2 {
            told.wait(history.calls());
            let (index, id) = (round * 5 - 3, Bytes::from_static(b"id"));
            let _ = wal.purge_upto(index, id.clone(), told.done(history.call([Change::Purge(index, id)])));
        }
    }
    told.wait(history.calls());
    let poisoned = told.so_far().iter().any(|(_, ok)| !ok);
    // It stays poisoned, though the disk is well again.
    let number = history.call([Change::Vote(Bytes::from_static(b"last"))]);
    let refused = wal.save_vote(Bytes::from_static(b"last"), told.done(number)).is_err();
    assert!(refused || !poisoned);
    let closed = wal.close();
    assert!(!poisoned || closed.is_err());
}

fn check(fault: Option<Fault>) -> u64 {
    let case = format!("{fault:?}");
    let disk = Disk::default();
    if let Some(fault) = fault {
        disk.fail(fault);
    }
    let (mut history, told) = (History::from(Content::default()), Told::default());
    work(&disk, &mut history, &told);
    let told = told.wait(history.calls());
    let acknowledged = told.iter().take_while(|(_, ok)| *ok).count();
    assert!(told[acknowledged..].iter().all(|(_, ok)| !ok), "{case}: acknowledged after an error: {told:?}");
    assert_eq!(told.len(), history.calls(), "{case}");
    let calls = disk.calls();
    let full = disk.after_kill();
    full.limit(Some(full.used()));
    for disk in [disk.after_kill(), disk.after_power_loss(&mut Random(calls)), full] {
        let (wal, recovered) = match open(&disk) {
            Ok(opened) => opened,
            // Only a log that isn't there yet needs space.
            Err(error) if acknowledged == 0 && error.to_string().contains("no space for a log segment") => {
                continue;
            }
            Err(error) => panic!("{case}: {error}"),
        };
        let mut content = Content::of(&wal, &recovered).unwrap();
        history.check(acknowledged, &content, &case);
        // What was recovered survives from now on, even if only the page cache held it after a failed sync; so does
        // what follows it.
        let index = content.next();
        wait(|done| wal.append(vec![record(index, "more")], done)).unwrap();
        content.apply(&Change::Entry(index, Bytes::from_static(b"more")));
        let (wal, recovered) = open(&disk.synced_only()).unwrap();
        assert_eq!(Content::of(&wal, &recovered).unwrap(), content, "{case}");
    }
    calls
}

#[test]
fn every_call_fails_once() {
    let calls = check(None);
    assert!(calls > 50, "{calls}");
    for call in 0..calls {
        check(Some(Fault::Once(call)));
        check(Some(Fault::From(call)));
    }
}
