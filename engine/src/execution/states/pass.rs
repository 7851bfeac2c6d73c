//! The Pass state.

use keepstep_asl::definition::{Pass, QueryLanguage, State};

use super::super::drive::Outcome;
use super::super::inspection::Waypoint;
use super::super::interrupt::Interrupt;
use super::super::io::Document;
use super::super::run::{Active, Run};

pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    pass: &Pass,
) -> Result<Outcome, Interrupt> {
    // In JSONata, it has nothing but Output and Assign.
    let result = match state.query_language {
        QueryLanguage::Jsonata => None,
        QueryLanguage::JsonPath => {
            let input = run.effective_input(active, state)?;
            let input = run.fill(active, state, pass.parameters.as_ref(), input)?;
            run.see(Waypoint::AfterParameters, &input)?;
            Some(pass.result.clone().map_or(input, Document::from))
        }
    };
    Ok(Outcome::left(state, run.exit(active, state, result)?))
}
