//! The keys of the replicated state. Everything of one execution lies under its own prefix; indexes are keys as well.
//!
//! | family | key | value |
//! | --- | --- | --- |
//! | `sm/` | account `/` region `/` name | [`record::StateMachine`](crate::record::StateMachine): the current one, and the lifecycle that guards all that belongs to it |
//! | `sr/` | machine id, revision number | [`record::Revision`](crate::record::Revision): a definition and its configuration, immutable |
//! | `sv/` | machine id, inverted version number | [`record::Version`](crate::record::Version) |
//! | `sa/` | machine id, name | [`record::Alias`](crate::record::Alias) |
//! | `sd/` | machine id | [`record::Deletion`](crate::record::Deletion): a state machine being deleted |
//! | `ac/` | account `/` region `/` name | [`record::Activity`](crate::record::Activity) |
//! | `tg/` | machine or activity id | [`record::Tags`](crate::record::Tags) |
//! | `ex/` | execution id | [`record::Head`](crate::record::Head): the guard of every change of the execution |
//! | | execution id, `b`, branch id | [`record::Branch`](crate::record::Branch) |
//! | | execution id, `c`, first event id | [`record::Chunk`](crate::record::Chunk): events and payloads of one step |
//! | | execution id, `m`, branch id, slice | [`record::Items`](crate::record::Items): a Map's items while it runs, or is stopped |
//! | | execution id, `r`, branch id, slice | [`record::Results`](crate::record::Results): what the branches of a Map or Parallel came to, while it runs, or is stopped |
//! | | execution id, `i`, branch id, attempt | [`record::ChildResult`](crate::record::ChildResult): the inbox, drained by the execution |
//! | | map run id, `s` | [`record::MapRunSetup`](crate::record::MapRunSetup): what a map run makes children from |
//! | | map run id, `w`, position | [`record::WaitingItems`](crate::record::WaitingItems): items that wait to go into children |
//! | | map run id, `p` | [`record::OpenBatch`](crate::record::OpenBatch): a batch that is being filled |
//! | | map run id, `q`, slice | [`record::ChildResults`](crate::record::ChildResults): what children came to, while the map run goes on |
//! | | map run id, `o` | [`record::MapRunOutput`](crate::record::MapRunOutput): what the map run came to |
//! | | execution id, `d`, start time, map run id | empty: the map runs that an execution started, in order |
//! | `mr/` | map run id | [`record::MapRun`](crate::record::MapRun): the guard of every change of the map run |
//! | `mm/` | machine id, map run id | empty: map runs by state machine |
//! | `nm/` | execution id | [`record::NameHold`](crate::record::NameHold): a deleted execution whose name is still taken |
//! | `li/` | machine or map run id, status, inverted start time, execution id | empty: executions by state machine or map run, newest first |
//! | `lq/` | machine id, version or alias, `/`, status, inverted start time, execution id | empty: the same of those that a version or an alias started |
//! | `ti/` | due time, execution id, branch id, timer kind | empty: timers |
//! | `at/` | activity id, scheduled time, execution id, branch id | [`record::WaitingTask`](crate::record::WaitingTask): activity tasks that wait for a worker |
//! | `ca/` | execution id, branch id, call kind | [`record::Call`](crate::record::Call): calls to others that have no recorded result |
//! | `xp/` | expiry time, execution id | empty: finished executions (or name holds) to delete |
//! | `ob/` | outbox id, time, execution id, event id | [`record::Head`](crate::record::Head) as a change of its status left it: waits for one target |
//! | `xs/` | node id, execution id | [`record::ExpressStart`](crate::record::ExpressStart): asynchronous Express executions that have not ended, by the node that owns them |
//! | `rq/` | time bucket, request id | [`record::Outcome`](crate::record::Outcome): the outcome of a recent request |
//!
//! One more family, `ck/`, is not the engine's: the leader's scheduler keeps the last committed time there.
//!
//! Numbers in keys are big-endian, so that keys sort as their numbers do. Times are milliseconds since the Unix epoch.

use bytes::Bytes;

use crate::id::{ActivityId, BranchId, ExecutionId, MachineId, NodeId, OutboxId, RequestId, Timestamp};
use crate::record::{CallKind, ExecutionStatus, TimerKind};

/// How long the outcome of a request is kept at the least, in milliseconds: one bucket and what is left of the next.
pub const REQUEST_BUCKET_MS: i64 = 10 * 60 * 1000;

const FAMILY_LEN: usize = 3;

struct Builder(Vec<u8>);

