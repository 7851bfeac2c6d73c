//! Tests of the log as a whole, over a simulated disk that forgets what wasn't synced.

mod behaviour;
mod damage;
mod disk;
mod full_disk;
mod io_errors;
mod model;
mod power_loss;

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;

use self::disk::Disk;
use super::{Done, OpenError, Options, Record, Recovered, Wal};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Segments so small that a few entries fill them.
fn options(disk: &Disk) -> Options {
    Options {
        segment_bytes: 8 << 10,
        max_batch_bytes: 2 << 10,
        max_entry_bytes: 1 << 10,
        max_queued_bytes: 16 << 10,
        cache_bytes: 2 << 10,
        files: Arc::new(disk.clone()),
        ..Options::default()
    }
}

fn open(disk: &Disk) -> Result<(Wal, Recovered), OpenError> {
    Wal::open(Path::new("/log"), options(disk))
}

fn record(index: u64, bytes: impl Into<Bytes>) -> Record {
    Record { index, bytes: bytes.into() }
}

/// `count` entries of `size` bytes from `first` on.
fn records(first: u64, count: u64, size: usize) -> Vec<Record> {
    (first..first + count).map(|index| record(index, vec![index as u8; size])).collect()
}

/// All entries that the log holds.
fn entries(wal: &Wal) -> io::Result<Vec<Record>> {
    wal.read(0..u64::MAX, usize::MAX)
}

/// Collects what callbacks are told, in the order in which they are told.
#[derive(Clone, Default)]
struct Told(Arc<Answers>);

#[derive(Default)]
struct Answers {
    answers: Mutex<Vec<(usize, bool)>>,
    came: Condvar,
}

impl Told {
    /// A callback that notes its number.
    fn done(&self, number: usize) -> Done {
        let told = self.0.clone();
        Box::new(move |result: io::Result<()>| {
            told.answers.lock().unwrap().push((number, result.is_ok()));
            told.came.notify_all();
        })
    }

    fn so_far(&self) -> Vec<(usize, bool)> {
        self.0.answers.lock().unwrap().clone()
    }

    /// Waits until so many were told.
    fn wait(&self, count: usize) -> Vec<(usize, bool)> {
        let answers = self.0.answers.lock().unwrap();
        let waited = self.0.came.wait_timeout_while(answers, PATIENCE, |answers| answers.len() < count);
        let (answers, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "{count} callbacks were due, but only these came: {answers:?}");
        answers.clone()
    }
}

/// Runs one call and waits until it is durable, or isn't.
fn wait(call: impl FnOnce(Done) -> io::Result<()>) -> io::Result<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let called = call(Box::new(move |result| sender.send(result).unwrap()));
    let told = receiver.recv_timeout(PATIENCE).expect("the callback is called");
    called.and(told)
}
