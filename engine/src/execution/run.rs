//! The working set of one step: the head, the branches that the step touches, the new history. Reads what it needs, once; writes down at
//! the end what has changed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::{Definition, Flow, State, StateKind};
use serde_json::Value;

use super::history::History;
use super::index::Index;
use super::inspection::Inspection;
use super::interrupt::Interrupt;
use super::payload;
use super::variables::Kept;
use crate::arn::ExecutionArn;
use crate::desk::Desk;
use crate::draft::{Draft, decode};
use crate::effect::Effect;
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key::{self, CallKey, Timer};
use crate::listing;
use crate::record::phase::{Phase, Ready};
use crate::record::{
    Branch, Call, CallKind, Chunk, EventDetails, EventType, ExecutionStatus, FlowStep, Head, Items,
    PayloadRef, Results, TimerKind,
};
use crate::view::{Direction, ViewError};

/// How many parsed payloads and decoded chunks a step keeps at hand.
const CACHE_LEN: usize = 32;
/// How many keys one scan asks for.
const SCAN_LEN: usize = 1000;

/// A branch taken out of the working set to be changed. It goes back with [`Run::put`], or is gone.
#[derive(Clone, Debug)]
pub(super) struct Active {
    /// Which one.
    pub id: BranchId,
    /// Its record.
    pub branch: Branch,
}

#[derive(Default)]
struct Slot {
    stored: Option<Branch>,
    current: Option<Branch>,
}

/// One step of one execution.
pub(super) struct Run<'a> {
    /// What decisions may look at.
    pub desk: Desk<'a>,
    /// Which execution.
    pub id: ExecutionId,
    /// As this step leaves it.
    pub head: Head,
    /// Of the head's revision.
    pub definition: Arc<Definition>,
    /// What the step writes.
    pub draft: Draft<'a>,
    /// What the step adds to the history.
    pub history: History,
    /// Branches that can go on; the front one goes on first.
    pub queue: VecDeque<BranchId>,
    /// The Resume timers that led to this step.
    pub resumed: Vec<Timer>,
    /// How many states this step has entered.
    pub transitions: usize,
    /// The parts of the context object that are the same for all states, while nobody uses them.
    pub context: Option<Value>,
    /// The slices of fan-outs that this step has read or changed. Those of fan-outs that ended are gone.
    items: BTreeMap<(BranchId, u64), Items>,
    results: BTreeMap<(BranchId, u64), Results>,
    stored_head: Option<Head>,
    stored_items: BTreeSet<(BranchId, u64)>,
    slots: BTreeMap<BranchId, Slot>,
    chunks: HashMap<u64, Chunk>,
    values: HashMap<PayloadRef, Arc<Value>>,
    /// See [`super::variables`].
    pub(super) kept_variables: Kept,
    /// Who looks on, if anybody does.
    pub(super) inspection: Option<&'a mut Inspection>,
}

impl<'a> Run<'a> {
    /// A step of an execution: of a stored one, or of one that is just being started.
    pub(super) fn new(
        desk: &Desk<'a>,
        draft: Draft<'a>,
        id: ExecutionId,
        head: Head,
        is_stored: bool,
    ) -> Result<Self, ViewError> {
        let machine = MachineId::from_slice(&head.machine).ok_or_else(|| ViewError::Missing {
            what: "a state machine's id",
            key: hex::encode(key::head(id)),
        })?;
        let definition = desk.definitions.definition(desk.view, machine, head.revision)?;
        Ok(Self {
            desk: *desk,
            id,
            history: History::new(head.next_event_id, desk.now, desk.limits),
            stored_head: is_stored.then(|| head.clone()),
            head,
            definition,
            draft,
            queue: VecDeque::new(),
            resumed: Vec::new(),
            transitions: 0,
            context: None,
            items: BTreeMap::new(),
            results: BTreeMap::new(),
            stored_items: BTreeSet::new(),
            slots: BTreeMap::new(),
            chunks: HashMap::new(),
            values: HashMap::new(),
            kept_variables: Kept::new(),
            inspection: None,
        })
    }

    /// Whether the execution has not ended.
    pub(super) fn is_running(&self) -> bool {
        self.head.status() == ExecutionStatus::Running
    }

    /// Whether the execution was there before this step.
    pub(super) fn is_stored(&self) -> bool {
        self.stored_head.is_some()
    }

    /// The leader's clock, in milliseconds since the epoch.
    pub(super) fn now_ms(&self) -> i64 {
        self.desk.now.0
    }

    /// The region that the execution runs in.
    pub(super) fn region(&self) -> Option<String> {
        ExecutionArn::parse(&self.head.arn).ok().map(|arn| arn.place.region.to_owned())
    }

