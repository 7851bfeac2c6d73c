//! The query language of a state, and which fields exist in one of the two languages only. Evaluates nothing.

use super::fields::Fields;
use crate::choice::Rule;
use crate::wording;

/// What the expressions of a state are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QueryLanguage {
    /// `JSONPath`, the default.
    #[default]
    JsonPath,
    /// `JSONata`
    Jsonata,
}

impl QueryLanguage {
    /// The name that definitions use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }
}

const JSONATA_ONLY: [&str; 4] = ["Arguments", "Condition", "Items", "Output"];

const JSONPATH_ONLY: [&str; 20] = [
    "CausePath",
    "ErrorPath",
    "HeartbeatSecondsPath",
    "InputPath",
    "ItemsPath",
    "MaxConcurrencyPath",
    "MaxInputBytesPerBatchPath",
    "MaxItemsPath",
    "MaxItemsPerBatchPath",
    "OutputPath",
    "Parameters",
    "Result",
    "ResultPath",
    "ResultSelector",
    "SecondsPath",
    "TimeoutSecondsPath",
    "TimestampPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "Variable",
];

/// The one language that the field exists in; `None` if it exists in both.
pub(super) fn only(field: &str) -> Option<QueryLanguage> {
    if JSONATA_ONLY.contains(&field) {
        Some(QueryLanguage::Jsonata)
    } else if JSONPATH_ONLY.contains(&field) || Rule::is_operator(field) {
        Some(QueryLanguage::JsonPath)
    } else {
        None
    }
}

/// `QueryLanguage` of a whole state machine.
pub(super) fn read_top(fields: &Fields<'_>) -> QueryLanguage {
    read(fields).unwrap_or_default()
}

/// `QueryLanguage` of a state. Without it, the state machine's holds, however deep the state lies in states of
/// another language.
pub(super) fn read_state(fields: &Fields<'_>, machine: QueryLanguage) -> QueryLanguage {
    let language = read(fields);
    if (language, machine) == (Some(QueryLanguage::JsonPath), QueryLanguage::Jsonata) {
        fields.report(wording::QUERY_LANGUAGE_DOWNGRADE);
    }
    language.unwrap_or(machine)
}

/// AWS takes anything but `JSONPath` for JSONata, beside refusing what is neither
/// (github.com/floci-io/floci/issues/2968).
fn read(fields: &Fields<'_>) -> Option<QueryLanguage> {
    let value = fields.get("QueryLanguage")?;
    fields.one_of("QueryLanguage", &["JSONPath", "JSONata"]);
    Some(match value.as_str() {
        Some("JSONPath") => QueryLanguage::JsonPath,
        _ => QueryLanguage::Jsonata,
    })
}
