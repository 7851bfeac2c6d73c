//! One who is told, and what became of it.

use keepstep_engine::id::OutboxId;

use super::Error;
use super::event::Event;
use super::event_bridge::EventBridge;
use super::webhook::{Secret, Webhook};
use crate::aws;

/// What became of telling a target of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has taken the event.
    Taken,
    /// It doesn't take this event, and hardly will.
    Refused(String),
    /// It takes no event now.
    Unavailable(String),
}

/// A target.
pub(crate) struct Target {
    name: String,
    outbox: OutboxId,
    kind: Kind,
}

enum Kind {
    EventBridge(EventBridge),
    Webhook(Webhook),
}

impl Target {
    pub(super) fn event_bridge(config: aws::Config) -> Result<Self, Error> {
        Ok(Self {
            name: "event-bridge".to_owned(),
            outbox: OutboxId::of_target("event-bridge"),
            kind: Kind::EventBridge(EventBridge::new(aws::Client::new(config)?)),
        })
    }

    /// Webhooks are numbered from 1, as configured.
    pub(super) fn webhook(number: usize, url: String, secret: Option<Secret>) -> Self {
        Self {
            name: format!("webhook-{number}"),
            outbox: OutboxId::of_target(&format!("webhook {url}")),
            kind: Kind::Webhook(Webhook::new(url, secret)),
        }
    }

    /// How logs and metrics call it: no URL, since that may hold secrets.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where events wait for it. A webhook's depends on its URL alone; there is one EventBridge, wherever it is.
    pub(crate) fn outbox(&self) -> OutboxId {
        self.outbox
    }

    /// Tells it of events, all at the same time: each is of another execution. One verdict for each.
    pub(crate) async fn tell(&self, events: &[Event]) -> Vec<Verdict> {
        match &self.kind {
            Kind::EventBridge(event_bridge) => event_bridge.tell(events).await,
            Kind::Webhook(webhook) => webhook.tell(events).await,
        }
    }
}
