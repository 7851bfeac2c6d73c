//! What a step adds to an execution's log, if the execution's revision asks for one.

use std::convert::Infallible;

use super::run::Run;
use crate::effect::Effect;
use crate::query::HistoryEvent;
use crate::record::{Configuration, Event};

/// Events of one step that are to be logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The execution's ARN.
    pub arn: String,
    /// How often it was redriven before that.
    pub redrive_count: u32,
    /// Where to, and whether with data.
    pub configuration: Configuration,
    /// Those of the level that was asked for, in their order; with payloads if data was asked for. Never empty.
    pub events: Vec<HistoryEvent>,
}

impl Run<'_> {
    /// Has what this step adds to the history logged.
    pub(super) fn log(&mut self) {
        let Some(configuration) = self.head.observed.clone() else { return };
        let level = configuration.level();
        let is_logged = |event: &&Event| level.logs(event.kind());
        let events: Vec<Event> = self.history.events().filter(is_logged).cloned().collect();
        if events.is_empty() {
            return;
        }
        let head = std::mem::take(&mut self.head);
        // A payload that can't be read is no reason to stop an execution: its log lacks it.
        let mut find = |at| configuration.log_execution_data.then(|| self.text(at).ok()).flatten();
        let with_payloads = |event| {
            let Ok(event) = HistoryEvent::new::<Infallible>(event, &head, |at| Ok(find(at)));
            event
        };
        let events = events.into_iter().map(with_payloads).collect();
        let logged =
            Logged { arn: head.arn.clone(), redrive_count: head.redrive_count, configuration, events };
        self.head = head;
        self.draft.effects.push(Effect::Log(Box::new(logged)));
    }
}
