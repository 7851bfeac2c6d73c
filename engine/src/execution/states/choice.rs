//! The Choice state.

use keepstep_asl::definition::{Choice, Condition, State};

use super::super::drive::Outcome;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};
use super::NOT_JSONATA;

pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    choice: &Choice,
) -> Result<Outcome, Interrupt> {
    let input = run.effective_input(active, state)?;
    let next = {
        let value = run.parsed(&input)?;
        let frame = run.frame(active, state, value)?;
        let mut next = None;
        for rule in &choice.rules {
            let holds = match &rule.condition {
                Condition::Rule(rule) => rule.matches(&frame.scope(&run.desk))?,
                Condition::Fixed(holds) => *holds,
                Condition::Jsonata(_) => return Err(Interrupt::runtime(NOT_JSONATA)),
            };
            if holds {
                next = Some(&rule.next);
                break;
            }
        }
        run.done(frame);
        next.or(choice.default.as_ref())
    };
    let Some(next) = next else {
        return Err(Interrupt::runtime(
            "Failed to transition out of the state. The state does not point to a next state.",
        ));
    };
    let output = run.output(active, state, input)?;
    Ok(Outcome::Left { output, next: Some(next.clone()), previous_event_id: None })
}
