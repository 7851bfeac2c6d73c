//! A small world for tests: a map in memory, a clock that stands still until it is moved, randomness that counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_asl::definition::{self, Definition, ParseOptions};
use prost::Message;

use crate::api_error::{ApiError, Refusal};
use crate::desk::{Caller, Definitions, Desk};
use crate::draft::{Decision, Origin, Transaction, Write};
use crate::id::{ExecutionId, MachineId, RequestId, Timestamp};
use crate::key;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::outbox::Outbox;
use crate::record::{Chunk, Event, EventDetails, ExecutionStatus, Head, PayloadRef, Revision};
use crate::view::{self, View, ViewError};

/// When a world begins.
pub(crate) const BEGINNING: Timestamp = Timestamp(1_700_000_000_000);

/// The account and region that own what tests create.
pub(crate) fn owner() -> Caller {
    Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
}

/// The ARN of an owner's resource: `kind` and what follows.
pub(crate) fn arn(resource: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:{resource}")
}

/// The request with this number.
pub(crate) fn request(number: u8) -> RequestId {
    RequestId::from_bytes([number; 16])
}

/// The state, and what surrounds it.
pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) now: Timestamp,
    pub(crate) limits: Limits,
    pub(crate) outboxes: Vec<Outbox>,
    entropy: Counting,
}

impl World {
    pub(crate) fn new() -> Self {
        let entropy = Counting(AtomicU8::new(0));
        Self {
            memory: Memory::new(),
            now: BEGINNING,
            limits: Limits::default(),
            outboxes: Vec::new(),
            entropy,
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, milliseconds: i64) {
        self.now.0 += milliseconds;
    }

    /// Decides and commits.
    pub(crate) fn run<R>(
        &mut self,
        decide: impl FnOnce(&Desk<'_>) -> Result<Decision<R>, Refusal>,
    ) -> Result<R, ApiError> {
        let decision = match decide(&self.desk()) {
            Ok(decision) => decision,
            Err(Refusal::Api(error)) => return Err(error),
            Err(Refusal::View(error)) => panic!("a view in memory failed: {error}"),
        };
        if let Some(transaction) = &decision.transaction {
            assert!(self.memory.apply(transaction), "a lone writer's guards hold");
        }
        Ok(decision.reply)
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            view: &self.memory,
            definitions: &Parsing,
            now: self.now,
            entropy: &self.entropy,
            limits: &self.limits,
            outboxes: &self.outboxes,
            is_late: &|| false,
        }
    }

    /// Writes a record as it is.
    pub(crate) fn put(&mut self, key: Bytes, record: &impl Message) {
        self.write(Write::Put { key, value: record.encode_to_vec().into() });
    }

    /// Writes a key that says all by being there.
    pub(crate) fn put_empty(&mut self, key: Bytes) {
        self.write(Write::Put { key, value: Bytes::new() });
    }

    /// Removes a key.
    pub(crate) fn delete(&mut self, key: Bytes) {
        self.write(Write::Delete { key });
    }

    fn write(&mut self, write: Write) {
        let transaction = Transaction { origin: Origin("Test"), guards: Vec::new(), writes: vec![write] };
        assert!(self.memory.apply(&transaction), "there are no guards");
    }

    /// The record at `key`.
    pub(crate) fn get<M: Message + Default>(&self, key: &Bytes) -> Option<M> {
        view::record(&self.memory, key).expect("the record can be decoded")
    }

    /// Whether there is such a key.
    pub(crate) fn has(&self, key: &Bytes) -> bool {
        self.memory.get(key).expect("memory can be read").is_some()
    }

    /// How many keys start with `prefix`.
    pub(crate) fn count(&self, prefix: &[u8]) -> usize {
        self.memory.pairs(prefix).count()
    }

    /// Writes an execution with a history of `events` events, `per_chunk` in a chunk, each with an input that says its id.
    pub(crate) fn put_execution(&mut self, execution: &Execution<'_>) -> ExecutionId {
        let arn = arn(&format!("execution:m:{}", execution.name));
        let id = ExecutionId::of_arn(&arn);
        let head = Head {
            arn,
            state_machine_arn: self::arn("stateMachine:m"),
            machine: Bytes::copy_from_slice(execution.machine.as_bytes()),
            revision: 1,
            status: execution.status as i32,
            started_ms: execution.started_ms,
            stopped_ms: execution.stopped_ms,
            input: PayloadRef { chunk: 1, index: 0 },
            next_event_id: execution.events + 1,
            ..Head::default()
        };
        self.put(key::head(id), &head);
        let started = Timestamp(execution.started_ms);
        self.put_empty(key::listing(execution.machine, execution.status, started, id));
        let ids: Vec<u64> = (1..=execution.events).collect();
        for ids in ids.chunks(execution.per_chunk) {
            let first = ids[0];
            let events = ids.iter().zip(0..).map(|(id, index)| Event {
                id: *id,
                previous_id: id - 1,
                details: EventDetails {
                    input: Some(PayloadRef { chunk: first, index }),
                    ..EventDetails::default()
                },
                ..Event::default()
            });
            let payloads = ids.iter().map(|id| Bytes::from(id.to_string()));
            let chunk = Chunk { events: events.collect(), payloads: payloads.collect() };
            self.put(key::chunk(id, first), &chunk);
        }
        id
    }
}

/// An execution to write.
pub(crate) struct Execution<'a> {
    pub(crate) machine: MachineId,
    pub(crate) name: &'a str,
    pub(crate) status: ExecutionStatus,
    pub(crate) started_ms: i64,
    pub(crate) stopped_ms: Option<i64>,
    pub(crate) events: u64,
    pub(crate) per_chunk: usize,
}

struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

struct Parsing;

impl Definitions for Parsing {
    fn definition(
        &self,
        view: &dyn View,
        machine: MachineId,
        revision: u64,
    ) -> Result<Arc<Definition>, ViewError> {
        let key = key::revision(machine, revision);
        let revision: Revision =
            view::record(view, &key)?.ok_or_else(|| ViewError::missing("Revision", &key))?;
        let text = std::str::from_utf8(&revision.definition).expect("tests write UTF-8");
        Ok(Arc::new(
            definition::parse(text, &ParseOptions::default()).expect("tests write valid definitions"),
        ))
    }
}
