//! Counts what one evaluation builds, and stops it when that is too much. Reads values, never makes any.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};

use jsonata_core::{
    evaluator::EvaluatorError,
    value::{JArray, JValue, with_stack},
};

use super::{Limit, Limits, imports::Imports};

/// Memory of one item of an array.
const ITEM_BYTES: usize = size_of::<JValue>();
/// About the memory of one field of an object: its name, its value and its place in the index.
const FIELD_BYTES: usize = 100;
/// Deepest value: far beyond what JSON documents hold, small enough for recursion.
const DEPTH_MAX: usize = 500;
/// A shared value of at least this many bytes is worth remembering, so that it isn't measured again and again.
const REMEMBERED_BYTES_MIN: usize = 4096;
/// How many such values are remembered: they stay in memory until others take their place.
const REMEMBERED_MAX: usize = 8;

/// The account of one evaluation: of an expression alone, of all expressions of a template, or of all conditions of a
/// Choice state.
pub(super) struct Meter {
    limits: Limits,
    started: Instant,
    steps: Cell<u64>,
    total_bytes: Cell<usize>,
    exceeded: Cell<Option<Limit>>,
    imports: Imports,
    /// Values measured before. Holding them keeps their addresses from being used again.
    measured: RefCell<VecDeque<(JValue, Measured)>>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Meter {
            limits,
            started: Instant::now(),
            steps: Cell::new(0),
            total_bytes: Cell::new(0),
            exceeded: Cell::new(None),
            imports: Imports::default(),
            measured: RefCell::new(VecDeque::new()),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The documents that were imported on this account.
    pub(super) fn imports(&self) -> &Imports {
        &self.imports
    }

    /// The first bound that was exceeded.
    pub(super) fn exceeded(&self) -> Option<Limit> {
        self.exceeded.get()
    }

    /// Stops the evaluation.
    pub(super) fn exceed(&self, limit: Limit) -> EvaluatorError {
        self.exceeded.set(Some(self.exceeded.get().unwrap_or(limit)));
        EvaluatorError::EvaluationError(format!("{limit:?} exceeded"))
    }

    /// How long the evaluation may still take.
    pub(super) fn time_left(&self) -> Duration {
        self.limits.time_max.saturating_sub(self.started.elapsed())
    }

    /// Charges for nodes about to be evaluated, or values about to be looked through.
    pub(super) fn step(&self, steps: u64) -> Result<(), EvaluatorError> {
        let total = self.steps.get().saturating_add(steps);
        self.steps.set(total);
        if total > self.limits.steps_max { Err(self.exceed(Limit::Steps)) } else { Ok(()) }
    }

    /// Charges for `bytes` that are, or are about to be, built.
    pub(super) fn charge_bytes(&self, bytes: usize) -> Result<(), EvaluatorError> {
        let total = self.total_bytes.get().saturating_add(bytes);
        self.total_bytes.set(total);
        if total > self.limits.total_bytes_max { Err(self.exceed(Limit::Memory)) } else { Ok(()) }
    }

    /// Charges for a value that has just been built: its own memory, not what it shares with others.
    ///
    /// Since sharing makes a value's size as a document grow without its memory growing (`[[$a, $a]]` over and over),
    /// the document's size is bounded too: whatever walks the value afterwards is bounded with it.
    pub(super) fn charge(&self, value: &JValue) -> Result<(), EvaluatorError> {
        let own = match value {
            JValue::String(text) => text.len(),
            JValue::Array(items) => items.len() * ITEM_BYTES,
            JValue::Object(fields) => fields.len() * FIELD_BYTES,
            _ => return Ok(()),
        };
        self.step((own / ITEM_BYTES) as u64)?;
        self.charge_bytes(own)?;
        self.size(value)?;
        Ok(())
    }

    /// About the bytes of the value as a document, and its levels of arrays and objects.
    pub(super) fn size(&self, value: &JValue) -> Result<(usize, usize), EvaluatorError> {
        let mut bytes_left = self.limits.value_bytes_max;
        match self.measure(value, DEPTH_MAX, &mut bytes_left) {
            Ok(height) => Ok((self.limits.value_bytes_max - bytes_left, height)),
            Err(limit) => Err(self.exceed(limit)),
        }
    }

    /// Refuses a text of so many bytes before it is built, and charges for it otherwise.
    pub(super) fn charge_text(&self, bytes: usize) -> Result<(), EvaluatorError> {
        if bytes > self.limits.value_bytes_max {
            return Err(self.exceed(Limit::Memory));
        }
        self.charge_bytes(bytes)
    }

    /// Stops the evaluation if its time is up. For loops that the evaluator doesn't see.
    pub(super) fn check_time(&self) -> Result<(), EvaluatorError> {
        if self.started.elapsed() > self.limits.time_max { Err(self.exceed(Limit::Time)) } else { Ok(()) }
    }

    /// Takes the value's size as a document from `bytes_left`, and gives its height: 0 for a scalar.
    fn measure(&self, value: &JValue, levels: usize, bytes_left: &mut usize) -> Result<usize, Limit> {
        if let Some(known) = self.remembered(value) {
            *bytes_left = bytes_left.checked_sub(known.bytes).ok_or(Limit::Memory)?;
            return if known.height > levels { Err(Limit::Depth) } else { Ok(known.height) };
        }
        let before = *bytes_left;
        *bytes_left = bytes_left.checked_sub(own_bytes(value)).ok_or(Limit::Memory)?;
        let height = match value {
            JValue::Array(items) => self.measure_all(items.iter(), levels, bytes_left)?,
            JValue::Object(fields) => self.measure_all(fields.values(), levels, bytes_left)?,
            _ => return Ok(0),
        };
        self.remember(value, before - *bytes_left, height);
        Ok(height)
    }

    fn measure_all<'a>(
        &self,
        values: impl Iterator<Item = &'a JValue>,
        levels: usize,
        bytes_left: &mut usize,
    ) -> Result<usize, Limit> {
        let levels = levels.checked_sub(1).ok_or(Limit::Depth)?;
        let mut height = 0;
        for value in values {
            if is_scalar(value) {
                *bytes_left = bytes_left.checked_sub(own_bytes(value)).ok_or(Limit::Memory)?;
            } else {
                height = height.max(with_stack(|| self.measure(value, levels, bytes_left))?);
            }
        }
        Ok(height + 1)
    }

