//! What can be seen of a state on its way from its input to its output: for `TestState`. The states run as they always do; here is only
//! written down what they come by.

use std::collections::BTreeMap;

use bytes::Bytes;
use keepstep_asl::definition::{QueryLanguage, State};
use serde_json::Value;

use super::interrupt::{Failure, Interrupt};
use super::io::Document;
use super::run::Run;

/// Where on its way a document is. Named as the members of the API's `InspectionData` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are AWS's, and say it all")]
pub enum Waypoint {
    AfterArguments,
    AfterInputPath,
    AfterParameters,
    Result,
    AfterResultSelector,
    AfterResultPath,
    AfterItemsPath,
    AfterItemsPointer,
    AfterItemSelector,
    AfterItemBatcher,
}

/// How a state was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// JSON.
    pub output: Bytes,
    /// The state that comes next; `None` at the end of a flow.
    pub next: Option<String>,
    /// The variables that there are then, in all scopes around the state: names and JSON, sorted.
    pub variables: Vec<(String, Bytes)>,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspection {
    /// Laid over the context object.
    pub context: Option<Value>,
    /// What the `ItemReader` of a Map has read.
    pub reader_data: Option<String>,
    /// Documents on their way: JSON.
    pub documents: BTreeMap<Waypoint, Bytes>,
    /// `MaxConcurrency` of a Map.
    pub max_concurrency: Option<u64>,
    /// `ToleratedFailureCount` of a Map.
    pub tolerated_failure_count: Option<u64>,
    /// `ToleratedFailurePercentage` of a Map.
    pub tolerated_failure_percentage: Option<f64>,
    /// The number of a Map's items.
    pub items: Option<u64>,
    /// The last error and cause.
    pub failure: Option<(Option<String>, Option<String>)>,
    /// The place of the retrier that takes the failure, and the delay until then in milliseconds.
    pub retry: Option<(usize, u64)>,
    /// The place of the catcher that takes the failure.
    pub catch: Option<usize>,
    /// The way out.
    pub left: Option<Left>,
}

impl Run<'_> {
    /// Notes a document.
    pub(super) fn see(&mut self, stage: Waypoint, document: &Document) -> Result<(), Interrupt> {
        if self.inspection.is_none() {
            return Ok(());
        }
        let text = match self.stored_text(document)? {
            Some(text) => text,
            None => self.parsed(document)?.to_string().into(),
        };
        if let Some(inspection) = &mut self.inspection {
            inspection.documents.insert(stage, text);
        }
        Ok(())
    }

    /// Notes a document of a JSONPath state.
    pub(super) fn see_in_path(
        &mut self,
        state: &State,
        stage: Waypoint,
        document: &Document,
    ) -> Result<(), Interrupt> {
        match state.query_language {
            QueryLanguage::JsonPath => self.see(stage, document),
            QueryLanguage::Jsonata => Ok(()),
        }
    }

    /// Notes the input of a Task or Parallel after its `Parameters` or `Arguments`.
    pub(super) fn see_parameters(&mut self, state: &State, document: &Document) -> Result<(), Interrupt> {
        let stage = match state.query_language {
            QueryLanguage::JsonPath => Waypoint::AfterParameters,
            QueryLanguage::Jsonata => Waypoint::AfterArguments,
        };
        self.see(stage, document)
    }

    /// Lays the context object that was given over the one that there is.
    pub(super) fn overlay(&self, context: &mut Value) {
        if let Some(given) = self.inspection.as_ref().and_then(|inspection| inspection.context.as_ref()) {
            lay_over(context, given);
        }
    }

    /// Notes something else.
    pub(super) fn note(&mut self, note: impl FnOnce(&mut Inspection)) {
        if let Some(inspection) = &mut self.inspection {
            note(inspection);
        }
    }

    /// Notes a failure.
    pub(super) fn note_failure(&mut self, failure: &Failure) {
        self.note(|inspection| inspection.failure = Some((failure.error.clone(), failure.cause.clone())));
    }
}

/// Lays one value over another: objects are merged, all else is replaced.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            // Recursion is bounded by the depth of JSON texts.
            for (name, value) in above {
                lay_over(below.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}