    /// Whether the step has done as much as one step may: what can still go on does so in the next. Who looks on sees one state.
    pub(super) fn is_at_bound(&self) -> bool {
        let limits = self.desk.limits;
        self.inspection.as_ref().is_some_and(|inspection| inspection.left.is_some())
            || self.transitions >= limits.step_transitions_max
            || self.history.bytes() + self.draft.bytes() >= limits.step_bytes_max
            // Each step comes further by a state at least, however long that takes.
            || (self.transitions > 0 && (self.desk.is_late)())
    }

    /// The record of a branch, if there is such a branch.
    pub(super) fn branch(&mut self, id: BranchId) -> Result<Option<&Branch>, ViewError> {
        if !self.slots.contains_key(&id) {
            let stored: Option<Branch> =
                if self.is_stored() { self.draft.peek(&key::branch(self.id, id))? } else { None };
            self.slots.insert(id, Slot { current: stored.clone(), stored });
        }
        Ok(self.slots.get(&id).and_then(|slot| slot.current.as_ref()))
    }

    /// Takes a branch out to change it.
    pub(super) fn take(&mut self, id: BranchId) -> Result<Option<Active>, ViewError> {
        self.branch(id)?;
        let branch = self.slots.get_mut(&id).and_then(|slot| slot.current.take());
        Ok(branch.map(|branch| Active { id, branch }))
    }

    /// Takes out a branch that must be there, since another one names it.
    pub(super) fn take_parent(&mut self, id: u64) -> Result<Active, ViewError> {
        let id = BranchId(id);
        let missing = ViewError::Missing { what: "a branch", key: hex::encode(key::branch(self.id, id)) };
        self.take(id)?.ok_or(missing)
    }

    /// Puts a changed or new branch in.
    pub(super) fn put(&mut self, active: Active) {
        self.slots.entry(active.id).or_default().current = Some(active.branch);
    }

    /// Puts a branch in that can go on, and lets it go on next.
    pub(super) fn put_ready(&mut self, mut active: Active) {
        active.branch.phase = Some(Phase::Ready(Ready { since_ms: self.now_ms() }));
        self.queue.push_front(active.id);
        self.put(active);
    }

    /// A branch id that no branch has had.
    pub(super) fn next_branch_id(&mut self) -> BranchId {
        let id = BranchId(self.head.next_branch_id);
        self.head.next_branch_id += 1;
        id
    }

    /// Takes out all branches from `first` on.
    pub(super) fn take_all(&mut self, first: BranchId) -> Result<Vec<Active>, ViewError> {
        if self.is_stored() {
            let mut from = key::branch(self.id, first);
            let end = key::prefix_end(&key::branches(self.id));
            loop {
                let pairs = self.draft.scan(&from, &end, SCAN_LEN, Direction::Forward)?;
                for (key, versioned) in &pairs {
                    let Some(id) = key::parse_branch(key) else { continue };
                    if let Entry::Vacant(vacant) = self.slots.entry(id) {
                        let stored: Branch = decode(key, &versioned.value)?;
                        vacant.insert(Slot { current: Some(stored.clone()), stored: Some(stored) });
                    }
                }
                match pairs.last() {
                    Some((last, _)) if pairs.len() == SCAN_LEN => from = [last, &[0][..]].concat().into(),
                    _ => break,
                }
            }
        }
        let slots = self.slots.range_mut(first..);
        Ok(slots.filter_map(|(id, slot)| Some(Active { id: *id, branch: slot.current.take()? })).collect())
    }

    /// The branches that lie in each branch, of those from `first` on.
    pub(super) fn inner_branches(
        &mut self,
        first: BranchId,
    ) -> Result<BTreeMap<u64, Vec<BranchId>>, ViewError> {
        let mut inner: BTreeMap<u64, Vec<BranchId>> = BTreeMap::new();
        for active in self.take_all(first)? {
            if let Some(around) = active.branch.parent {
                inner.entry(around).or_default().push(active.id);
            }
            self.put(active);
        }
        Ok(inner)
    }