impl Builder {
    fn new(family: &[u8; FAMILY_LEN]) -> Self {
        let mut key = Vec::with_capacity(64);
        key.extend_from_slice(family);
        Self(key)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn byte(self, byte: u8) -> Self {
        self.bytes(&[byte])
    }

    fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn time(self, time: Timestamp) -> Self {
        self.number(sortable(time))
    }

    fn build(self) -> Bytes {
        self.0.into()
    }
}

/// Times before the epoch sort as the epoch.
fn sortable(time: Timestamp) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}

/// Reads a key from its front; `None` where it is too short.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn new<'a>(family: &[u8; FAMILY_LEN], key: &'a [u8]) -> Option<Reader<'a>> {
        key.strip_prefix(family).map(Reader)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*front)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.number().and_then(|ms| i64::try_from(ms).ok()).map(Timestamp)
    }
}

/// The first key that is greater than all keys with this prefix.
pub fn prefix_end(prefix: &[u8]) -> Bytes {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end.into()
}

/// The first key that is greater than `key`: where a scan goes on.
pub fn after(key: &[u8]) -> Bytes {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next.into()
}

/// A state machine. Names, accounts and regions hold no `/`.
pub fn state_machine(account: &str, region: &str, name: &str) -> Bytes {
    named(b"sm/", account, region, name)
}

/// What all state machines of an account and region start with.
pub fn state_machines(account: &str, region: &str) -> Bytes {
    named(b"sm/", account, region, "")
}

/// What all state machines start with.
pub fn all_state_machines() -> Bytes {
    Builder::new(b"sm/").build()
}

/// An activity.
pub fn activity(account: &str, region: &str, name: &str) -> Bytes {
    named(b"ac/", account, region, name)
}

/// What all activities of an account and region start with.
pub fn activities(account: &str, region: &str) -> Bytes {
    named(b"ac/", account, region, "")
}

fn named(family: &[u8; FAMILY_LEN], account: &str, region: &str, name: &str) -> Bytes {
    Builder::new(family)
        .bytes(account.as_bytes())
        .byte(b'/')
        .bytes(region.as_bytes())
        .byte(b'/')
        .bytes(name.as_bytes())
        .build()
}

/// A revision of a state machine, numbered from 1.
pub fn revision(machine: MachineId, number: u64) -> Bytes {
    Builder::new(b"sr/").bytes(machine.as_bytes()).number(number).build()
}

/// What all revisions of a state machine start with.
pub fn revisions(machine: MachineId) -> Bytes {
    Builder::new(b"sr/").bytes(machine.as_bytes()).build()
}

/// A version of a state machine, numbered from 1. The newest comes first.
pub fn version(machine: MachineId, number: u64) -> Bytes {
    Builder::new(b"sv/").bytes(machine.as_bytes()).number(u64::MAX - number).build()
}

/// The number of a [`version`] key.
pub fn parse_version(key: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(b"sv/", key)?;
    reader.array::<16>()?;
    reader.number().map(|inverted| u64::MAX - inverted)
}

/// What all versions of a state machine start with.
pub fn versions(machine: MachineId) -> Bytes {
    Builder::new(b"sv/").bytes(machine.as_bytes()).build()
}

/// An alias of a state machine.
pub fn alias(machine: MachineId, name: &str) -> Bytes {
    Builder::new(b"sa/").bytes(machine.as_bytes()).bytes(name.as_bytes()).build()
}

/// What all aliases of a state machine start with.
pub fn aliases(machine: MachineId) -> Bytes {
    Builder::new(b"sa/").bytes(machine.as_bytes()).build()
}

/// The name of an [`alias`] key.
pub fn parse_alias(key: &[u8]) -> Option<&str> {
    let (_, name) = key.strip_prefix(b"sa/")?.split_first_chunk::<16>()?;
    std::str::from_utf8(name).ok()
}

/// A state machine being deleted.
pub fn deletion(machine: MachineId) -> Bytes {
    Builder::new(b"sd/").bytes(machine.as_bytes()).build()
}

/// The state machine of a [`deletion`] key.
pub fn parse_deletion(key: &[u8]) -> Option<MachineId> {
    Some(MachineId::from_bytes(Reader::new(b"sd/", key)?.array()?))
}

/// What all deletions start with.
pub fn deletions() -> Bytes {
    Builder::new(b"sd/").build()
}

/// The tags of a state machine.
pub fn machine_tags(machine: MachineId) -> Bytes {
    Builder::new(b"tg/").bytes(machine.as_bytes()).build()
}

/// The tags of an activity.
pub fn activity_tags(activity: ActivityId) -> Bytes {
    Builder::new(b"tg/").bytes(activity.as_bytes()).build()
}

