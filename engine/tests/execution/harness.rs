//! A world in memory that runs executions: a clock that only moves when told to, workers and services that answer as a script says.
//!
//! Histories are compared as text, one line an event: `ID<PREVIOUS TYPE member=value ...`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Entropy;
use keepstep_asl::definition::{self, Definition, ParseOptions};
use keepstep_engine::execution::{self, StartExecution, Started};
use keepstep_engine::id::{ActivityId, BranchId, ExecutionId, MachineId, NodeId, RequestId, Timestamp};
use keepstep_engine::key::{self, CallKey, Timer, Waiting};
use keepstep_engine::memory::Memory;
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::record::phase::Phase;
use keepstep_engine::record::{
    self, Activity, Branch, Call, CallKind, Chunk, Configuration, ExecutionStatus, Head, PayloadRef,
    Revision, StateMachine, TimerKind, WaitingTask,
};
use keepstep_engine::stimulus::{Arrival, CallResult, Stimulus};
use keepstep_engine::task_token::TaskToken;
use keepstep_engine::{
    ApiError, Caller, Decision, Definitions, Desk, Draft, Effect, Limits, Origin, Outbox, Refusal,
    Transaction, View, ViewError,
};
use prost::Message;

pub(crate) const MACHINE_ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
pub(crate) const EXECUTION_ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";
pub(crate) const ACTIVITY_ARN: &str = "arn:aws:states:us-east-1:123456789012:activity:a";
pub(crate) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/r";
/// 2026-01-01T00:00:00Z.
pub(crate) const EPOCH_MS: i64 = 1_767_225_600_000;

/// Bytes that differ with each call and are the same in each run.
#[derive(Default)]
pub(crate) struct Counter(Cell<u64>);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next =
                self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0.set(next);
            *byte = (next >> 56) as u8;
        }
    }
}

/// Parses definitions once.
#[derive(Default)]
pub(crate) struct Parsed(RefCell<HashMap<(MachineId, u64), Arc<Definition>>>);

impl Definitions for Parsed {
    fn definition(
        &self,
        view: &dyn View,
        machine: MachineId,
        revision: u64,
    ) -> Result<Arc<Definition>, ViewError> {
        if let Some(definition) = self.0.borrow().get(&(machine, revision)) {
            return Ok(Arc::clone(definition));
        }
        let stored: Revision =
            Draft::new(view).peek(&key::revision(machine, revision))?.expect("the revision is stored");
        let text = String::from_utf8(stored.definition.to_vec()).expect("definitions are texts");
        let parsed =
            definition::parse(&text, &ParseOptions::default()).unwrap_or_else(|invalid| panic!("{invalid}"));
        let parsed = Arc::new(parsed);
        self.0.borrow_mut().insert((machine, revision), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// Something that a script does to an execution.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    /// A worker takes the oldest waiting task.
    Take,
    /// The worker that took a task last sends its result.
    Succeed(&'static str),
    /// The worker that took a task last sends a failure.
    Fail(Option<&'static str>, Option<&'static str>),
    /// The worker that took a task last sends a heartbeat.
    Beat,
    /// Time passes, in milliseconds, and the timers due meanwhile fire.
    Pass(i64),
    /// The oldest call is answered.
    Answer(&'static str),
    /// The oldest call has failed.
    Refuse(&'static str, &'static str),
    /// RedriveExecution, without a client token.
    Redrive,
    /// StopExecution.
    Stop(Option<&'static str>, Option<&'static str>),
    /// The state machine is marked as being deleted.
    Delete,
    /// The leader starts children, wakes parents and stops children, as its calls and effects say, until there is no such thing to do.
    Lead,
}

pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) now: Timestamp,
    pub(crate) limits: Limits,
    pub(crate) outboxes: Vec<Outbox>,
    /// Whether decisions take too long.
    pub(crate) is_late: fn() -> bool,
    pub(crate) entropy: Counter,
    pub(crate) definitions: Parsed,
    /// The effects of all commits, in order.
    pub(crate) effects: Vec<Effect>,
    /// The transactions of all commits.
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) token: Option<TaskToken>,
    /// What reading items yields, call by call.
    pub(crate) reads: VecDeque<CallResult>,
    /// What writing results yields, call by call.
    pub(crate) writes: VecDeque<CallResult>,
}

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            memory: Memory::new(),
            now: Timestamp(EPOCH_MS),
            limits: Limits::default(),
            outboxes: Vec::new(),
            is_late: || false,
            entropy: Counter::default(),
            definitions: Parsed::default(),
            effects: Vec::new(),
            transactions: Vec::new(),
            token: None,
            reads: VecDeque::new(),
            writes: VecDeque::new(),
        };
        world.write(|draft| {
            let activity =
                Activity { id: vec![7; 16].into(), arn: ACTIVITY_ARN.to_owned(), created_ms: EPOCH_MS };
            draft.put(key::activity("123456789012", "us-east-1", "a"), &activity);
        });
        world
    }
}

