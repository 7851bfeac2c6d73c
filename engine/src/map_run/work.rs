//! The working set of one step of a map run. Reads what it needs, once; writes down at the end what has changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use keepstep_asl::definition::Definition;

use super::input::Selecting;
use crate::desk::Desk;
use crate::draft::{Draft, decode};
use crate::effect::Effect;
use crate::execution::Index;
use crate::id::{BranchId, ExecutionId, MachineId, Timestamp};
use crate::key::{self, CallKey, Timer};
use crate::record::{
    Call, CallKind, ChildResults, MapItem, MapRun, MapRunSetup, MapRunStage, OpenBatch, TimerKind,
    WaitingItems,
};
use crate::view::{Direction, ViewError};

/// Items in a record of their own.
struct Slice {
    record: WaitingItems,
    is_stored: bool,
}

impl Slice {
    fn len(&self) -> u64 {
        self.record.items.len() as u64
    }
}

/// One step of one map run.
pub(super) struct Work<'a> {
    pub desk: Desk<'a>,
    pub id: ExecutionId,
    /// As this step leaves it.
    pub record: MapRun,
    pub draft: Draft<'a>,
    /// How many states the children have entered in this step.
    pub transitions: usize,
    /// How many items this step has turned into what children get.
    pub selections: usize,
    /// Whether its Resume timer led to this step.
    pub has_resumed: bool,
    /// Whether the next child can't be started for want of items.
    pub is_starved: bool,
    before: MapRun,
    setup: Option<Arc<MapRunSetup>>,
    definition: Option<Arc<Definition>>,
    /// What `ItemSelector` is evaluated in.
    pub(super) selecting: Option<Selecting>,
    batch: Option<OpenBatch>,
    slices: BTreeMap<u64, Slice>,
    results: BTreeMap<u64, ChildResults>,
}

impl<'a> Work<'a> {
    pub(super) fn new(desk: &Desk<'a>, draft: Draft<'a>, id: ExecutionId, record: MapRun) -> Self {
        Self {
            desk: *desk,
            id,
            before: record.clone(),
            record,
            draft,
            transitions: 0,
            selections: 0,
            has_resumed: false,
            is_starved: false,
            setup: None,
            definition: None,
            selecting: None,
            batch: None,
            slices: BTreeMap::new(),
            results: BTreeMap::new(),
        }
    }

    /// Whether the step has done as much as one step may.
    pub(super) fn is_at_bound(&self) -> bool {
        let limits = self.desk.limits;
        self.transitions >= limits.step_transitions_max
            || self.selections >= SELECTIONS_MAX
            || self.draft.bytes() >= limits.step_bytes_max
            || (self.transitions + self.selections > 0 && (self.desk.is_late)())
    }

    /// What can still go on does so in the next step.
    pub(super) fn put_off(&mut self) {
        self.record.ready_since_ms = Some(self.desk.now.0);
    }

    /// How many children run.
    pub(super) fn running(&self) -> u64 {
        let pending = self.record.redrive.map_or(0, |redrive| redrive.children.ended());
        self.record.children_started.saturating_sub(self.record.children.ended()).saturating_sub(pending)
    }

    /// What children are made from.
    pub(super) fn setup(&mut self) -> Result<Arc<MapRunSetup>, ViewError> {
        if let Some(setup) = &self.setup {
            return Ok(Arc::clone(setup));
        }
        let key = key::map_run_setup(self.id);
        let setup: Option<MapRunSetup> = self.draft.peek(&key)?;
        let setup = Arc::new(setup.ok_or_else(|| ViewError::missing("a map run's setup", &key))?);
        self.setup = Some(Arc::clone(&setup));
        Ok(setup)
    }

    /// The definition that the Map state lies in.
    pub(super) fn definition(&mut self) -> Result<Arc<Definition>, ViewError> {
        if let Some(definition) = &self.definition {
            return Ok(Arc::clone(definition));
        }
        let machine = MachineId::from_slice(&self.record.machine)
            .ok_or_else(|| ViewError::missing("a state machine's id", &key::map_run(self.id)))?;
        let definition = self.desk.definitions.definition(self.desk.view, machine, self.record.revision)?;
        self.definition = Some(Arc::clone(&definition));
        Ok(definition)
    }

    /// Items that were read come behind those that wait.
    pub(super) fn add_items(&mut self, items: Vec<WaitingItems>) {
        for record in items {
            let bytes: u64 = record.items.iter().map(|item| item.value.len() as u64).sum();
            let slice = Slice { record, is_stored: false };
            if slice.len() > 0 {
                let first = self.record.items_read;
                self.record.items_read += slice.len();
                self.record.items_waiting_bytes += bytes;
                self.slices.insert(first, slice);
            }
        }
    }

