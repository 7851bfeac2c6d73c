//! The definition of a state machine: what a text in Amazon States Language says, compiled and ready to run.
//!
//! [`parse`] reads a text in three passes: JSON syntax, then every field of every state
//! (`SCHEMA_VALIDATION_FAILED`), then how the states hang together (the module `validation`). A pass runs only
//! if the one before found nothing, as on AWS. What this version can't run is refused last. Nothing here evaluates
//! anything.

mod assign;
mod catcher;
mod choice;
mod distributed;
mod duplicates;
mod expressions;
mod fail;
mod fields;
mod flow;
mod item_batcher;
mod item_reader;
mod language;
mod lint;
mod map;
mod number;
mod parallel;
mod parameters;
mod pass;
mod payload;
mod result_format;
mod result_writer;
mod retrier;
mod state;
mod succeed;
mod task;
mod timeout;
mod transition;
mod under_test;
mod validate;
mod variables;
mod wait;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use assign::Assign;
pub use catcher::Catcher;
pub use choice::{Choice, ChoiceRule, Condition};
pub use distributed::Distributed;
pub use fail::{Fail, FailText};
pub use flow::{Flow, FlowPath, FlowStep};
pub use item_batcher::ItemBatcher;
pub use item_reader::{InputType, ItemReader, ItemSource, ManifestType, ReaderConfig};
pub use language::QueryLanguage;
pub use map::{Map, MaxConcurrency};
pub use number::Number;
pub use parallel::Parallel;
pub use pass::Pass;
pub use payload::Payload;
pub use result_format::{ChildResult, Frame};
pub use result_writer::{ResultTransformation, ResultType, ResultWriter};
pub use retrier::{JitterStrategy, Retrier};
pub use state::{State, StateKind};
pub use task::Task;
pub use timeout::Timeout;
pub use transition::Transition;
pub use under_test::parse_state;
pub use validate::{Validation, validate};
pub use wait::{Until, Wait};

use crate::diagnostic::{Code, Diagnostic, Problems, Severity};
use crate::location::Location;
use crate::{jackson, validation};
use fields::Fields;

/// The type of state machine that a definition is for: some integrations exist in one only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// `STANDARD`
    #[default]
    Standard,
    /// `EXPRESS`
    Express,
}

/// How to read a definition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// The type of the state machine.
    pub kind: Kind,
}

/// A whole definition. Immutable, `Send + Sync`: made once for each revision of a state machine and shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// `Comment` at the top.
    pub comment: Option<String>,
    /// `Version` at the top: `1.0` where it is given.
    pub version: Option<String>,
    /// `QueryLanguage` at the top: what holds for states without one of their own.
    pub query_language: QueryLanguage,
    /// `TimeoutSeconds` at the top: the longest that an execution may take, in seconds. AWS takes 0 as well (measured; see
    /// the module `wording`).
    pub timeout_seconds: Option<u64>,
    /// `StartAt` and `States`.
    pub flow: Flow,
}

/// Why a text is no definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid State Machine Definition: '{}'", self.invalid_definition_message())]
pub struct Invalid {
    /// What was found, in the order of the text; at least one is an error.
    pub diagnostics: Vec<Diagnostic>,
}

impl Invalid {
    /// What AWS puts between the quotes of `Invalid State Machine Definition: '...'`: every error with its
    /// code and location, joined by commas.
    pub fn invalid_definition_message(&self) -> String {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(Diagnostic::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Reads, compiles and validates a definition. Time is linear in the size of the text, and the stack is
/// bounded by [`crate::limits::JSON_DEPTH_MAX`]. The size of the text (1 MiB on AWS) is the caller's to
/// limit.
///
/// # Errors
///
/// Every problem found, up to [`crate::limits::DIAGNOSTICS_MAX`], in AWS's words where they are known.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Definition, Invalid> {
    let problems = Problems::default();
    match read(text, options, &problems) {
        Some(definition) if problems.is_empty() => Ok(definition),
        _ => Err(Invalid { diagnostics: problems.into_list().0 }),
    }
}

/// What the readers of states have to know about the state machine.
#[derive(Debug, Clone, Copy)]
struct Machine {
    kind: Kind,
    language: QueryLanguage,
}

/// A definition that AWS would accept. `None` if something was reported.
fn read(text: &str, options: &ParseOptions, problems: &Problems) -> Option<Definition> {
    let value = match jackson::parse(text) {
        Ok(value) => value,
        Err(error) => {
            problems.report(Code::InvalidJsonDescription, Some(&error.place(text)), error.to_string());
            return None;
        }
    };
    let definition = read_fields(&value, options, problems).filter(|_| problems.is_empty())?;
    duplicates::check(text, problems);
    validation::check(&definition, problems);
    Some(definition).filter(|_| problems.is_empty())
}

fn read_fields(value: &Value, options: &ParseOptions, problems: &Problems) -> Option<Definition> {
    let fields = Fields::new(value, Location::Root, problems)?;
    let machine = Machine { kind: options.kind, language: language::read_top(&fields) };
    fields.allow(&["Comment", "Version", "TimeoutSeconds", "QueryLanguage", "StartAt", "States"]);
    let comment = fields.text("Comment").map(str::to_owned);
    let version = fields.one_of("Version", &["1.0"]).map(str::to_owned);
    let timeout_seconds = fields.integer("TimeoutSeconds", 0, crate::limits::NUMBER_MAX);
    let flow = flow::read(&fields, machine)?;
    Some(Definition { comment, version, query_language: machine.language, timeout_seconds, flow })
}

impl Definition {
    /// The flow that a branch runs: the root's, or that of a Parallel's branch or a Map's iteration, however
    /// nested. `None` if the path leads to nothing in this definition.
    pub fn flow_at(&self, path: &FlowPath) -> Option<&Flow> {
        path.steps()
            .iter()
            .try_fold(&self.flow, |flow, step| flow.states.get(&step.state)?.kind.branch(step.branch))
    }
    /// The flow that a state lies in. Names of states are unique in a definition.
    pub fn path_to(&self, state: &str) -> Option<FlowPath> {
        fn find(flow: &Flow, path: &FlowPath, name: &str) -> Option<FlowPath> {
            if flow.states.contains_key(name) {
                return Some(path.clone());
            }
            flow.states.values().find_map(|state| {
                let mut flows = (0..).zip(state.kind.flows());
                flows.find_map(|(branch, flow)| find(flow, &path.child(&state.name, branch), name))
            })
        }
        find(&self.flow, &FlowPath::root(), state)
    }

    /// The state of this name, however nested.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.flow_at(&self.path_to(name)?)?.states.get(name)
    }
}
