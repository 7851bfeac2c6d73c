//! What is told of an Express execution: its log and its trace, if its state machine asks for them. On AWS, and here, its log is the only
//! history that it has.

use keepstep_engine::execution::Logged;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::local::Local;
use keepstep_engine::query::HistoryEvent;
use keepstep_engine::record::{Event, EventDetails, EventType, ExecutionStatus, Head};

use super::drive::Ended;
use crate::logs::Logs;
use crate::traces::Traces;

/// Who is told.
#[derive(Clone)]
pub(crate) struct Listeners {
    /// Of events, as they happen.
    pub(crate) logs: Logs,
    /// Of executions that have ended.
    pub(crate) traces: Traces,
}

impl Listeners {
    /// Tells what has happened since this was told last.
    pub(super) fn log(&self, local: &mut Local) {
        local.take_logged().into_iter().for_each(|logged| self.logs.log(logged));
    }

    /// Tells of an execution that has ended by itself.
    pub(super) fn ended(&self, local: &Local, execution: ExecutionId, head: &Head) {
        if head.observed.as_ref().is_some_and(|observed| observed.tracing_enabled) {
            self.trace(head, || local.events(execution).ok());
        }
    }

    /// Tells of an execution that this node has ended: its history, which lacks the end, is told with it.
    pub(super) fn stopped(&self, local: &Local, execution: ExecutionId, ended: &Ended) {
        let Ok(head) = local.head(execution) else { return };
        let Some(configuration) = head.observed.clone() else { return };
        let head = Head {
            status: ExecutionStatus::Failed as i32,
            stopped_ms: Some(ended.stopped_ms),
            error: ended.error.clone(),
            cause: ended.cause.clone(),
            ..head
        };
        let (error, cause) = (ended.error.clone(), ended.cause.clone());
        let end = Event {
            id: head.next_event_id,
            previous_id: head.next_event_id.saturating_sub(1),
            timestamp_ms: ended.stopped_ms,
            kind: EventType::ExecutionFailed as i32,
            details: EventDetails { error, cause, ..EventDetails::default() },
        };
        if configuration.level().logs(EventType::ExecutionFailed) {
            let events = vec![HistoryEvent::without_payloads(end.clone())];
            let (arn, configuration) = (head.arn.clone(), configuration.clone());
            self.logs.log(Logged { arn, redrive_count: head.redrive_count, configuration, events });
        }
        if configuration.tracing_enabled {
            self.trace(&head, || {
                let mut events = local.events(execution).ok()?;
                events.push(end);
                Some(events)
            });
        }
    }

    fn trace(&self, head: &Head, events: impl FnOnce() -> Option<Vec<Event>>) {
        let Some(_leave) = self.traces.begin() else { return };
        match events() {
            Some(events) => self.traces.trace(head, &events),
            None => self.traces.lose("their histories can't be read"),
        }
    }
}
