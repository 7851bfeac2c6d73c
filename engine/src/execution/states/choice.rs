//! The Choice state.

use keepstep_asl::definition::{Choice, ChoiceRule, Condition, State};
use keepstep_asl::jsonata::{Limits, ResultType};

use super::super::context::Frame;
use super::super::drive::Outcome;
use super::super::exit::Way;
use super::super::interrupt::Interrupt;
use super::super::run::{Active, Run};

pub(super) fn run(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    choice: &Choice,
) -> Result<Outcome, Interrupt> {
    let input = run.effective_input(active, state)?;
    let input = run.parsed(&input)?;
    let frame = run.frame(active, state, input)?;
    let mut chosen = None;
    for (index, rule) in choice.rules.iter().enumerate() {
        if holds(run, &frame, index, rule)? {
            chosen = Some((index, rule));
            break;
        }
    }
    run.done(frame);
    let (way, next) = match (chosen, &choice.default) {
        (Some((index, rule)), _) => {
            let at = format!("Choices[{index}]/");
            (Way { at, assign: rule.assign.as_ref(), output: rule.output.as_ref() }, &rule.next)
        }
        (None, Some(default)) => (Way::of(state), default),
        (None, None) => {
            return Err(Interrupt::runtime(
                "Failed to transition out of the state. The state does not point to a next state.",
            ));
        }
    };
    let exit = run.exit_by(active, state, &way, None)?;
    Ok(Outcome::Left { exit, next: Some(next.clone()), previous_event_id: None })
}

fn holds(run: &Run<'_>, frame: &Frame, index: usize, rule: &ChoiceRule) -> Result<bool, Interrupt> {
    Ok(match &rule.condition {
        Condition::Rule(rule) => rule.matches(&frame.scope(&run.desk))?,
        Condition::Fixed(holds) => *holds,
        Condition::Jsonata(expression) => {
            let field = format!("Choices[{index}]/Condition");
            let bindings = frame.bindings(&run.desk);
            let value =
                expression.evaluate_field(&field, ResultType::Boolean, &bindings, &Limits::default())?;
            value.as_bool().unwrap_or_default()
        }
    })
}
