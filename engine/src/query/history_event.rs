//! An event of a history with what it refers to.

use bytes::Bytes;

use crate::record::{Event, EventType, Head, PayloadRef};

/// An event with its payloads.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEvent {
    /// The record.
    pub event: Event,
    /// JSON; `None` if the event has none or they are not wanted.
    pub input: Option<Bytes>,
    /// JSON; `None` if the event has none or they are not wanted.
    pub output: Option<Bytes>,
    /// The variables that the event sets, and their JSON; none if they are not wanted.
    pub assigned: Vec<(String, Bytes)>,
    /// Of ExecutionStarted: the ARN of the version that started it.
    pub version_arn: Option<String>,
    /// Of ExecutionStarted: the ARN of the alias that started it.
    pub alias_arn: Option<String>,
}

impl HistoryEvent {
    /// An event of the execution with this head. `find` looks up payloads; `None` for those that are not wanted.
    pub(crate) fn new<E>(
        event: Event,
        head: &Head,
        mut find: impl FnMut(PayloadRef) -> Result<Option<Bytes>, E>,
    ) -> Result<Self, E> {
        let mut resolve = |at: Option<PayloadRef>| at.map_or(Ok(None), &mut find);
        let input = resolve(event.details.input)?;
        let output = resolve(event.details.output)?;
        let mut assigned = Vec::new();
        for variable in &event.details.assigned {
            if let Some(value) = resolve(Some(variable.value))? {
                assigned.push((variable.name.clone(), value));
            }
        }
        let head = (event.kind() == EventType::ExecutionStarted).then_some(head);
        let (version_arn, alias_arn) = (head.and_then(Head::version_arn), head.and_then(Head::alias_arn));
        Ok(Self { event, input, output, assigned, version_arn, alias_arn })
    }

    /// An event that has no payloads.
    pub fn without_payloads(event: Event) -> Self {
        Self { event, input: None, output: None, assigned: Vec::new(), version_arn: None, alias_arn: None }
    }

    /// The bytes of its payloads and other long texts.
    pub fn bytes(&self) -> usize {
        let details = &self.event.details;
        let payloads = [&self.input, &self.output].into_iter().flatten().map(Bytes::len);
        let failure = [&details.error, &details.cause].into_iter().flatten().map(String::len);
        let variables = self.assigned.iter().map(|(name, value)| name.len() + value.len());
        payloads.chain(failure).chain(variables).sum()
    }
}
