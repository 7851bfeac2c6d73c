//! Which revision of a state machine an execution runs: the current one, that of a version, or that of the version which an alias
//! chooses.

use crate::api_error::{ApiError, Refusal};
use crate::arn::{Qualifier, StateMachineArn};
use crate::desk::Desk;
use crate::draft::Draft;
use crate::id::MachineId;
use crate::key;
use crate::record::{Alias, Route, StateMachine, Version};

/// What a new execution runs, and by which name it was asked for.
pub(crate) struct Release {
    /// The number of the revision.
    pub revision: u64,
    /// The number of the version; 0 for none.
    pub version: u64,
    /// The name of the alias; empty for none.
    pub alias: String,
}

impl Release {
    /// What an ARN of a state machine, a version or an alias asks for. An alias's choice is drawn anew each time.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist` for a version or an alias that isn't there.
    pub(crate) fn choose(
        desk: &Desk<'_>,
        draft: &mut Draft<'_>,
        arn: &StateMachineArn<'_>,
        id: MachineId,
        machine: &StateMachine,
    ) -> Result<Self, Refusal> {
        let missing = || ApiError::state_machine_does_not_exist(&arn.to_string());
        let (version, alias) = match arn.qualifier() {
            None => return Ok(Self { revision: machine.revision, version: 0, alias: String::new() }),
            Some(Qualifier::Version(number)) => (number, ""),
            Some(Qualifier::Alias(name)) => {
                let alias: Alias = draft.get(&key::alias(id, name))?.ok_or_else(missing)?;
                (draw(desk, &alias.routes).ok_or_else(missing)?, name)
            }
        };
        let record: Version = draft.get(&key::version(id, version))?.ok_or_else(missing)?;
        Ok(Self { revision: record.revision, version, alias: alias.to_owned() })
    }
}

/// One of the versions, each with the probability of its weight. `None` if there are none.
fn draw(desk: &Desk<'_>, routes: &[Route]) -> Option<u64> {
    let total: u64 = routes.iter().map(|route| u64::from(route.weight)).sum();
    let mut bytes = [0; 8];
    desk.entropy.fill(&mut bytes);
    // The bias of the remainder is below 100 in 2^64.
    let mut place = u64::from_be_bytes(bytes).checked_rem(total)?;
    for route in routes {
        let weight = u64::from(route.weight);
        if place < weight {
            return Some(route.version);
        }
        place -= weight;
    }
    None
}