    /// The state that a branch is in.
    pub(super) fn state<'d>(
        &mut self,
        definition: &'d Definition,
        branch: &Branch,
    ) -> Result<&'d State, ViewError> {
        let mut path = Vec::new();
        let (mut parent, mut position) = (branch.parent, branch.position);
        while let Some(id) = parent {
            let Some(record) = self.branch(BranchId(id))? else { break };
            path.push((record.state.clone(), position));
            (parent, position) = (record.parent, record.position);
        }
        let flow = root_flow(definition, &self.head).and_then(|root| {
            path.iter().rev().try_fold(root, |flow, (state, position)| inner_flow(flow, state, *position))
        });
        flow.and_then(|flow| flow.states.get(&branch.state)).ok_or_else(|| ViewError::Missing {
            what: "a state of the definition",
            key: hex::encode(key::head(self.id)),
        })
    }

    /// The way through the definition to the state that a branch is in.
    pub(super) fn way(&mut self, branch: &Branch) -> Result<Vec<FlowStep>, ViewError> {
        let mut way = vec![FlowStep { state: branch.state.clone(), position: 0 }];
        let (mut parent, mut position) = (branch.parent, branch.position);
        while let Some(id) = parent {
            let Some(record) = self.branch(BranchId(id))? else { break };
            way.push(FlowStep { state: record.state.clone(), position });
            (parent, position) = (record.parent, record.position);
        }
        way.extend(self.head.map_run.iter().flat_map(|link| link.way.iter().rev().cloned()));
        way.reverse();
        Ok(way)
    }

    /// Writes an event that follows the branch's last one.
    pub(super) fn event(
        &mut self,
        active: &mut Active,
        kind: EventType,
        details: EventDetails,
    ) -> Result<(), Interrupt> {
        active.branch.last_event_id = self.history.append(kind, active.branch.last_event_id, details)?;
        Ok(())
    }

    /// The text of a payload of this execution.
    pub(super) fn text(&mut self, payload: PayloadRef) -> Result<Bytes, ViewError> {
        if let Some(text) = self.history.find(payload) {
            return Ok(text);
        }
        let key = key::chunk(self.id, payload.chunk);
        if !self.chunks.contains_key(&payload.chunk) {
            if self.chunks.len() >= CACHE_LEN {
                self.chunks.clear();
            }
            let chunk: Option<Chunk> = self.draft.peek(&key)?;
            self.chunks.insert(payload.chunk, chunk.unwrap_or_default());
        }
        let chunk = self.chunks.get(&payload.chunk);
        chunk
            .and_then(|chunk| payload::find(chunk, payload))
            .ok_or_else(|| ViewError::Missing { what: "a payload", key: hex::encode(&key) })
    }

    /// The value of a payload of this execution.
    pub(super) fn value(&mut self, payload: PayloadRef) -> Result<Arc<Value>, ViewError> {
        if let Some(value) = self.values.get(&payload) {
            return Ok(Arc::clone(value));
        }
        let text = self.text(payload)?;
        let value = serde_json::from_slice(&text)
            .map_err(|error| ViewError::Store(format!("a stored payload is no JSON: {error}")))?;
        Ok(self.remember(payload, Arc::new(value)))
    }

    /// Keeps the value of a payload at hand.
    pub(super) fn remember(&mut self, payload: PayloadRef, value: Arc<Value>) -> Arc<Value> {
        if self.values.len() >= CACHE_LEN {
            self.values.clear();
        }
        self.values.insert(payload, Arc::clone(&value));
        value
    }

    /// Keeps a slice of the items of a Map that begins.
    pub(super) fn put_items(&mut self, branch: BranchId, slice: u64, items: Items) {
        self.items.insert((branch, slice), items);
    }

    /// Forgets all slices: the execution ends.
    pub(super) fn delete_slices(&mut self) -> Result<(), ViewError> {
        self.items.clear();
        self.results.clear();
        if self.is_stored() && self.head.next_branch_id > 1 {
            self.draft.delete_all(&key::all_items(self.id))?;
            self.draft.delete_all(&key::all_results(self.id))?;
        }
        Ok(())
    }

    /// Reads a slice of a Map's items.
    pub(super) fn items(&mut self, branch: BranchId, slice: u64) -> Result<&mut Items, ViewError> {
        if !self.items.contains_key(&(branch, slice)) {
            let stored: Option<Items> = self.draft.peek(&key::items(self.id, branch, slice))?;
            self.items.insert((branch, slice), stored.unwrap_or_default());
            self.stored_items.insert((branch, slice));
        }
        Ok(self.items.entry((branch, slice)).or_default())
    }

    /// Reads a slice of a fan-out's results.
    pub(super) fn results(&mut self, branch: BranchId, slice: u64) -> Result<&mut Results, ViewError> {
        if !self.results.contains_key(&(branch, slice)) {
            let stored: Option<Results> =
                if self.is_stored() { self.draft.peek(&key::results(self.id, branch, slice))? } else { None };
            self.results.insert((branch, slice), stored.unwrap_or_default());
        }
        Ok(self.results.entry((branch, slice)).or_default())
    }

    /// Removes a slice of a fan-out that ends: its items and its results.
    pub(super) fn delete_slice(&mut self, branch: BranchId, slice: u64) -> Result<(), ViewError> {
        self.items.remove(&(branch, slice));
        self.stored_items.remove(&(branch, slice));
        self.results.remove(&(branch, slice));
        for key in [key::items(self.id, branch, slice), key::results(self.id, branch, slice)] {
            if self.is_stored() && self.desk.view.get(&key)?.is_some() {
                self.draft.delete(key);
            }
        }
        Ok(())
    }

    /// Has another execution stopped. The call outlives the branch that no longer needs it, so it gets an id of its own.
    pub(super) fn stop_child(&mut self, arn: String, attempt: u64) {
        let key =
            CallKey { execution: self.id, branch: self.next_branch_id(), kind: CallKind::StopExecution };
        let call = Call { attempt, target: arn, ..Call::default() };
        self.draft.put(key.key(), &call);
        self.draft.effects.push(Effect::Call { key, call: Box::new(call) });
    }

    /// The timer of the execution's own timeout, where a head has one.
    pub(super) fn timeout(&self, head: &Head) -> Option<Timer> {
        let due = head.timeout_due_ms.filter(|_| head.status() == ExecutionStatus::Running)?;
        let (due, kind) = (Timestamp(due), TimerKind::ExecutionTimeout);
        Some(Timer { due, execution: self.id, branch: BranchId::ROOT, kind })
    }

    /// Writes down what has changed and returns the draft.
    pub(super) fn flush(self) -> Draft<'a> {
        self.flush_with_head().0
    }

    /// As [`Run::flush`], with the head as it was written down.
    pub(super) fn flush_with_head(mut self) -> (Draft<'a>, Head) {
        self.log();
        if self.transitions > 0 {
            self.draft.effects.push(Effect::Transitions(self.transitions as u64));
        }
        for (id, slot) in std::mem::take(&mut self.slots) {
            // A timer that led to this step, and is to fire again at the same time, is stored already, but no longer armed.
            let again = |timer: &&Timer| {
                let current = slot.current.as_ref().filter(|_| timer.branch == id);
                current.is_some_and(|branch| Index::of(self.id, id, branch).timers.contains(timer))
            };
            self.draft.effects.extend(self.resumed.iter().filter(again).copied().map(Effect::Arm));
            let index = |branch: &Option<Branch>| {
                branch.as_ref().map(|branch| Index::of(self.id, id, branch)).unwrap_or_default()
            };
            Index::change(&index(&slot.stored), &index(&slot.current), &mut self.draft);
            match (&slot.stored, &slot.current) {
                (Some(_), None) => self.draft.delete(key::branch(self.id, id)),
                (stored, Some(current)) if stored.as_ref() != Some(current) => {
                    self.draft.put(key::branch(self.id, id), current);
                }
                _ => {}
            }
        }
        for ((branch, slice), items) in &self.items {
            if !self.stored_items.contains(&(*branch, *slice)) {
                self.draft.put(key::items(self.id, *branch, *slice), items);
            }
        }
        for ((branch, slice), results) in &self.results {
            self.draft.put(key::results(self.id, *branch, *slice), results);
        }
        let history = std::mem::replace(&mut self.history, History::new(0, self.desk.now, self.desk.limits));
        history.flush(self.id, &mut self.head, &mut self.draft);
        let before = self.stored_head.as_ref();
        if self.draft.bytes() == 0 && before == Some(&self.head) {
            return (self.draft, self.head);
        }
        let timers = |head: Option<&Head>| head.and_then(|head| self.timeout(head)).into_iter().collect();
        let index = |head| Index { timers: timers(head), ..Index::default() };
        Index::change(&index(before), &index(Some(&self.head)), &mut self.draft);
        let listed = before.map(|head| listing::of(head, self.id)).unwrap_or_default();
        let listing = listing::of(&self.head, self.id);
        if listed != listing {
            listed.into_iter().for_each(|key| self.draft.delete(key));
            listing.into_iter().for_each(|key| self.draft.put_empty(key));
        }
        self.draft.put(key::head(self.id), &self.head);
        (self.draft, self.head)
    }
}

/// The flow that an execution runs: the definition's, or that of the Map state whose child it is.
pub(super) fn root_flow<'d>(definition: &'d Definition, head: &Head) -> Option<&'d Flow> {
    let mut way = head.map_run.iter().flat_map(|link| &link.way);
    way.try_fold(&definition.flow, |flow, step| inner_flow(flow, &step.state, step.position))
}

/// The flow in a state: of one of the branches of a Parallel state, or of a Map state's iterations.
pub(crate) fn inner_flow<'d>(flow: &'d Flow, state: &str, position: u64) -> Option<&'d Flow> {
    match &flow.states.get(state)?.kind {
        StateKind::Parallel(parallel) => parallel.branches.get(usize::try_from(position).ok()?),
        StateKind::Map(map) => Some(&map.item_processor),
        _ => None,
    }
}