pub(crate) fn caller() -> Caller {
    Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
}

impl World {
    /// A world with a state machine named `m`.
    pub(crate) fn with(definition: &str) -> Self {
        let mut world = Self::default();
        world.create("m", definition);
        world
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            view: &self.memory,
            definitions: &self.definitions,
            now: self.now,
            entropy: &self.entropy,
            limits: &self.limits,
            outboxes: &self.outboxes,
            is_late: &self.is_late,
        }
    }

    pub(crate) fn write(&mut self, write: impl FnOnce(&mut Draft<'_>)) {
        let mut draft = Draft::new(&self.memory);
        write(&mut draft);
        let transaction = draft.finish(Origin("Test"), ()).transaction.expect("something is written");
        assert!(self.memory.apply(&transaction));
    }

    pub(crate) fn create(&mut self, name: &str, definition: &str) {
        self.create_with(name, definition, Configuration::default());
    }

    pub(crate) fn create_with(&mut self, name: &str, definition: &str, configuration: Configuration) {
        let id = Bytes::copy_from_slice(ExecutionId::of_arn(name).as_bytes());
        let machine_id = MachineId::from_slice(&id).expect("sixteen bytes");
        let machine = StateMachine {
            id,
            arn: format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}"),
            revision: 1,
            created_ms: EPOCH_MS,
            ..StateMachine::default()
        };
        let revision = Revision {
            definition: Bytes::copy_from_slice(definition.as_bytes()),
            role_arn: ROLE_ARN.to_owned(),
            configuration,
            ..Revision::default()
        };
        self.write(|draft| {
            draft.put(key::state_machine("123456789012", "us-east-1", name), &machine);
            draft.put(key::revision(machine_id, 1), &revision);
        });
    }

    /// Commits a decision.
    pub(crate) fn commit<R>(&mut self, decision: Decision<R>) -> R {
        if let Some(transaction) = decision.transaction {
            assert!(self.memory.apply(&transaction), "nobody else writes");
            self.transactions.push(transaction);
        }
        self.effects.extend(decision.effects);
        decision.reply
    }

    pub(crate) fn request(&self, name: &str, input: &str) -> StartExecution {
        StartExecution {
            caller: caller(),
            state_machine_arn: MACHINE_ARN.to_owned(),
            name: name.to_owned(),
            input: Bytes::copy_from_slice(input.as_bytes()),
            trace_header: String::new(),
            request: RequestId::from_bytes([1; 16]),
            parent: None,
            node: NodeId(1),
        }
    }

    pub(crate) fn start(&mut self, request: &StartExecution) -> Result<Started, Refusal> {
        let decision = execution::start(&self.desk(), request)?;
        Ok(self.commit(decision))
    }

    /// Delivers one stimulus, as the leader does.
    pub(crate) fn deliver(&mut self, execution: ExecutionId, stimulus: Stimulus) -> Result<Answer, ApiError> {
        self.arrive(execution, Arrival { request: None, stimulus })
    }

    pub(crate) fn arrive(&mut self, execution: ExecutionId, arrival: Arrival) -> Result<Answer, ApiError> {
        let decision = execution::step(&self.desk(), execution, &[arrival]).expect("the memory can be read");
        self.commit(decision).remove(0)
    }

    pub(crate) fn get<M: Message + Default>(&self, key: &Bytes) -> Option<M> {
        Draft::new(&self.memory).peek(key).expect("the memory can be read")
    }

    pub(crate) fn head(&self, execution: ExecutionId) -> Head {
        self.get(&key::head(execution)).expect("the execution exists")
    }

    pub(crate) fn is_running(&self, execution: ExecutionId) -> bool {
        self.head(execution).status() == ExecutionStatus::Running
    }

    pub(crate) fn branches(&self, execution: ExecutionId) -> Vec<(BranchId, Branch)> {
        let pairs = self.memory.pairs(&key::branches(execution));
        pairs
            .map(|(key, stored)| {
                let id = key::parse_branch(key).expect("a branch's key");
                (id, Branch::decode(stored.value.clone()).expect("a branch"))
            })
            .collect()
    }

    pub(crate) fn timers(&self) -> Vec<Timer> {
        self.memory.pairs(b"ti/").map(|(key, _)| Timer::parse(key).expect("a timer's key")).collect()
    }

    pub(crate) fn waiting(&self) -> Vec<(Waiting, u64)> {
        let pairs = self.memory.pairs(b"at/");
        pairs
            .map(|(key, stored)| {
                let task = WaitingTask::decode(stored.value.clone()).expect("a waiting task");
                (Waiting::parse(key).expect("a waiting task's key"), task.attempt)
            })
            .collect()
    }

    pub(crate) fn calls(&self) -> Vec<(CallKey, Call)> {
        let pairs = self.memory.pairs(b"ca/");
        pairs
            .map(|(key, stored)| {
                (
                    CallKey::parse(key).expect("a call's key"),
                    Call::decode(stored.value.clone()).expect("a call"),
                )
            })
            .collect()
    }

    /// Moves the clock to a time, and fires the timers on the way.
    pub(crate) fn pass_to(&mut self, time: Timestamp) {
        while let Some(timer) = self.timers().into_iter().find(|timer| timer.due <= time) {
            self.now = self.now.max(timer.due);
            self.deliver(timer.execution, Stimulus::TimerDue(timer)).expect("timers are taken in");
        }
        self.now = self.now.max(time);
    }

    /// Fires timers until the execution ends, or waits for something else than time.
    pub(crate) fn pass_until_end(&mut self, execution: ExecutionId) {
        for _ in 0..20_000 {
            let next = self.timers().into_iter().find(|timer| timer.kind != TimerKind::ExecutionTimeout);
            let Some(timer) = next.filter(|_| self.is_running(execution)) else { return };
            self.pass_to(timer.due);
        }
        panic!("the execution doesn't come to an end");
    }

    pub(crate) fn act(&mut self, execution: ExecutionId, act: &Do) {
        let owned = |text: &Option<&str>| text.map(str::to_owned);
        let token = |world: &Self| world.token.expect("a worker took a task");
        let stimulus = match act {
            Do::Take => {
                let (waiting, attempt) = self.waiting().into_iter().next().expect("a task waits");
                let worker_name = Some("w".to_owned());
                Stimulus::HandOut { branch: waiting.branch, attempt, worker_name }
            }
            Do::Succeed(output) => {
                let output = Bytes::copy_from_slice(output.as_bytes());
                Stimulus::TaskSucceeded { token: token(self), output }
            }
            Do::Fail(error, cause) => {
                Stimulus::TaskFailed { token: token(self), error: owned(error), cause: owned(cause) }
            }
            Do::Beat => Stimulus::Heartbeat { token: token(self) },
            Do::Pass(ms) => return self.pass_to(Timestamp(self.now.0 + ms)),
            Do::Answer(output) => {
                return self.answer(CallResult::Succeeded(Bytes::copy_from_slice(output.as_bytes())));
            }
            Do::Refuse(error, cause) => {
                return self.answer(CallResult::Failed { error: (*error).into(), cause: (*cause).into() });
            }
            Do::Redrive => Stimulus::Redrive { client_token: String::new() },
            Do::Stop(error, cause) => Stimulus::Stop { error: owned(error), cause: owned(cause) },
            Do::Delete => {
                let key = key::state_machine("123456789012", "us-east-1", "m");
                let mut machine: StateMachine = self.get(&key).expect("the state machine exists");
                machine.set_status(record::StateMachineStatus::Deleting);
                return self.write(|draft| draft.put(key, &machine));
            }
            Do::Lead => return self.lead(),
        };
        match self.deliver(execution, stimulus) {
            Ok(Answer::HandedOut(handed_out)) => self.token = TaskToken::decode(&handed_out.task_token),
            Ok(_) => {}
            Err(error) => panic!("{act:?}: {error}"),
        }
    }

    fn answer(&mut self, result: CallResult) {
        let (key, call) = self.calls().into_iter().next().expect("a call is under way");
        self.finish_call(key, &call, result);
    }

    fn finish_call(&mut self, key: CallKey, call: &Call, result: CallResult) {
        let CallKey { execution, branch, kind } = key;
        let stimulus = Stimulus::CallFinished { branch, kind, attempt: call.attempt, result };
        self.deliver(execution, stimulus).expect("results are taken in");
    }

    /// Does what a leader does between executions.
    pub(crate) fn lead(&mut self) {
        for _ in 0..10_000 {
            let wake = self.effects.iter().position(|effect| matches!(effect, Effect::WakeParent { .. }));
            if let Some(place) = wake
                && let Effect::WakeParent { execution, branch, attempt } = self.effects.remove(place)
            {
                self.deliver(execution, Stimulus::ChildFinished { branch, attempt })
                    .expect("reports are taken in");
                continue;
            }
            let call = self.effects.iter().position(|effect| matches!(effect, Effect::Call { .. }));
            let Some(place) = call else { return };
            let Effect::Call { key, call } = self.effects.remove(place) else { return };
            self.make(key, &call);
        }
        panic!("the leader never comes to rest");
    }

    /// Makes a call between executions.
    pub(crate) fn make(&mut self, key: CallKey, call: &Call) {
        let result = match key.kind {
            CallKind::Lambda => return,
            CallKind::MapRun => {
                let _ = self.deliver(ExecutionId::of_arn(&call.target), Stimulus::Advance);
                return;
            }
            CallKind::ReadItems => self.reads.pop_front().expect("the test says what is read"),
            CallKind::WriteResults => self.writes.pop_front().expect("the test says what is written"),
            CallKind::StopExecution => {
                let _ = self.deliver(ExecutionId::of_arn(&call.target), Stimulus::stopping(call));
                CallResult::Succeeded(Bytes::from_static(b"{}"))
            }
            CallKind::StartExecution => {
                let parent = record::ParentLink {
                    execution: Bytes::copy_from_slice(key.execution.as_bytes()),
                    branch: key.branch.0,
                    attempt: call.attempt,
                };
                let payload = call.payload.expect("a child has an input");
                let mut request = self.request(&call.name, &self.payload(key.execution, payload));
                request.state_machine_arn.clone_from(&call.target);
                request.parent = call.reports_end.then_some(parent);
                let call_number = u128::from(key.branch.0) << 64 | u128::from(call.attempt);
                request.request = RequestId::from_bytes(call_number.to_be_bytes());
                match self.start(&request) {
                    Ok(started) => execution::start_result(&started, "id", "date"),
                    Err(Refusal::Api(error)) => execution::start_failure(error.code, &error.message, "id"),
                    Err(Refusal::View(error)) => panic!("{error}"),
                }
            }
        };
        self.finish_call(key, call, result);
    }

    pub(crate) fn payload(&self, execution: ExecutionId, payload: PayloadRef) -> String {
        let text = execution::read_payload(&self.memory, execution, payload).expect("the payload is stored");
        String::from_utf8(text.to_vec()).expect("payloads are texts")
    }

    /// The ids of all events with their previous ones.
    pub(crate) fn event_ids(&self, execution: ExecutionId) -> Vec<(u64, u64)> {
        let chunks = self.chunks(execution);
        chunks.into_iter().flat_map(|chunk| chunk.events).map(|event| (event.id, event.previous_id)).collect()
    }

    fn chunks(&self, execution: ExecutionId) -> Vec<Chunk> {
        let pairs = self.memory.pairs(&key::chunks(execution));
        pairs.map(|(_, stored)| Chunk::decode(stored.value.clone()).expect("a chunk")).collect()
    }

    /// The history, one line an event.
    pub(crate) fn history(&self, execution: ExecutionId) -> Vec<String> {
        let chunks = self.chunks(execution);
        let first = |chunk: &Chunk| chunk.events.first().map(|event| event.id).unwrap_or_default();
        let payloads: HashMap<_, _> = chunks.iter().map(|chunk| (first(chunk), &chunk.payloads)).collect();
        let text = |payload: PayloadRef| {
            String::from_utf8_lossy(&payloads[&payload.chunk][payload.index as usize]).into_owned()
        };
        chunks.iter().flat_map(|chunk| &chunk.events).map(|event| line(event, text)).collect()
    }
}

