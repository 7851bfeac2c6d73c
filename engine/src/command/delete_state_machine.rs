//! DeleteStateMachine: marks the state machine; [`super::sweep::deletion`] does the rest.

use super::create_state_machine::machine_id;
use crate::api_error::Refusal;
use crate::arn::StateMachineArn;
use crate::desk::{Caller, Desk};
use crate::draft::{Decision, Draft, Origin};
use crate::id::RequestId;
use crate::key;
use crate::record::outcome::{Answer, Done};
use crate::record::{Deletion, StateMachine, StateMachineStatus};
use crate::request_log;

const ORIGIN: Origin = Origin("DeleteStateMachine");

/// Begins the deletion of a state machine. Deleting what isn't there, or is being deleted, succeeds.
///
/// From the commit on no execution of it can start: starting guards the record that this writes. Running ones end at their next
/// transition.
#[derive(Clone, Debug)]
pub struct DeleteStateMachine {
    /// Who asks.
    pub caller: Caller,
    /// The call.
    pub request: RequestId,
    /// As given.
    pub arn: String,
}

impl DeleteStateMachine {
    /// Decides.
    ///
    /// # Errors
    ///
    /// `InvalidArn`, `ValidationException`.
    pub fn decide(&self, desk: &Desk<'_>) -> Result<Decision<()>, Refusal> {
        let mut draft = Draft::new(desk.view);
        if let Some(Answer::Done(Done {})) = request_log::find(&mut draft, desk.now, self.request)? {
            return Ok(Decision::unchanged(()));
        }
        let arn = StateMachineArn::parse(&self.arn)?;
        arn.check_unqualified()?;
        if let Some(key) = arn.key(&self.caller)?
            && let Some(mut machine) = draft.get::<StateMachine>(&key)?
            && machine.status() == StateMachineStatus::Active
        {
            machine.set_status(StateMachineStatus::Deleting);
            draft.put(key::deletion(machine_id(&machine)?), &Deletion { state_machine_key: key.clone() });
            draft.put(key, &machine);
        }
        request_log::keep(&mut draft, desk.now, self.request, Answer::Done(Done {}));
        Ok(draft.finish(ORIGIN, ()))
    }
}