/// An execution's head, and the prefix of everything else of it.
pub fn head(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).build()
}

/// A branch of an execution.
pub fn branch(execution: ExecutionId, branch: BranchId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'b').number(branch.0).build()
}

/// What all branches of an execution start with.
pub fn branches(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'b').build()
}

/// A chunk of an execution's history.
pub fn chunk(execution: ExecutionId, first_event_id: u64) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'c').number(first_event_id).build()
}

/// What all chunks of an execution start with.
pub fn chunks(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'c').build()
}

/// A slice of the items of the Map that a branch is in.
pub fn items(execution: ExecutionId, branch: BranchId, slice: u64) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'm').number(branch.0).number(slice).build()
}

/// A slice of the results of the Map or Parallel that a branch is in.
pub fn results(execution: ExecutionId, branch: BranchId, slice: u64) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'r').number(branch.0).number(slice).build()
}

/// What all items of an execution's Maps start with.
pub fn all_items(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'm').build()
}

/// What all results of an execution's fan-outs start with.
pub fn all_results(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'r').build()
}

/// The branch id of a [`branch`] key.
pub fn parse_branch(key: &[u8]) -> Option<BranchId> {
    let mut reader = Reader::new(b"ex/", key)?;
    reader.array::<17>()?;
    reader.number().map(BranchId)
}

/// The place in a parent's inbox where the child that an attempt of one of its branches started reports its end.
pub fn inbox(parent: ExecutionId, branch: BranchId, attempt: u64) -> Bytes {
    Builder::new(b"ex/").bytes(parent.as_bytes()).byte(b'i').number(branch.0).number(attempt).build()
}

/// What an execution's whole inbox starts with.
pub fn inboxes(parent: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(parent.as_bytes()).byte(b'i').build()
}

/// A map run, under the id of its ARN. The rest of it lies under the [`head`] of that id.
pub fn map_run(map_run: ExecutionId) -> Bytes {
    Builder::new(b"mr/").bytes(map_run.as_bytes()).build()
}

/// What a map run makes children from.
pub fn map_run_setup(map_run: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b's').build()
}

/// Items of a map run that wait to go into children, the first of which has this position.
pub fn waiting_items(map_run: ExecutionId, first: u64) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'w').number(first).build()
}

/// What all waiting items of a map run start with, in order.
pub fn all_waiting_items(map_run: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'w').build()
}

/// The position of the first item of a [`waiting_items`] key.
pub fn parse_waiting_items(key: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(b"ex/", key)?;
    reader.array::<17>()?;
    reader.number()
}

/// The batch of a map run that is being filled.
pub fn open_batch(map_run: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'p').build()
}

/// A slice of the results of a map run's children.
pub fn child_results(map_run: ExecutionId, slice: u64) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'q').number(slice).build()
}

/// What all results of a map run's children start with.
pub fn all_child_results(map_run: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'q').build()
}

/// What a map run came to.
pub fn map_run_output(map_run: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(map_run.as_bytes()).byte(b'o').build()
}

/// A map run in the list of those that an execution started.
pub fn started_map_run(execution: ExecutionId, start: Timestamp, map_run: ExecutionId) -> Bytes {
    Builder(started_map_runs(execution).to_vec()).time(start).bytes(map_run.as_bytes()).build()
}

/// What all map runs that an execution started start with, oldest first.
pub fn started_map_runs(execution: ExecutionId) -> Bytes {
    Builder::new(b"ex/").bytes(execution.as_bytes()).byte(b'd').build()
}

/// The map run of a [`started_map_run`] key.
pub fn parse_started_map_run(key: &[u8]) -> Option<ExecutionId> {
    let mut reader = Reader::new(b"ex/", key)?;
    reader.array::<25>()?;
    reader.array().map(ExecutionId::from_bytes)
}

/// A map run in the list of its state machine.
pub fn map_run_of(machine: MachineId, map_run: ExecutionId) -> Bytes {
    Builder::new(b"mm/").bytes(machine.as_bytes()).bytes(map_run.as_bytes()).build()
}

/// What all map runs of a state machine start with.
pub fn map_runs_of(machine: MachineId) -> Bytes {
    Builder::new(b"mm/").bytes(machine.as_bytes()).build()
}

/// The map run of a [`map_run_of`] key.
pub fn parse_map_run_of(key: &[u8]) -> Option<ExecutionId> {
    let mut reader = Reader::new(b"mm/", key)?;
    reader.array::<16>()?;
    reader.array().map(ExecutionId::from_bytes)
}

