//! The Wait state: lets time pass, for a while or until a moment.

use super::fields::Fields;
use super::{Transition, state, transition};
use crate::jsonata;
use crate::limits::NUMBER_MAX;
use crate::path::Path;
use crate::timestamp;
use crate::wording;

/// A Wait state.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// How long.
    pub until: Until,
    /// `Next` or `End`
    pub transition: Transition,
}

/// The ways to say how long to wait.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// `Seconds`, from when the state was entered; 0 to 99,999,999.
    Seconds(u64),
    /// `SecondsPath`: the seconds are in the state's input.
    SecondsPath(Path),
    /// `Seconds` of a JSONata state, computed.
    SecondsJsonata(jsonata::Expression),
    /// `Timestamp`
    Timestamp {
        /// The moment.
        moment: jiff::Timestamp,
        /// As the definition writes it.
        text: String,
    },
    /// `TimestampPath`: the moment is in the state's input.
    TimestampPath(Path),
    /// `Timestamp` of a JSONata state, computed.
    TimestampJsonata(jsonata::Expression),
}

/// In the order in which AWS names them (measured; see the module `wording`).
const FORMS: [&str; 4] = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];

pub(super) fn read(fields: &Fields<'_>) -> Option<Wait> {
    state::allow(fields, &[FORMS.as_slice(), &["Assign", "Next", "End"]].concat());
    let given: Vec<_> = FORMS.iter().copied().filter(|name| fields.has(name)).collect();
    let until = match given.as_slice() {
        ["Seconds"] if fields.is_expression("Seconds") => {
            fields.expression("Seconds").map(Until::SecondsJsonata)
        }
        ["Seconds"] => fields.integer("Seconds", 0, NUMBER_MAX).map(Until::Seconds),
        ["SecondsPath"] => fields.reference("SecondsPath").map(Until::SecondsPath),
        ["Timestamp"] if fields.is_expression("Timestamp") => {
            fields.expression("Timestamp").map(Until::TimestampJsonata)
        }
        ["Timestamp"] => moment(fields),
        ["TimestampPath"] => fields.reference("TimestampPath").map(Until::TimestampPath),
        _ => {
            fields.require_one_of(&FORMS);
            None
        }
    };
    let transition = transition::read(fields);
    Some(Wait { until: until?, transition: transition? })
}

fn moment(fields: &Fields<'_>) -> Option<Until> {
    let text = fields.text("Timestamp")?;
    let moment = timestamp::parse(text);
    if moment.is_none() {
        fields.report_at("Timestamp", wording::NO_TIMESTAMP);
    }
    Some(Until::Timestamp { moment: moment?, text: text.to_owned() })
}
