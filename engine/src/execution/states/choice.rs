//! The Choice state.

use keepstep_asl::Scope;
use keepstep_asl::definition::{Choice, ChoiceRule, Condition, State};
use keepstep_asl::jsonata::{Account, Bindings, Limits, ResultType};

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
    let chosen = choose(choice, &frame.scope(&run.desk), frame.bindings(&run.desk))?;
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

/// The first rule that holds. All conditions share one account: however many there are, they take no longer than one.
fn choose<'c>(
    choice: &'c Choice,
    scope: &Scope<'_>,
    bindings: Bindings<'_>,
) -> Result<Option<(usize, &'c ChoiceRule)>, Interrupt> {
    let account = Account::new(bindings, &Limits::default());
    for (index, rule) in choice.rules.iter().enumerate() {
        let holds = match &rule.condition {
            Condition::Rule(rule) => rule.matches(scope)?,
            Condition::Fixed(holds) => *holds,
            Condition::Jsonata(expression) => {
                let field = format!("Choices[{index}]/Condition");
                let value = account.evaluate_field(expression, &field, ResultType::Boolean)?;
                value.as_bool().unwrap_or_default()
            }
        };
        if holds {
            return Ok(Some((index, rule)));
        }
    }
    Ok(None)
}
