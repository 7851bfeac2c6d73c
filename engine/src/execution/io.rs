//! The steps of a payload through a JSONPath state: InputPath, Parameters, ResultSelector, ResultPath, OutputPath. A payload that a state doesn't
//! transform is never parsed, and keeps its text.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::definition::State;
use keepstep_asl::payload_io::{ResultPath, Selection};
use keepstep_asl::template::Template;
use serde_json::Value;

use super::inspection::Waypoint;
use super::interrupt::{Failure, Interrupt};
use super::run::{Active, Run};
use crate::record::PayloadRef;

/// A document on its way through a state.
#[derive(Clone, Debug)]
pub(super) enum Document {
    /// It lies in the history.
    Stored(PayloadRef),
    /// It was just made.
    Made(Arc<Value>),
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self::Made(Arc::new(value))
    }
}

impl Run<'_> {
    /// The effective input of a state: what InputPath selects of its input.
    pub(super) fn effective_input(&mut self, active: &Active, state: &State) -> Result<Document, Interrupt> {
        let input = self.select(active, state, &state.input_path, Document::Stored(active.branch.input))?;
        self.see_in_path(state, Waypoint::AfterInputPath, &input)?;
        Ok(input)
    }

    /// What a template makes of a document; without a template, the document.
    pub(super) fn fill(
        &mut self,
        active: &Active,
        state: &State,
        template: Option<&Template>,
        document: Document,
    ) -> Result<Document, Interrupt> {
        let Some(template) = template else { return Ok(document) };
        let input = self.parsed(&document)?;
        let mut frame = self.frame(active, state, input)?;
        frame.input_text = self.stored_text(&document)?;
        let filled = template.evaluate(&frame.scope(&self.desk))?;
        self.done(frame);
        Ok(filled.into())
    }

    /// A state's input with a result in it.
    pub(super) fn merge(
        &mut self,
        active: &Active,
        result_path: &ResultPath,
        result: Document,
    ) -> Result<Document, Interrupt> {
        match result_path {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(Document::Stored(active.branch.input)),
            ResultPath::Into(_) => {
                let raw_input = self.value(active.branch.input)?;
                let result = self.parsed(&result)?;
                Ok(result_path.combine(Value::clone(&raw_input), Value::clone(&result))?.into())
            }
        }
    }

    /// What a path selects of a document.
    pub(super) fn select(
        &mut self,
        active: &Active,
        state: &State,
        selection: &Selection,
        document: Document,
    ) -> Result<Document, Interrupt> {
        if *selection == Selection::Whole {
            return Ok(document);
        }
        let input = self.parsed(&document)?;
        let frame = self.frame(active, state, input)?;
        let selected = selection.select(&frame.scope(&self.desk))?;
        self.done(frame);
        Ok(selected.into())
    }

    /// The value of a document.
    pub(super) fn parsed(&mut self, document: &Document) -> Result<Arc<Value>, Interrupt> {
        match document {
            Document::Stored(payload) => Ok(self.value(*payload)?),
            Document::Made(value) => Ok(Arc::clone(value)),
        }
    }

    /// The text of a document, if it has one that it came with.
    pub(super) fn stored_text(&mut self, document: &Document) -> Result<Option<Bytes>, Interrupt> {
        match document {
            Document::Stored(payload) => Ok(Some(self.text(*payload)?)),
            Document::Made(_) => Ok(None),
        }
    }

    /// Where a document lies: it is kept now if it lies nowhere yet.
    ///
    /// # Errors
    ///
    /// `States.DataLimitExceeded` for a document that is too large. One that was stored before fits, unless it came from a task.
    pub(super) fn store(&mut self, state: &str, document: Document) -> Result<PayloadRef, Interrupt> {
        match document {
            Document::Stored(payload) => Ok(payload),
            Document::Made(value) => {
                let payload = self.keep(state, value.to_string().into())?;
                self.remember(payload, value);
                Ok(payload)
            }
        }
    }

    /// As [`Run::store`], for what a task or a branch gets: the failure names it so.
    pub(super) fn store_parameters(
        &mut self,
        state: &str,
        parameters: Document,
    ) -> Result<PayloadRef, Interrupt> {
        self.store(state, parameters).map_err(|interrupt| match interrupt {
            Interrupt::Failed(_) => Failure::parameters_too_large(state).into(),
            other => other,
        })
    }

    /// Keeps a text as a payload.
    ///
    /// # Errors
    ///
    /// `States.DataLimitExceeded` for a text that is too large.
    pub(super) fn keep(&mut self, state: &str, text: Bytes) -> Result<PayloadRef, Interrupt> {
        if text.len() > self.desk.limits.payload_bytes_max {
            return Err(Failure::data_limit_exceeded(state).into());
        }
        Ok(self.history.keep(text))
    }
}
