//! What a decision may look at and depend on, gathered in one place: decisions take it and nothing else from outside.

use std::sync::Arc;

use keepstep_asl::Entropy;
use keepstep_asl::definition::Definition;

use crate::id::{MachineId, Timestamp};
use crate::limits::Limits;
use crate::outbox::Outbox;
use crate::view::{View, ViewError};

/// Parsed definitions, cached by whoever runs decisions.
pub trait Definitions {
    /// The definition of a revision. Revisions never change, so that an implementation may cache without end.
    fn definition(
        &self,
        view: &dyn View,
        machine: MachineId,
        revision: u64,
    ) -> Result<Arc<Definition>, ViewError>;
}

/// The desk at which decisions are made.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The replicated state.
    pub view: &'a dyn View,
    /// Parsed definitions.
    pub definitions: &'a dyn Definitions,
    /// The leader's clock.
    pub now: Timestamp,
    /// Randomness: ids, nonces, jitter, `States.UUID`.
    pub entropy: &'a dyn Entropy,
    /// The bounds in force.
    pub limits: &'a Limits,
    /// Of those who are told of changes of executions' statuses; none if nobody is.
    pub outboxes: &'a [Outbox],
    /// Whether this decision has taken as long as one may: what can still go on does so in the next step. Expressions are bounded one
    /// by one only, and a step may evaluate a hundred.
    pub is_late: &'a dyn Fn() -> bool,
}

/// Who asks: resources of one account and region never show in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Such as `aws`.
    pub partition: String,
}