    /// The item at a position, and where it comes from.
    pub(super) fn item(&mut self, position: u64) -> Result<Option<(MapItem, String)>, ViewError> {
        if position >= self.record.items_read {
            return Ok(None);
        }
        let holds = |first: u64, slice: &Slice| position < first.saturating_add(slice.len());
        let is_here =
            self.slices.range(..=position).next_back().is_some_and(|(first, slice)| holds(*first, slice));
        if !is_here {
            let from = key::all_waiting_items(self.id);
            let to = key::waiting_items(self.id, position.saturating_add(1));
            let found = self.draft.scan(&from, &to, 1, Direction::Backward)?;
            let slice =
                found.first().and_then(|(key, value)| Some((key::parse_waiting_items(key)?, key, value)));
            let (first, key, value) = slice.ok_or_else(|| ViewError::missing("waiting items", &to))?;
            let record = decode(key, &value.value)?;
            self.slices.insert(first, Slice { record, is_stored: true });
        }
        let found = self.slices.range(..=position).next_back().and_then(|(first, slice)| {
            let place = usize::try_from(position - first).ok()?;
            Some((slice.record.items.get(place)?.clone(), slice.record.source.clone()))
        });
        found
            .map(Some)
            .ok_or_else(|| ViewError::missing("a waiting item", &key::waiting_items(self.id, position)))
    }

    /// Items up to a position have gone into children.
    pub(super) fn take_items(&mut self, end: u64, bytes: u64) {
        self.record.items_started = end;
        self.record.items_waiting_bytes = self.record.items_waiting_bytes.saturating_sub(bytes);
        while let Some(first) = self.slices.first_entry() {
            if first.key().saturating_add(first.get().len()) > end {
                break;
            }
            let (first, slice) = first.remove_entry();
            if slice.is_stored {
                self.draft.delete(key::waiting_items(self.id, first));
            }
        }
    }

    /// The batch that the next items go into.
    pub(super) fn take_batch(&mut self) -> Result<OpenBatch, ViewError> {
        match self.batch.take() {
            Some(batch) => Ok(batch),
            None if self.record.open_batch_items == 0 => Ok(OpenBatch::default()),
            None => {
                let key = key::open_batch(self.id);
                self.draft.peek(&key)?.ok_or_else(|| ViewError::missing("an open batch", &key))
            }
        }
    }

    /// Keeps the batch for the items that are still to come.
    pub(super) fn put_batch(&mut self, batch: OpenBatch, items: u64) {
        self.record.open_batch_items = items;
        self.batch = Some(batch);
    }

    /// The batch goes into a child.
    pub(super) fn close_batch(&mut self) {
        if self.before.open_batch_items > 0 {
            self.draft.delete(key::open_batch(self.id));
        }
        self.record.open_batch_items = 0;
    }

    /// A slice of the results that become the Map state's own.
    pub(super) fn results(&mut self, slice: u64) -> Result<&mut ChildResults, ViewError> {
        match self.results.entry(slice) {
            Entry::Occupied(occupied) => Ok(occupied.into_mut()),
            Entry::Vacant(vacant) => {
                let stored: Option<ChildResults> = self.draft.peek(&key::child_results(self.id, slice))?;
                Ok(vacant.insert(stored.unwrap_or_default()))
            }
        }
    }

    /// All that a map run keeps for its going on is not needed any more.
    pub(super) fn clear(&mut self) -> Result<(), ViewError> {
        self.slices.clear();
        self.results.clear();
        self.close_batch();
        self.draft.delete_all(&key::all_waiting_items(self.id))?;
        self.draft.delete_all(&key::all_child_results(self.id))
    }

    /// Writes down what has changed and returns the draft.
    pub(super) fn flush(mut self) -> Draft<'a> {
        if let Some(batch) = &self.batch
            && self.record.open_batch_items > 0
        {
            self.draft.put(key::open_batch(self.id), batch);
        }
        for (first, slice) in &self.slices {
            if !slice.is_stored {
                self.draft.put(key::waiting_items(self.id, *first), &slice.record);
            }
        }
        for (slice, results) in &self.results {
            self.draft.put(key::child_results(self.id, *slice), results);
        }
        Index::change(&index(self.id, &self.before), &index(self.id, &self.record), &mut self.draft);
        // A timer that led to this step, and is to fire again at the same time, is stored already, but no longer armed.
        if let (true, Some(since_ms)) = (self.has_resumed, self.record.ready_since_ms)
            && self.before.ready_since_ms == Some(since_ms)
        {
            self.draft.effects.push(Effect::Arm(resume(self.id, since_ms)));
        }
        if self.record != self.before {
            self.draft.put(key::map_run(self.id), &self.record);
        }
        self.draft
    }
}

/// How many items one step turns into what children get: an expression may take long.
const SELECTIONS_MAX: usize = 200;

/// The timer that lets a map run go on.
fn resume(id: ExecutionId, since_ms: i64) -> Timer {
    Timer { due: Timestamp(since_ms), execution: id, branch: BranchId::ROOT, kind: TimerKind::Resume }
}

/// What a map run has in the indexes.
fn index(id: ExecutionId, record: &MapRun) -> Index {
    let due = |since_ms| resume(id, since_ms);
    let kind = match record.stage() {
        MapRunStage::Writing => CallKind::WriteResults,
        _ => CallKind::ReadItems,
    };
    let call = |call: &Call| (CallKey { execution: id, branch: BranchId::ROOT, kind }, call.clone());
    Index {
        timers: record.ready_since_ms.map(due).into_iter().collect(),
        call: record.call.as_ref().map(call),
        ..Index::default()
    }
}
