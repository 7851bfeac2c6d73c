//! Where a flow goes on after a state: `Next` or `End`.

use super::fields::Fields;
use crate::wording;

const FORMS: [&str; 2] = ["Next", "End"];

/// The way out of a state that neither chooses nor ends its flow by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// `Next`: the name of a state of the same flow.
    Next(String),
    /// `"End": true`: the flow ends with this state's output.
    End,
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Transition> {
    let end = fields.boolean("End");
    let next = fields.text("Next");
    match (fields.has("Next"), end) {
        (true, Some(true)) => {
            fields.report(wording::at_most_one_of(&FORMS));
            None
        }
        (true, _) => next.map(|name| Transition::Next(name.to_owned())),
        (false, Some(true)) => Some(Transition::End),
        // An `End` that is no boolean has been reported already.
        (false, None) if fields.has("End") => None,
        (false, _) => {
            fields.report(wording::exactly_one_of(&FORMS));
            None
        }
    }
}