    fn remembered(&self, value: &JValue) -> Option<Measured> {
        if is_scalar(value) {
            return None;
        }
        let measured = self.measured.borrow();
        measured.iter().find(|(other, _)| is_same(value, other)).map(|(_, measured)| *measured)
    }

    fn remember(&self, value: &JValue, bytes: usize, height: usize) {
        if bytes < REMEMBERED_BYTES_MIN {
            return;
        }
        let mut measured = self.measured.borrow_mut();
        if measured.len() == REMEMBERED_MAX {
            measured.pop_front();
        }
        measured.push_back((value.clone(), Measured { bytes, height }));
    }
}

/// What is known of a value.
#[derive(Clone, Copy)]
struct Measured {
    /// Its size as a document.
    bytes: usize,
    /// Levels of arrays and objects.
    height: usize,
}

/// A value's size as a document without the values in it.
fn own_bytes(value: &JValue) -> usize {
    match value {
        JValue::String(text) => text.len() + 1,
        JValue::Object(fields) => fields.keys().map(String::len).sum::<usize>() + 8,
        _ => 8,
    }
}

fn is_scalar(value: &JValue) -> bool {
    !matches!(value, JValue::Array(_) | JValue::Object(_))
}

/// Whether both are one value in memory.
fn is_same(left: &JValue, right: &JValue) -> bool {
    match (left, right) {
        (JValue::Array(left), JValue::Array(right)) => JArray::ptr_eq(left, right),
        (JValue::Object(left), JValue::Object(right)) => Rc::ptr_eq(left, right),
        _ => false,
    }
}
