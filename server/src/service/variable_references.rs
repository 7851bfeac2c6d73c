//! `variableReferences`: which variables the states of a stored definition refer to.

use keepstep_asl::definition::{self, ParseOptions};
use keepstep_proto::workflow::v1::VariableReferences;

/// To the contract. Stored definitions were validated; of one that this version can't read, nothing is said.
pub(super) fn to_proto(definition: &[u8]) -> Vec<VariableReferences> {
    let definition = std::str::from_utf8(definition)
        .ok()
        .and_then(|text| definition::parse(text, &ParseOptions::default()).ok());
    let references = definition.map(|definition| definition.variable_references()).unwrap_or_default();
    references.into_iter().map(|(state, variables)| VariableReferences { state, variables }).collect()
}