/// A deleted execution whose name is still taken.
pub fn name_hold(execution: ExecutionId) -> Bytes {
    Builder::new(b"nm/").bytes(execution.as_bytes()).build()
}

/// An execution in the list of its state machine's executions.
pub fn listing(
    machine: MachineId,
    status: ExecutionStatus,
    start: Timestamp,
    execution: ExecutionId,
) -> Bytes {
    listed(&listings(machine, status), start, execution)
}

/// What all executions of a state machine, or of a map run, in one status start with, newest first.
pub fn listings(machine: MachineId, status: ExecutionStatus) -> Bytes {
    Builder::new(b"li/").bytes(machine.as_bytes()).byte(status as u8).build()
}

/// An execution in the list of those that a version (its number) or an alias (its name) started.
pub fn qualified_listing(
    machine: MachineId,
    qualifier: &str,
    status: ExecutionStatus,
    start: Timestamp,
    execution: ExecutionId,
) -> Bytes {
    listed(&qualified_listings(machine, qualifier, status), start, execution)
}

/// What all executions in one status that a version or an alias started begin with, newest first. Names of aliases hold no `/`.
pub fn qualified_listings(machine: MachineId, qualifier: &str, status: ExecutionStatus) -> Bytes {
    Builder::new(b"lq/")
        .bytes(machine.as_bytes())
        .bytes(qualifier.as_bytes())
        .byte(b'/')
        .byte(status as u8)
        .build()
}

/// The place of an execution in the list whose keys start with `list`.
pub fn listed(list: &Bytes, start: Timestamp, execution: ExecutionId) -> Bytes {
    Builder(list.to_vec()).number(u64::MAX - sortable(start)).bytes(execution.as_bytes()).build()
}

/// The start time and the execution of a [`listing`] or a [`qualified_listing`] key.
pub fn parse_listing(key: &[u8]) -> Option<(Timestamp, ExecutionId)> {
    let rest = key.strip_prefix(b"li/").or_else(|| key.strip_prefix(b"lq/"))?;
    let (_, place) = rest.split_last_chunk::<24>()?;
    let mut reader = Reader(place);
    let start = u64::MAX - reader.number()?;
    Some((Timestamp(i64::try_from(start).ok()?), ExecutionId::from_bytes(reader.array()?)))
}

/// A timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timer {
    /// Never fires before this.
    pub due: Timestamp,
    /// Whose.
    pub execution: ExecutionId,
    /// Of which branch (the root for the execution's own timeout).
    pub branch: BranchId,
    /// What it means.
    pub kind: TimerKind,
}

impl Timer {
    /// Its key.
    pub fn key(&self) -> Bytes {
        Builder::new(b"ti/")
            .time(self.due)
            .bytes(self.execution.as_bytes())
            .number(self.branch.0)
            .byte(self.kind as u8)
            .build()
    }

    /// The timer of a key.
    pub fn parse(key: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(b"ti/", key)?;
        Some(Self {
            due: reader.time()?,
            execution: ExecutionId::from_bytes(reader.array()?),
            branch: BranchId(reader.number()?),
            kind: TimerKind::try_from(i32::from(reader.array::<1>()?[0])).ok()?,
        })
    }
}

/// The first key of all timers that are due at `time` or later.
pub fn timers_from(time: Timestamp) -> Bytes {
    Builder::new(b"ti/").time(time).build()
}

/// An activity task that waits for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Waiting {
    /// In which activity's queue.
    pub activity: ActivityId,
    /// Its place in the queue.
    pub scheduled: Timestamp,
    /// Whose task it is.
    pub execution: ExecutionId,
    /// Of which branch.
    pub branch: BranchId,
}

impl Waiting {
    /// Its key.
    pub fn key(&self) -> Bytes {
        Builder::new(b"at/")
            .bytes(self.activity.as_bytes())
            .time(self.scheduled)
            .bytes(self.execution.as_bytes())
            .number(self.branch.0)
            .build()
    }

    /// The waiting task of a key.
    pub fn parse(key: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(b"at/", key)?;
        Some(Self {
            activity: ActivityId::from_bytes(reader.array()?),
            scheduled: reader.time()?,
            execution: ExecutionId::from_bytes(reader.array()?),
            branch: BranchId(reader.number()?),
        })
    }
}

/// What all waiting tasks of an activity start with, oldest first.
pub fn waiting_tasks(activity: ActivityId) -> Bytes {
    Builder::new(b"at/").bytes(activity.as_bytes()).build()
}