fn line(event: &record::Event, text: impl Fn(PayloadRef) -> String) -> String {
    let details = &event.details;
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let assigned: Vec<_> = details
        .assigned
        .iter()
        .map(|variable| {
            let value = text(variable.value);
            assert_eq!(variable.bytes, value.len() as u64);
            format!("{}={value}", variable.name)
        })
        .collect();
    let role = details.role_arn.clone().filter(|role| role != ROLE_ARN);
    let members = [
        ("name", details.name.clone()),
        ("index", number(details.index)),
        ("length", number(details.length)),
        ("resource", details.resource.as_deref().map(|arn| arn.rsplit(':').next().unwrap_or(arn).to_owned())),
        ("type", details.resource_type.clone()),
        ("region", details.region.clone()),
        ("timeout", number(details.timeout_seconds)),
        ("heartbeat", number(details.heartbeat_seconds)),
        ("role", role),
        ("error", details.error.clone()),
        ("cause", details.cause.clone()),
        ("location", details.location.clone()),
        (
            "run",
            details
                .map_run_arn
                .clone()
                .map(|arn| arn.rsplit_once(':').map_or(arn.clone(), |(front, _)| front.to_owned())),
        ),
        ("redrives", details.redrive_count.map(|count| count.to_string())),
        ("input", details.input.map(&text)),
        ("output", details.output.map(&text)),
        ("assigned", (!assigned.is_empty()).then(|| assigned.join(","))),
    ];
    let kind = event.kind().api_name();
    let mut line = format!("{}<{} {kind}", event.id, event.previous_id);
    for (name, value) in members {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    line
}

/// Runs a definition with an input and a script to its end, and compares its whole history.
pub(crate) fn check(definition: &str, input: &str, script: &[Do], expected: &str) {
    let world = play(definition, input, script);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(world.history(ExecutionId::of_arn(EXECUTION_ARN)), expected, "{definition}");
}

/// As [`check`], without a comparison: whatever the history, nothing of an ended execution is left in the indexes.
pub(crate) fn play(definition: &str, input: &str, script: &[Do]) -> World {
    let mut world = World::with(definition);
    let request = world.request("e", input);
    let started = world.start(&request).expect("the execution starts");
    let execution = ExecutionId::of_arn(&started.arn);
    for act in script {
        world.act(execution, act);
    }
    world.pass_until_end(execution);
    if !world.is_running(execution) {
        assert_cleared(&world, execution);
    }
    world
}

/// An ended execution has its head, its history, the list of its map runs, its listing and its expiry, and what a redrive goes on with if
/// it can be redriven: nothing else.
pub(crate) fn assert_cleared(world: &World, execution: ExecutionId) {
    let prefix = key::head(execution);
    let kept = expected_slices(world, execution);
    let is_kept = |key: &Bytes| match key.get(prefix.len()) {
        None | Some(b'c' | b'd') => true,
        Some(b'b') => !kept.is_empty(),
        _ => kept.contains(key),
    };
    let left: Vec<_> = world.memory.pairs(&prefix).filter(|(key, _)| !is_kept(key)).collect();
    assert_eq!(left, [], "nothing but the history is left");
    assert!(world.timers().iter().all(|timer| timer.execution != execution));
    assert!(world.waiting().iter().all(|(waiting, _)| waiting.execution != execution));
    let calls = world.calls();
    assert!(calls.iter().all(|(key, _)| key.execution != execution || key.kind == CallKind::StopExecution));
    let listed = |prefix: &[u8]| {
        world.memory.pairs(prefix).filter(|(key, _)| key.ends_with(execution.as_bytes())).count()
    };
    assert_eq!((listed(b"li/"), listed(b"xp/")), (1, 1));
}

/// The keys that an ended execution keeps beside its branches, which must all be stopped: the slices of their fan-outs. With the root's
/// own key; none if it can't be redriven.
fn expected_slices(world: &World, execution: ExecutionId) -> BTreeSet<Bytes> {
    let head = world.head(execution);
    let has_room = head.next_event_id < world.limits.history_events_max;
    let is_express = head.arn.contains(":express:");
    let mut kept = BTreeSet::new();
    let machine: Option<StateMachine> = world.get(&key::state_machine("123456789012", "us-east-1", "m"));
    let is_deleting = machine.is_none_or(|machine| machine.status() == record::StateMachineStatus::Deleting);
    let branches = world.branches(execution);
    // It may have ended before that.
    let ended_by_deletion = is_deleting && branches.is_empty();
    if head.status() == ExecutionStatus::Succeeded || !has_room || is_express || ended_by_deletion {
        return kept;
    }
    kept.insert(key::branch(execution, BranchId::ROOT));
    let ids: BTreeSet<u64> = branches.iter().map(|(id, _)| id.0).collect();
    assert!(ids.contains(&0), "a redrive has a root to go on with");
    for (id, branch) in branches {
        let Some(Phase::Stopped(stopped)) = &branch.phase else {
            panic!("{id:?} is not stopped: {branch:?}")
        };
        assert!(branch.parent.is_none_or(|parent| ids.contains(&parent)), "{id:?} lies in a branch");
        let Some(fan_out) = &stopped.fan_out else { continue };
        let slices = 0..fan_out.length.div_ceil(record::SLICE_LEN);
        kept.extend(
            slices.flat_map(|slice| [key::items(execution, id, slice), key::results(execution, id, slice)]),
        );
    }
    kept
}

pub(crate) fn activity_id() -> ActivityId {
    ActivityId::from_bytes([7; 16])
}
