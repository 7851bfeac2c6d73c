//! What a state comes to when it is left: its output, and the variables that it sets.

use keepstep_asl::definition::{Assign, Catcher, Payload, QueryLanguage, State};
use keepstep_asl::jsonata::{Limits, Template};
use keepstep_asl::payload_io::{ResultPath, Selection};
use serde_json::Value;

use super::context::Frame;
use super::inspection::Waypoint;
use super::interrupt::Interrupt;
use super::io::Document;
use super::run::{Active, Run};
use super::variables::Assigned;
use crate::record::{PayloadRef, Variable};

/// What a state comes to.
pub(super) struct Exit {
    /// Its output.
    pub output: PayloadRef,
    /// The variables that it sets, in the order of the definition.
    pub assigned: Vec<Variable>,
}

/// What the definition says of one way out of a state: its own, a Choice rule's or a catcher's.
pub(super) struct Way<'d> {
    /// The way from the state to the fields: nothing, `Choices[0]/` or `Catch[0]/`.
    pub at: String,
    /// `Assign`
    pub assign: Option<&'d Assign>,
    /// `Output` of a JSONata state.
    pub output: Option<&'d Template>,
}

impl<'d> Way<'d> {
    /// The state's own.
    pub(super) fn of(state: &'d State) -> Self {
        Self { at: String::new(), assign: state.assign.as_ref(), output: state.output.as_ref() }
    }
}

/// Whether a state's result is its output as it stands, and nothing else comes of it.
pub(super) fn is_verbatim(state: &State) -> bool {
    state.assign.is_none()
        && state.output.is_none()
        && state.kind.result_selector().is_none()
        && state.kind.result_path().is_none_or(|path| *path == ResultPath::Replace)
        && state.output_path == Selection::Whole
}

impl Run<'_> {
    /// Leaves a state its own way, with the result that it has; a state without one goes by its input.
    pub(super) fn exit(
        &mut self,
        active: &Active,
        state: &State,
        result: Option<Document>,
    ) -> Result<Exit, Interrupt> {
        self.exit_by(active, state, &Way::of(state), result)
    }

    /// As [`Run::exit`], some other way.
    pub(super) fn exit_by(
        &mut self,
        active: &Active,
        state: &State,
        way: &Way<'_>,
        result: Option<Document>,
    ) -> Result<Exit, Interrupt> {
        if state.query_language == QueryLanguage::Jsonata {
            return self.exit_jsonata(active, state, way, result, None);
        }
        let document = match result {
            Some(result) => result,
            None => self.effective_input(active, state)?,
        };
        let selected = self.fill(active, state, state.kind.result_selector(), document)?;
        let assigned = self.assigned(active, state, way, &selected)?;
        let merged = match state.kind.result_path() {
            Some(result_path) => {
                self.see(Waypoint::AfterResultSelector, &selected)?;
                let merged = self.merge(active, result_path, selected)?;
                self.see(Waypoint::AfterResultPath, &merged)?;
                merged
            }
            None => selected,
        };
        let output = self.select(active, state, &state.output_path, merged)?;
        self.keep_exit(state, output, assigned)
    }

    /// Leaves a state by one of its catchers.
    pub(super) fn exit_caught(
        &mut self,
        active: &Active,
        state: &State,
        (index, catcher): (usize, &Catcher),
        error: Document,
    ) -> Result<Exit, Interrupt> {
        let way = Way {
            at: format!("Catch[{index}]/"),
            assign: catcher.assign.as_ref(),
            output: catcher.output.as_ref(),
        };
        if state.query_language == QueryLanguage::Jsonata {
            return self.exit_jsonata(active, state, &way, None, Some(error));
        }
        let assigned = self.assigned(active, state, &way, &error)?;
        let output = self.merge(active, &catcher.result_path, error)?;
        self.keep_exit(state, output, assigned)
    }

    /// `Assign` and `Output` see the same variables: those from before.
    fn exit_jsonata(
        &mut self,
        active: &Active,
        state: &State,
        way: &Way<'_>,
        result: Option<Document>,
        error: Option<Document>,
    ) -> Result<Exit, Interrupt> {
        let (mut assigned, mut output) = (Assigned::default(), None);
        if way.assign.is_some() || way.output.is_some() {
            let input = self.value(active.branch.input)?;
            let mut frame = self.frame(active, state, input)?;
            frame.result = result.as_ref().map(|result| self.parsed(result)).transpose()?;
            frame.error_output = error.as_ref().map(|error| self.parsed(error)).transpose()?;
            let values = self.fill_jsonata(
                way.assign.and_then(|assign| assign.values.jsonata()),
                way,
                "Assign",
                &frame,
            )?;
            output = self.fill_jsonata(way.output, way, "Output", &frame)?;
            self.done(frame);
            if let Some(values) = values {
                assigned = self.measure(active, state, values)?;
            }
        }
        let output = match output {
            Some(output) => Document::from(output),
            None => error.or(result).unwrap_or(Document::Stored(active.branch.input)),
        };
        self.keep_exit(state, output, assigned)
    }

    fn fill_jsonata(
        &self,
        template: Option<&Template>,
        way: &Way<'_>,
        field: &str,
        frame: &Frame,
    ) -> Result<Option<Value>, Interrupt> {
        let Some(template) = template else { return Ok(None) };
        let field = format!("{}{field}", way.at);
        Ok(Some(template.evaluate(&field, &frame.bindings(&self.desk), &Limits::default())?))
    }

    /// What the `Assign` of a JSONPath state makes of a document.
    fn assigned(
        &mut self,
        active: &Active,
        state: &State,
        way: &Way<'_>,
        document: &Document,
    ) -> Result<Assigned, Interrupt> {
        let Some(Assign { values: Payload::JsonPath(values), .. }) = way.assign else {
            return Ok(Assigned::default());
        };
        let input = self.parsed(document)?;
        let mut frame = self.frame(active, state, input)?;
        frame.input_text = self.stored_text(document)?;
        let values = values.evaluate(&frame.scope(&self.desk))?;
        self.done(frame);
        self.measure(active, state, values)
    }

    /// Keeps what can fail before what can't: a payload that is kept has an event after it.
    fn keep_exit(&mut self, state: &State, output: Document, assigned: Assigned) -> Result<Exit, Interrupt> {
        let output = self.store(&state.name, output)?;
        Ok(Exit { output, assigned: self.keep_variables(assigned) })
    }
}