/// A call to another service, or to another execution, that has no recorded result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallKey {
    /// Who calls.
    pub execution: ExecutionId,
    /// For which branch.
    pub branch: BranchId,
    /// What the call is for.
    pub kind: CallKind,
}

impl CallKey {
    /// Its key.
    pub fn key(&self) -> Bytes {
        Builder::new(b"ca/")
            .bytes(self.execution.as_bytes())
            .number(self.branch.0)
            .byte(self.kind as u8)
            .build()
    }

    /// The call of a key.
    pub fn parse(key: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(b"ca/", key)?;
        Some(Self {
            execution: ExecutionId::from_bytes(reader.array()?),
            branch: BranchId(reader.number()?),
            kind: CallKind::try_from(i32::from(reader.array::<1>()?[0])).ok()?,
        })
    }
}

/// What all calls start with.
pub fn calls() -> Bytes {
    Builder::new(b"ca/").build()
}

/// A finished execution (or a name hold) in the order of expiry.
pub fn expiry(time: Timestamp, execution: ExecutionId) -> Bytes {
    Builder::new(b"xp/").time(time).bytes(execution.as_bytes()).build()
}

/// What all expiries start with, soonest first.
pub fn expiries() -> Bytes {
    Builder::new(b"xp/").build()
}

/// The first key of all expiries at `time` or later.
pub fn expiries_from(time: Timestamp) -> Bytes {
    Builder::new(b"xp/").time(time).build()
}

/// The time and execution of an [`expiry`] key.
pub fn parse_expiry(key: &[u8]) -> Option<(Timestamp, ExecutionId)> {
    let mut reader = Reader::new(b"xp/", key)?;
    Some((reader.time()?, ExecutionId::from_bytes(reader.array()?)))
}

/// A change of an execution's status that waits for a target. Those of one execution sort as they happened: by the leader's clock, which
/// never goes back, and by the last event before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outgoing {
    /// Of which target.
    pub outbox: OutboxId,
    /// When the status changed.
    pub at: Timestamp,
    /// Whose status.
    pub execution: ExecutionId,
    /// The last event of the history then: the one that says so.
    pub event_id: u64,
}

impl Outgoing {
    /// Its key.
    pub fn key(&self) -> Bytes {
        Builder(outbox_from(self.outbox, self.at).to_vec())
            .bytes(self.execution.as_bytes())
            .number(self.event_id)
            .build()
    }

    /// The change of a key.
    pub fn parse(key: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(b"ob/", key)?;
        Some(Self {
            outbox: OutboxId::from_bytes(reader.array()?),
            at: reader.time()?,
            execution: ExecutionId::from_bytes(reader.array()?),
            event_id: reader.number()?,
        })
    }
}

/// What everything in all outboxes starts with.
pub fn outboxes() -> Bytes {
    Builder::new(b"ob/").build()
}

/// What everything in an outbox starts with, oldest first.
pub fn outbox(outbox: OutboxId) -> Bytes {
    Builder::new(b"ob/").bytes(outbox.as_bytes()).build()
}

/// The first key of everything in an outbox that happened at `time` or later.
pub fn outbox_from(outbox: OutboxId, time: Timestamp) -> Bytes {
    Builder::new(b"ob/").bytes(outbox.as_bytes()).time(time).build()
}

/// An asynchronous Express execution that has not ended, of the node that owns it.
pub fn express(node: NodeId, execution: ExecutionId) -> Bytes {
    Builder::new(b"xs/").number(node.0).bytes(execution.as_bytes()).build()
}

/// What all Express executions that a node owns start with.
pub fn express_of(node: NodeId) -> Bytes {
    Builder::new(b"xs/").number(node.0).build()
}

/// What all Express executions start with.
pub fn all_express() -> Bytes {
    Builder::new(b"xs/").build()
}

/// The node and the execution of an [`express`] key.
pub fn parse_express(key: &[u8]) -> Option<(NodeId, ExecutionId)> {
    let mut reader = Reader::new(b"xs/", key)?;
    Some((NodeId(reader.number()?), ExecutionId::from_bytes(reader.array()?)))
}

/// The outcome of a request, in the bucket of the time `now`.
pub fn request(now: Timestamp, request: RequestId) -> Bytes {
    Builder(requests_of(now).to_vec()).bytes(request.as_bytes()).build()
}

/// What all requests in the bucket of `now` start with.
pub fn requests_of(now: Timestamp) -> Bytes {
    Builder::new(b"rq/").number(sortable(now) / REQUEST_BUCKET_MS.unsigned_abs()).build()
}

/// What all requests start with, oldest bucket first.
pub fn requests() -> Bytes {
    Builder::new(b"rq/").build()
}
