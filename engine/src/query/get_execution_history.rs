//! GetExecutionHistory: pages of events from either end, by range scans of the chunks that hold them.

use super::describe_execution::{explain, find};
use super::history_event::HistoryEvent;
use super::page::{Page, PageRequest};
use super::page_token::List;
use super::payload::Payloads;
use crate::api_error::{ApiError, Refusal};
use crate::desk::Caller;
use crate::draft::decode;
use crate::id::{ExecutionId, Timestamp};
use crate::key;
use crate::record::{Chunk, Event, Head};
use crate::view::{Direction, View, ViewError};

/// The chunks read in one scan.
const CHUNKS_PER_SCAN: usize = 32;
/// The bytes of texts after which a page ends before its size is reached.
const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The request.
#[derive(Clone, Debug)]
pub struct GetExecutionHistory {
    /// Who asks.
    pub caller: Caller,
    /// As given.
    pub execution_arn: String,
    /// Newest first.
    pub reverse: bool,
    /// Whether inputs and outputs are wanted.
    pub execution_data: bool,
    /// As given.
    pub page: PageRequest,
}

/// A page of an execution's history. A page's position is the id of the next event.
///
/// # Errors
///
/// `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`.
pub fn get_execution_history(
    view: &dyn View,
    now: Timestamp,
    request: &GetExecutionHistory,
) -> Result<Page<HistoryEvent>, Refusal> {
    let (execution, head) = find(view, &request.caller, &request.execution_arn)?;
    let order = if request.reverse { "reverse" } else { "" };
    let data = if request.execution_data { "data" } else { "" };
    let list = List::new(&["GetExecutionHistory", &request.execution_arn, order, data]);
    let last = head.next_event_id.saturating_sub(1);
    let first_asked = match list.position(now, &request.page.token)? {
        Some(position) => {
            let id = position.as_slice().try_into().map(u64::from_be_bytes).ok();
            id.filter(|id| (1..=last).contains(id)).ok_or_else(ApiError::invalid_token)?
        }
        None if request.reverse => last,
        None => 1,
    };

    let events = Events { view, execution, last, reverse: request.reverse };
    let mut payloads = Payloads::new(view, execution);
    let mut collector = Collector { request, head: &head, items: Vec::new(), bytes: 0 };
    let next = events
        .visit(first_asked, &mut payloads, |event, payloads| collector.add(event, payloads))
        .map_err(|error| explain(view, &head, execution, error))?;
    Ok(Page {
        items: collector.items,
        next_token: next.map(|id| list.token(now, &id.to_be_bytes())).unwrap_or_default(),
    })
}

/// Gathers a page within its bounds.
struct Collector<'a> {
    request: &'a GetExecutionHistory,
    head: &'a Head,
    items: Vec<HistoryEvent>,
    bytes: usize,
}

impl Collector<'_> {
    /// Adds an event, or says that the page is full.
    fn add(&mut self, event: Event, payloads: &mut Payloads<'_>) -> Result<bool, ViewError> {
        if self.items.len() >= self.request.page.limit() {
            return Ok(false);
        }
        let event = HistoryEvent::new(event, self.head, |at| {
            self.request.execution_data.then(|| payloads.get(at)).transpose()
        })?;
        let size = event.bytes();
        if !self.items.is_empty() && self.bytes + size > PAGE_BYTES_MAX {
            return Ok(false);
        }
        self.bytes += size;
        self.items.push(event);
        Ok(true)
    }
}

/// An execution's events, as of one moment: up to `last`.
struct Events<'a> {
    view: &'a dyn View,
    execution: ExecutionId,
    last: u64,
    reverse: bool,
}

impl Events<'_> {
    /// Shows events from `first` on, in the order asked for, until `see` refuses one. Returns the id of the refused one.
    fn visit(
        &self,
        first: u64,
        payloads: &mut Payloads<'_>,
        mut see: impl FnMut(Event, &mut Payloads<'_>) -> Result<bool, ViewError>,
    ) -> Result<Option<u64>, ViewError> {
        let all = key::chunks(self.execution);
        let end = key::chunk(self.execution, self.last.saturating_add(1));
        let beyond_first = key::chunk(self.execution, first.saturating_add(1));
        let (mut from, mut to, direction) = if self.reverse {
            (all, beyond_first, Direction::Backward)
        } else {
            // The chunk that holds the first event begins with it or before it.
            let holder = self.view.scan(&all, &beyond_first, 1, Direction::Backward)?;
            (holder.into_iter().next().map_or(all, |(key, _)| key), end, Direction::Forward)
        };
        loop {
            let page = self.view.scan(&from, &to, CHUNKS_PER_SCAN, direction)?;
            let Some((edge, _)) = page.last() else { return Ok(None) };
            if self.reverse {
                to = edge.clone();
            } else {
                from = key::after(edge);
            }
            for (key, versioned) in &page {
                let Chunk { events, payloads: texts } = decode(key, &versioned.value)?;
                if let Some(event) = events.first() {
                    payloads.keep(event.id, texts);
                }
                if let Some(refused) = self.visit_chunk(events, first, payloads, &mut see)? {
                    return Ok(Some(refused));
                }
            }
        }
    }

    fn visit_chunk(
        &self,
        mut events: Vec<Event>,
        first: u64,
        payloads: &mut Payloads<'_>,
        see: &mut impl FnMut(Event, &mut Payloads<'_>) -> Result<bool, ViewError>,
    ) -> Result<Option<u64>, ViewError> {
        if self.reverse {
            events.reverse();
        }
        let asked = if self.reverse { 1..=first } else { first..=self.last };
        for event in events.into_iter().filter(|event| asked.contains(&event.id)) {
            let id = event.id;
            if !see(event, payloads)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}
